"""The contract of 2021, spoken by a client that knows nothing newer."""

import base64
from dataclasses import dataclass
from http import HTTPStatus
import json
from typing import Any

import aiohttp

from .api import HomeApi
from .home import Home
from .live import LiveSession
from .panels import Panels
from .steps import Steps, expect
from .visit import another

_PATH = "/api/interphone"
_LIFETIME = 30 * 3600


@dataclass(frozen=True, slots=True)
class Paired:
    """What the client of 2021 is left with: its token, and the grant behind it."""

    token: str
    grant_id: str


async def pair_as_in_2021(steps: Steps, panels: Panels, home: Home) -> Paired:
    """Ask for a code and redeem it with plain requests; try what must not work on the way."""
    async with aiohttp.ClientSession(home.url) as http:
        async with steps.step("contract of 2021: GET /code"), http.get(f"{_PATH}/code") as response:
            expect(await response.json() == {"success": True}, f"it was answered {response.status}")
        async with steps.step("contract of 2021: the code read on the dashboard and on the display"):
            code = (await panels.wait_on_dashboard("shown", bound=False))["code"]
            await panels.wait_on_display(code)
        async with steps.step("contract of 2021: a wrong code is refused as wrong_code"):
            await _expect_refusal(http, another(code), "wrong_code")
        async with steps.step("contract of 2021: POST /codecheck, and a token that names the home"):
            async with http.post(f"{_PATH}/codecheck", headers={"code": code}) as response:
                answer = await response.json()
                expect(response.status == HTTPStatus.CREATED, f"it was answered {response.status}: {answer}")
            claims = _claims(answer["token"])
            expect(claims.get("api_serial") == answer["serial"], f"the token does not name the home: {sorted(claims)}")
            expect(claims["exp"] - claims["iat"] == _LIFETIME, f"the token lives {claims['exp'] - claims['iat']} s")
        async with steps.step("contract of 2021: the used code is refused as expired_code"):
            await _expect_refusal(http, code, "expired_code")
    return Paired(answer["token"], answer["grant_id"])


async def revoke(steps: Steps, api: HomeApi, paired: Paired) -> None:
    """Revoke the grant as the home's owner while its website is connected."""
    async with LiveSession(api.url, paired.token) as session:
        async with steps.step("grant of 2021 still good: a session opened"):
            await session.wait_for("snapshot")
        async with steps.step("owner: grant listed and revoked"), api.socket() as socket:
            grants = (await socket.command("interphone/grants/list"))["grants"]
            expect(paired.grant_id in {grant["id"] for grant in grants}, "the grant is not listed")
            await socket.command("interphone/grants/revoke", grant_id=paired.grant_id)
        async with steps.step("session told that it is revoked, and closed", seconds=5):
            await session.wait_for("revoked")
            await session.wait_for_close()
    async with steps.step("its token is refused as grant_revoked"), aiohttp.ClientSession(api.url) as http:
        headers = {"Authorization": f"Bearer {paired.token}"}
        async with http.get(f"{_PATH}/devices", headers=headers) as response:
            answer = await response.json()
            expect(response.status == HTTPStatus.UNAUTHORIZED, f"it was answered {response.status}")
            expect(answer["error"] == "grant_revoked", f"it was answered {answer}")


async def _expect_refusal(http: aiohttp.ClientSession, code: str, error: str) -> None:
    async with http.post(f"{_PATH}/codecheck", headers={"code": code}) as response:
        answer = await response.json()
        refused = response.status == HTTPStatus.UNAUTHORIZED and answer["error"] == error
        expect(refused, f"it was answered {response.status}: {answer}")


def _claims(token: str) -> dict[str, Any]:
    """Return what a JWT says. Its signature is the home's own business."""
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
