"""A client of the 2021 contract: plain requests, no bound pairing."""

import base64
from dataclasses import dataclass
from http import HTTPStatus
import json
from typing import Any

import aiohttp

from .api import HomeApi
from .displays import Displays
from .home import Home
from .live import LiveSession
from .steps import Steps, expect
from .visit import another

_PATH = "/api/interphone"
_LIFETIME = 30 * 3600


@dataclass(frozen=True, slots=True)
class Paired:
    """The result of a pairing: an access token and the id of its grant."""

    token: str
    grant_id: str


async def pair_as_in_2021(steps: Steps, displays: Displays, home: Home) -> Paired:
    """Request a code and redeem it with plain requests. A wrong code and a used one must be refused."""
    async with aiohttp.ClientSession(home.url) as http:
        async with steps.step("contract of 2021: GET /code"), http.get(f"{_PATH}/code") as response:
            expect(await response.json() == {"success": True}, f"the status was {response.status}")
        async with steps.step("contract of 2021: the code read on the dashboard and on the screen"):
            code = (await displays.wait_on_dashboard("shown", bound=False))["code"]
            await displays.wait_on_screen(code)
        async with steps.step("contract of 2021: a wrong code is refused as wrong_code"):
            await _expect_refusal(http, another(code), "wrong_code")
        async with steps.step("contract of 2021: POST /codecheck, and a token that names the home"):
            async with http.post(f"{_PATH}/codecheck", headers={"code": code}) as response:
                body = await response.json()
                expect(response.status == HTTPStatus.CREATED, f"the status was {response.status}: {body}")
            claims = _claims(body["token"])
            expect(claims.get("api_serial") == body["serial"], f"the token does not name the home: {sorted(claims)}")
            expect(claims["exp"] - claims["iat"] == _LIFETIME, f"the token lives {claims['exp'] - claims['iat']} s")
        async with steps.step("contract of 2021: the used code is refused as expired_code"):
            await _expect_refusal(http, code, "expired_code")
    return Paired(body["token"], body["grant_id"])


async def revoke(steps: Steps, api: HomeApi, paired: Paired) -> None:
    """Revoke the grant as the home's owner while its website is connected."""
    async with LiveSession(api.url, paired.token) as session:
        async with steps.step("grant of 2021 still valid: a session opened"):
            await session.wait_for("snapshot")
        async with steps.step("owner: grant listed and revoked"), api.socket() as socket:
            grants = (await socket.command("interphone/grants/list"))["grants"]
            expect(paired.grant_id in {grant["id"] for grant in grants}, "the grant is not listed")
            await socket.command("interphone/grants/revoke", grant_id=paired.grant_id)
        async with steps.step("session receives revoked, and is closed", seconds=5):
            await session.wait_for("revoked")
            await session.wait_for_close()
    async with steps.step("its token is refused as grant_revoked"), aiohttp.ClientSession(api.url) as http:
        headers = {"Authorization": f"Bearer {paired.token}"}
        async with http.get(f"{_PATH}/devices", headers=headers) as response:
            body = await response.json()
            expect(response.status == HTTPStatus.UNAUTHORIZED, f"the status was {response.status}")
            expect(body["error"] == "grant_revoked", f"the response was {body}")


async def _expect_refusal(http: aiohttp.ClientSession, code: str, error: str) -> None:
    async with http.post(f"{_PATH}/codecheck", headers={"code": code}) as response:
        body = await response.json()
        refused = response.status == HTTPStatus.UNAUTHORIZED and body["error"] == error
        expect(refused, f"the status was {response.status}: {body}")


def _claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT without checking its signature, which only the home can."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
