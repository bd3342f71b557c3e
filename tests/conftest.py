"""A real Home Assistant with Interphone loaded, its real HTTP server, and clients as users have them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
import json
import logging
from typing import Any, Final
from unittest.mock import patch

from aiohttp import ClientSession
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
from socketio import packet
from socketio.exceptions import ConnectionError as SocketConnectionError

from custom_components.interphone.api.socketio.packet import SocketIoPacket
from custom_components.interphone.const import BASE_PATH, DOMAIN

from .deprecations import reported
from .description import (
    ResponseCheck,
    check_call,
    check_event,
    check_message,
    check_response,
    check_result,
    message_faults,
)
from .disk import SlowDisk

ORIGIN = "https://website.example"
OTHER_ORIGIN = "https://elsewhere.example"

# Of the demo integration, no more than these tests ask for.
DEMO_PLATFORMS: Final = ("light", "lock", "switch")


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Check threads as the test plugin's debug mode does, and keep no stacks, which take more than half of the time."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.get_debug = lambda: False  # asked by whoever would keep one; the loop itself looks at its own flag


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let every test's Home Assistant find Interphone."""


@pytest.fixture(autouse=True)
def deprecated_use() -> Generator[list[str]]:
    """Fail when Home Assistant says that Interphone uses what it is going to remove."""
    with reported() as lines:
        yield lines
    assert lines == []


@pytest.fixture
def options() -> dict[str, Any]:
    """The options of the entry; a test module may override this."""
    return {"origins": [ORIGIN], "domains": ["light", "switch", "input_boolean", "sensor"], "sensitive_entities": []}


@pytest.fixture
def http_config() -> dict[str, Any]:
    """What `configuration.yaml` says of Home Assistant's HTTP server; a test module may override this."""
    return {}


@pytest.fixture
def response_check() -> Generator[ResponseCheck]:
    """Hold every REST response of the test against `openapi.json`."""
    check = ResponseCheck()
    yield check
    assert not check.faults


@pytest.fixture
async def entry(
    hass: HomeAssistant, options: dict[str, Any], http_config: dict[str, Any], response_check: ResponseCheck
) -> MockConfigEntry:
    """Interphone, loaded, in a home with the demo integration's lights."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "http", {"http": http_config})
    hass.http.app.on_response_prepare.append(response_check)
    with patch("homeassistant.components.demo.COMPONENTS_WITH_CONFIG_ENTRY_DEMO_PLATFORM", list(DEMO_PLATFORMS)):
        assert await async_setup_component(hass, "demo", {})
        await hass.async_block_till_done()
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"guest_mode": {"name": "Guest mode"}}})
    await hass.async_block_till_done()
    entry = MockConfigEntry(domain=DOMAIN, title="Home", options=options)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
def disk(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Generator[SlowDisk]:
    """The disk of the home, to be slowed down."""
    disk = SlowDisk(hass, monkeypatch)
    yield disk
    disk.go_on.set()  # or the home of a test that failed would wait for it


@pytest.fixture
def quiet_log(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Nothing that unknown clients send may look like a fault of the home: no error and no traceback in the log."""
    yield
    loud = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR or record.exc_info]
    assert not loud, [record.getMessage() for record in loud]


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


class Display:
    """A display: subscribes to the pairings as Home Assistant's frontend does."""

    def __init__(self, socket: MockHAClientWebSocket) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        """Return the next pairing."""
        async with asyncio.timeout(5):
            message = await self.socket.receive_json()
        assert message["type"] == "event", message
        check_event("interphone/pairing/subscribe", message["event"])
        return message["event"]["pairing"]

    async def next_code(self) -> str:
        """Return the next code shown."""
        while True:
            pairing = await self.next()
            if pairing["state"] == "shown":
                return pairing["code"]


