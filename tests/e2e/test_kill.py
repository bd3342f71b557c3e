"""An acknowledged revocation survives SIGKILL."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from demo_home.api import HomeApi
from demo_home.displays import Displays
from demo_home.home import Home
from demo_home.ports import free_ports
from demo_home.steps import Steps

BASE = "/api/interphone"


async def pair(api: HomeApi, http: aiohttp.ClientSession) -> dict[str, Any]:
    async with Displays(api) as displays:
        async with http.get(f"{BASE}/code") as response:
            assert response.status == HTTPStatus.OK
        code = (await displays.wait_on_dashboard("shown", bound=False))["code"]
        async with http.post(f"{BASE}/codecheck", headers={"code": code}) as response:
            assert response.status == HTTPStatus.CREATED
            paired: dict[str, Any] = await response.json()
            return paired


async def error_of(http: aiohttp.ClientSession, token: str) -> str | None:
    async with http.get(f"{BASE}/devices", headers={"Authorization": f"Bearer {token}"}) as response:
        body = await response.json()
        return body.get("error")


async def test_an_acknowledged_revocation_survives_a_kill(tmp_path: Path) -> None:
    [port] = free_ports(1)
    home = Home(tmp_path / "home", port)
    home.prepare()
    async with aiohttp.ClientSession(home.url) as http:
        async with home.running(Steps()) as api:
            # The config entry is written to disk when Home Assistant stops, or some time later.
            await home.connect(api, "http://localhost")
        async with home.running(Steps()) as api:
            revoked, kept = await pair(api, http), await pair(api, http)
            assert await error_of(http, revoked["token"]) is None
            async with api.socket() as socket:
                await socket.command("interphone/grants/revoke", grant_id=revoked["grant_id"])
                await home.kill()
        async with home.running(Steps()):
            assert await error_of(http, revoked["token"]) == "grant_revoked"
            assert await error_of(http, kept["token"]) is None
            refresh = {"grant_type": "refresh_token", "refresh_token": revoked["refresh_token"]}
            async with http.post(f"{BASE}/token", json=refresh) as response:
                assert (await response.json())["error"] == "invalid_token"
