"""The API mounted on an application of its own, beside Home Assistant's: all of it, and nothing else."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from homeassistant.helpers.http import KEY_HASS
from homeassistant.setup import async_setup_component
import pytest
import socketio

from custom_components.interphone.api import routes
from custom_components.interphone.api.peer import LOCAL, Door
from custom_components.interphone.const import BASE_PATH

from ..conftest import ORIGIN, Home
from ..description import REQUESTS, check_response

type Beside = TestClient[Any, Any]


@dataclass(frozen=True, slots=True)
class FarDoor(Door):
    """A door whose requests all count as one source."""

    def source(self, request: web.Request) -> str:
        return f"{self.id} {request.headers['X-Visitor']}"


async def mounted(home: Home, door: Door) -> Beside:
    application = web.Application()
    application[KEY_HASS] = home.hass
    routes(application, door)
    client = TestClient(TestServer(application))
    await client.start_server()
    return client


@pytest.fixture
async def beside(home: Home) -> AsyncGenerator[Beside]:
    """The API on an application that holds nothing but it."""
    assert await async_setup_component(home.hass, "api", {})
    client = await mounted(home, LOCAL)
    yield client
    await client.close()


async def test_every_request_is_answered_there_too(home: Home, beside: Beside) -> None:
    tokens = await home.pair_from_display()
    for method, path in REQUESTS:
        if path not in {"/code", "/revoke"}:
            async with beside.request(method, BASE_PATH + path, headers=tokens.headers) as response:
                body = await response.json()
            assert response.status != 503 or body["error"] == "history_unavailable", path
            check_response(method, path, response.status, body)
    async with beside.get(f"{BASE_PATH}/devices", headers=tokens.headers) as response:
        assert (await response.json())["devices"]
    async with beside.get(f"{BASE_PATH}/nothing") as response:
        assert (await response.json())["error"] == "not_found"


async def test_a_website_is_paired_there(home: Home, beside: Beside) -> None:
    async with beside.get(f"{BASE_PATH}/code", headers={"Origin": ORIGIN}) as response:
        assert await response.json() == {"success": True}
    code = await home.display.next_code()
    async with beside.post(f"{BASE_PATH}/codecheck", headers={"code": code, "Origin": ORIGIN}) as response:
        assert response.status == 201
    [grant] = await home.grants()
    assert grant["origin"] == ORIGIN


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_socketio_is_served_there(home: Home, beside: Beside, transport: str) -> None:
    tokens = await home.pair_from_display()
    client = socketio.AsyncSimpleClient()
    async with client:
        await client.connect(str(beside.make_url("")), auth={"token": tokens.token}, transports=[transport])
        event, snapshot = await client.receive(timeout=5)
    assert event == "snapshot"
    assert snapshot["devices"]


@pytest.mark.parametrize(
    "path", ["/", "/api/", "/api/states", "/api/websocket", "/auth/token", "/auth/providers", "/manifest.json"]
)
async def test_nothing_else_of_home_assistant_is_reachable_there(beside: Beside, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        async with beside.request(method, path) as response:
            assert response.status == 404


async def test_a_door_decides_what_a_source_is(home: Home) -> None:
    client = await mounted(home, FarDoor("far"))
    async with client.get(f"{BASE_PATH}/code", headers={"X-Visitor": "203.0.113.7"}) as response:
        assert response.status == 200
    assert (await home.display.next())["source"] == "far 203.0.113.7"
    await client.close()