@dataclass(slots=True)
class Home:
    """The home as the outside reaches it, and a display inside it."""

    hass: HomeAssistant
    entry: MockConfigEntry
    client: TestClient[Any, Any]
    display: Display
    ws: MockHAClientWebSocket

    async def request(self, method: str, path: str, **kwargs: Any) -> tuple[int, Any]:
        """Send a request below the base path; return the status and the JSON of the answer."""
        async with self.client.request(method, BASE_PATH + path, **kwargs) as response:
            body = await response.json()
        check_response(method, path, response.status, body)
        return response.status, body

    async def refused(self, status: int, error: str, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        """Send a request that must be refused; check the refusal's form and return its body."""
        async with self.client.request(method, BASE_PATH + path, **kwargs) as response:
            text = await response.text()
        assert response.status == status, (method, path, response.status, text)
        assert response.content_type == "application/json"
        assert "Origin" in response.headers["Vary"]
        if method == "HEAD":
            return {}
        body = json.loads(text)
        check_response(method, path, response.status, body)
        assert body["success"] is False
        assert body["error"] == error, (method, path, body)
        assert len(body["message"]) > 3
        assert body["message"] != error
        assert "Traceback" not in text
        return body

    async def raw(self, data: bytes) -> tuple[int, dict[str, Any]]:
        """Send bytes that no client library would, half-close, and return the status and the JSON of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.client.port)
        writer.write(data)
        await writer.drain()
        async with asyncio.timeout(10):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            [length] = [line.partition(":")[2] for line in head.split("\r\n") if line.startswith("content-length")]
            body = json.loads(await reader.readexactly(int(length)))
        writer.close()
        return int(head.split()[1]), body

    async def call(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send any command of Home Assistant's WebSocket API and return its answer."""
        await self.ws.send_json_auto_id({"type": type_, **fields})
        message = await self.ws.receive_json()
        check_result(type_, message)
        return message

    async def command(self, command: str, **fields: Any) -> dict[str, Any]:
        """Send one of Interphone's WebSocket commands and return its answer."""
        return await self.call(f"interphone/{command}", **fields)

    async def grants(self) -> list[dict[str, Any]]:
        """Return the grants as the owner of the home sees them."""
        return (await self.command("grants/list"))["result"]["grants"]

    async def notifications(self) -> list[dict[str, Any]]:
        """Return the notifications every user of the home sees."""
        return (await self.call("persistent_notification/get"))["result"]

    async def condition(self) -> dict[str, Any]:
        """Return all that a refused request must leave alone."""
        return {
            "states": {state.entity_id: (state.state, state.attributes) for state in self.hass.states.async_all()},
            "grants": [
                {key: grant[key] for key in grant if not key.startswith("last_")} for grant in await self.grants()
            ],
            "notifications": await self.notifications(),
        }

    async def device(self, tokens: Tokens, name: str = "Bed Light") -> dict[str, Any]:
        """Return the device of this name as a website sees it."""
        _status, body = await self.request("GET", "/devices", headers=tokens.headers)
        [device] = [device for device in body["devices"] if device["name"] == name]
        return device

    async def pair_from_display(self) -> Tokens:
        """Pair by a code begun on a display, which no budget of outsiders limits."""
        begun = await self.command("pairing/begin")
        status, body = await self.request("POST", "/codecheck", headers={"code": begun["result"]["pairing"]["code"]})
        assert status == 201, body
        while (await self.display.next())["state"] != "paired":
            pass
        return Tokens(body["token"], body["refresh_token"], body["grant_id"], body["serial"])

    async def pair(self, **headers: str) -> Tokens:
        """Pair by the plain contract and return what the website got."""
        assert await self.request("GET", "/code", headers=headers) == (200, {"success": True})
        code = await self.display.next_code()
        status, body = await self.request("POST", "/codecheck", headers={"code": code, **headers})
        assert status == 201, body
        assert (await self.display.next())["state"] == "paired"
        return Tokens(body["token"], body["refresh_token"], body["grant_id"], body["serial"])


@pytest.fixture
def _described_events(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Hold every event that the home sends over the socket against its description, whoever receives it."""
    faults: list[str] = []
    encode = SocketIoPacket.encode

    def hold(pkt: SocketIoPacket) -> Any:
        if pkt.packet_type == packet.EVENT:
            faults.extend(message_faults(*pkt.data))
        elif pkt.packet_type == packet.CONNECT_ERROR:
            faults.extend(message_faults("connect.error", pkt.data))
        return encode(pkt)

    monkeypatch.setattr(SocketIoPacket, "encode", hold)
    yield
    assert faults == []


@pytest.fixture
async def home(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    _described_events: None,
    hass_client_no_auth: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> Home:
    """The home with a display that is watching."""
    subscribed = await hass_ws_client(hass)
    await subscribed.send_json_auto_id({"type": "interphone/pairing/subscribe"})
    assert (await subscribed.receive_json())["success"]
    return Home(hass, entry, await hass_client_no_auth(), Display(subscribed), await hass_ws_client(hass))


@pytest.fixture
async def tokens(home: Home) -> Tokens:
    """What a website holds that was let in from a display."""
    return await home.pair_from_display()


class Socket:
    """A real Socket.IO client that keeps what it was sent, in order."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self._received: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        client.on("*", self._note)
        client.on("disconnect", self._note_end)
        client.on("connect_error", self._note_refusal)

    async def _note(self, event: str, *payload: Any) -> None:
        self._received.put_nowait((event, payload[0] if payload else None))

    async def _note_end(self, _reason: str) -> None:
        self._received.put_nowait(("closed", None))

    async def _note_refusal(self, data: Any = None) -> None:
        self._received.put_nowait(("refused", data))

    async def next(self) -> tuple[str, Any]:
        """Return name and payload of the next event; `closed` when the home has hung up."""
        async with asyncio.timeout(5):
            event, payload = await self._received.get()
        # What the client says of a refusal may be its own, or the body of a 503; the home's part is held as it is sent.
        if event not in {"refused", "closed"}:
            check_message(event, payload)
        return event, payload

    async def receive(self, event: str) -> Any:
        """Return the payload of the next event, which must be this one."""
        name, payload = await self.next()
        assert name == event, (name, payload)
        return payload

    async def closed(self) -> None:
        """Wait until the home has closed this socket, nothing more having been sent before."""
        await self.receive("closed")

    async def call(self, event: str, *data: Any) -> Any:
        """Send an event and return its ack."""
        ack = await self.client.call(event, data, timeout=5)
        check_call(event, *data[:1] or (None,), ack)
        return ack

    async def command(self, **envelope: Any) -> Any:
        """Send a command and return its ack."""
        return await self.call("command", envelope)


type Connect = Callable[..., Awaitable[Socket]]


async def enter(connect: Connect, tokens: Tokens, **kwargs: Any) -> tuple[Socket, dict[str, Any]]:
    """Connect a website; return it and its snapshot."""
    website = await connect(tokens.token, **kwargs)
    return website, await website.receive("snapshot")


@pytest.fixture
async def connect(home: Home) -> AsyncGenerator[Connect]:
    """Connect a Socket.IO client: `await connect(token, transports=["polling"])`.

    It does not reconnect by itself except with `comes_back=True`. With `refused=True` the home is expected to
    say no; what it says is the payload of `refused`.
    """
    sockets: list[Socket] = []
    # One for all, and ours: the client leaves sessions of its own unclosed when it comes back.
    http = ClientSession()

    async def connect(
        token: str | None = None, *, comes_back: bool = False, refused: bool = False, **kwargs: Any
    ) -> Socket:
        socket = Socket(socketio.AsyncClient(reconnection=comes_back, reconnection_delay=0.01, http_session=http))
        sockets.append(socket)
        auth = kwargs.pop("auth", {"token": token} if token else None)
        with suppress(SocketConnectionError) if refused else nullcontext():
            await socket.client.connect(str(home.client.make_url("")), auth=auth, **kwargs)
        return socket

    yield connect
    for socket in sockets:
        await socket.client.shutdown()
        # What the client leaves behind after a refusal, and when it is closed while polling.
        loops = [loop for loop in (socket.client.eio.read_loop_task, socket.client.eio.write_loop_task) if loop]
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
    await http.close()
