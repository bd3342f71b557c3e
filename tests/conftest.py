"""A real Home Assistant with Interphone loaded, its real HTTP server, and clients as users have them."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.plugins import (
    aiohttp_client,  # noqa: F401 - pytest-aiohttp's would shadow the one that knows Home Assistant's app
)
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)
import socketio

from custom_components.interphone.const import BASE_PATH, DOMAIN

ORIGIN = "https://website.example"
OTHER_ORIGIN = "https://elsewhere.example"


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let every test's Home Assistant find Interphone."""


@pytest.fixture
def options() -> dict[str, Any]:
    """The options of the entry; a test module may override this."""
    return {"origins": [ORIGIN], "domains": ["light", "switch", "input_boolean", "sensor"], "sensitive_entities": []}


@pytest.fixture
async def entry(hass: HomeAssistant, options: dict[str, Any]) -> MockConfigEntry:
    """Interphone, loaded, in a home with the demo integration's lights."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "light", {"light": {"platform": "demo"}})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"guest_mode": {"name": "Guest mode"}}})
    await hass.async_block_till_done()
    entry = MockConfigEntry(domain=DOMAIN, title="Home", options=options)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a paired website holds."""

    token: str
    refresh_token: str
    grant_id: str
    serial: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Panel:
    """A dashboard: what Home Assistant's frontend subscribes to."""

    def __init__(self, socket: MockHAClientWebSocket) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        """Return the next pairing told."""
        message = await self.socket.receive_json()
        assert message["type"] == "event", message
        return message["event"]["pairing"]

    async def next_code(self) -> str:
        """Return the next code shown."""
        while True:
            pairing = await self.next()
            if pairing["state"] == "shown":
                return pairing["code"]


@dataclass(slots=True)
class Home:
    """The home as the outside reaches it, and a panel inside it."""

    hass: HomeAssistant
    entry: MockConfigEntry
    client: TestClient[Any, Any]
    panel: Panel
    ws: MockHAClientWebSocket

    async def request(self, method: str, path: str, **kwargs: Any) -> tuple[int, Any]:
        """Send a request below the base path; return the status and the JSON of the answer."""
        async with self.client.request(method, BASE_PATH + path, **kwargs) as response:
            return response.status, await response.json()

    async def command(self, command: str, **fields: Any) -> dict[str, Any]:
        """Send a command over Home Assistant's WebSocket API and return its answer."""
        await self.ws.send_json_auto_id({"type": f"interphone/{command}", **fields})
        return await self.ws.receive_json()

    async def pair(self, **headers: str) -> Tokens:
        """Pair by the plain contract and return what the website got."""
        assert await self.request("GET", "/code", headers=headers) == (200, {"success": True})
        code = await self.panel.next_code()
        status, body = await self.request("POST", "/codecheck", headers={"code": code, **headers})
        assert status == 201, body
        assert (await self.panel.next())["state"] == "paired"
        return Tokens(body["token"], body["refresh_token"], body["grant_id"], body["serial"])


@pytest.fixture
async def home(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> Home:
    """The home with a panel that is watching."""
    subscribed = await hass_ws_client(hass)
    await subscribed.send_json_auto_id({"type": "interphone/pairing/subscribe"})
    assert (await subscribed.receive_json())["success"]
    return Home(hass, entry, await hass_client_no_auth(), Panel(subscribed), await hass_ws_client(hass))


class Socket:
    """A real Socket.IO client that keeps what it was sent, in order."""

    def __init__(self, client: socketio.AsyncSimpleClient) -> None:
        self.client = client

    async def receive(self, event: str) -> Any:
        """Return the payload of the next event, which must be this one."""
        name, *payload = await self.client.receive(timeout=5)
        assert name == event, (name, payload)
        return payload[0]

    async def command(self, **envelope: Any) -> Any:
        """Send a command and return its ack."""
        return await self.client.call("command", envelope, timeout=5)


type Connect = Callable[..., Awaitable[Socket]]


@pytest.fixture
async def connect(home: Home) -> AsyncGenerator[Connect]:
    """Connect a Socket.IO client: `await connect(token, transports=["polling"])`."""
    clients: list[socketio.AsyncSimpleClient] = []

    async def connect(token: str | None = None, **kwargs: Any) -> Socket:
        client = socketio.AsyncSimpleClient()
        clients.append(client)
        auth = kwargs.pop("auth", {"token": token} if token else None)
        await client.connect(str(home.client.make_url("")), auth=auth, **kwargs)
        return Socket(client)

    yield connect
    for client in clients:
        await client.disconnect()
