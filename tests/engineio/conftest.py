"""Engines and Socket.IO servers on real sockets, served as Home Assistant serves them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
import json
import socket
from typing import Any

from aiohttp import ClientSession, ClientTimeout, ClientWebSocketResponse, web
import pytest
from socketio import packet

from custom_components.interphone.api.socketio.packet import SocketIoPacket, encode
from custom_components.interphone.api.socketio.server import SocketIoServer
from custom_components.interphone.engineio.server import Engine
from custom_components.interphone.engineio.settings import Settings

# Heartbeats longer than any test, and room for all clients of a test.
NO_TIMEOUTS = Settings(
    ping_interval=20,
    ping_timeout=20,
    close_timeout=0.5,
    packet_size=1_000_000,
    packet_size_max=1_000_000,
    sessions_per_source=1000,
    sessions_unauthenticated=1000,
)


@pytest.fixture(autouse=True)
def _custom_integrations(socket_enabled: None) -> None:
    """Allow sockets; the engine's tests need no Home Assistant."""


@pytest.fixture
async def serve() -> AsyncGenerator[Callable[..., Awaitable[str]]]:
    """Serve a handler at a path as Home Assistant does: `url = await serve(engine.handle_request, "/engine.io/")`."""
    runners: list[web.AppRunner] = []

    async def serve(handler: Any, path: str = "/socket.io/") -> str:
        app = web.Application()
        app.router.add_route("*", path, handler)
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return f"http://{host}:{port}"

    yield serve
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def http() -> AsyncGenerator[ClientSession]:
    """A session of HTTP; the WebSockets opened through it, which tests leave in all states, are closed at the end."""
    opened: list[ClientWebSocketResponse] = []

    def open_websocket(*args: Any, **kwargs: Any) -> ClientWebSocketResponse:
        opened.append(ClientWebSocketResponse(*args, **kwargs))
        return opened[-1]

    async with ClientSession(timeout=ClientTimeout(total=None), ws_response_class=open_websocket) as session:
        yield session
        await asyncio.gather(*(websocket.close() for websocket in opened), return_exceptions=True)


class RawSocket:
    """A WebSocket client without a library, which reads only when the test does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, url: str, version: int = 4) -> RawSocket:
        """Make the handshake and read OPEN."""
        host, port = url.removeprefix("http://").split("/")[0].split(":")
        path = "/" + url.removeprefix("http://").partition("/")[2]
        # Small buffers, so that what is not read stays with the sender.
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        sock.settimeout(0)
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        reader, writer = await asyncio.open_connection(sock=sock, limit=512)
        writer.write(
            f"GET {path}?EIO={version}&transport=websocket HTTP/1.1\r\nHost: home\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head.splitlines()[0]
        raw = cls(reader, writer)
        assert (await raw.read_frame())[1:2] == b"{"
        return raw

    def write_text(self, text: str) -> None:
        """Send a short text frame, masked with zeros."""
        data = text.encode()
        self.writer.write(bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data)

    async def read_frame(self) -> bytes:
        """Return the content of the next frame."""
        _, length = await self.reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2))
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8))
        return await self.reader.readexactly(length)

    async def read_to_end(self) -> None:
        """Read frames until the connection ends; raise IncompleteReadError or ConnectionError then."""
        while True:
            await self.read_frame()


class Wire:
    """An engine that echoes, and the raw requests of a client of one protocol version."""

    def __init__(self, engine: Engine, url: str, http: ClientSession, version: int = 4) -> None:
        self.engine = engine
        self.url = f"{url}/engine.io/"
        self.http = http
        self.version = version
        self.kept: list[ClientWebSocketResponse] = []
        self.events: asyncio.Queue[tuple[str, str, Any]] = asyncio.Queue()
        for event in ("connect", "message", "disconnect"):
            engine.on(event, self._recorder(event))

    def _recorder(self, event: str) -> Callable[[str, Any], Awaitable[None]]:
        async def record(sid: str, argument: Any) -> None:
            self.events.put_nowait((event, sid, argument))
            if event == "message":
                await self.engine.send(sid, argument)

        return record

    async def event(self, name: str) -> Any:
        """Return the argument of the next event of this name."""
        async with asyncio.timeout(5):
            while True:
                event, _, argument = await self.events.get()
                if event == name:
                    return argument

    def params(self, transport: str, sid: str | None = None, **more: str) -> dict[str, str]:
        return {"EIO": str(self.version), "transport": transport} | ({"sid": sid} if sid else {}) | more

    async def request(self, method: str, sid: str | None = None, **kwargs: Any) -> tuple[int, str]:
        """Send a polling request; return status and text."""
        params = self.params("polling", sid) | kwargs.pop("params", {})
        async with self.http.request(method, self.url, params=params, **kwargs) as response:
            return response.status, await response.text()

    async def poll(self, sid: str, **kwargs: Any) -> tuple[int, str]:
        return await self.request("GET", sid, **kwargs)

    async def post(self, sid: str, body: Any, **kwargs: Any) -> tuple[int, str]:
        return await self.request("POST", sid, data=body, **kwargs)

    async def open_polling(self, **kwargs: Any) -> dict[str, Any]:
        """Open a session; return what OPEN holds."""
        status, text = await self.request("GET", **kwargs)
        assert status == 200, text
        if self.version == 3:
            length, _, text = text.partition(":")
            assert int(length) == len(text)
        assert text[0] == "0"
        return json.loads(text[1:])

    async def socket(self, sid: str | None = None, **more: str) -> ClientWebSocketResponse:
        """Open a WebSocket, for a new session or for `sid`."""
        opened = await self.http.ws_connect(self.url, params=self.params("websocket", sid, **more))
        self.kept.append(opened)
        return opened

    async def open_socket(self, **more: str) -> tuple[ClientWebSocketResponse, dict[str, Any]]:
        """Open a session over WebSocket; return the socket and what OPEN holds."""
        opened = await self.socket(**more)
        text = await opened.receive_str(timeout=5)
        assert text[0] == "0"
        return opened, json.loads(text[1:])


async def eventually(condition: Callable[[], object], seconds: float = 5) -> None:
    """Wait for a state of the server that no event announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.001)


async def poll_arrives(wire: Wire, sid: str) -> None:
    """Wait until the server holds a poll of this session."""
    session = wire.engine.find(sid)
    assert session is not None
    await eventually(lambda: session.polled)


@pytest.fixture(params=[4, 3], ids=["v4", "v3"])
def version(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
async def make_wire(serve: Any, http: ClientSession) -> AsyncGenerator[Callable[..., Awaitable[Wire]]]:
    """Make an engine with some settings changed: `wire = await make_wire(version=3, ping_interval=0.3)`."""
    engines: list[Engine] = []

    async def make(version: int = 4, options: dict[str, Any] | None = None, **changes: Any) -> Wire:
        engine = Engine(settings=replace(NO_TIMEOUTS, **changes), **(options or {}))
        engines.append(engine)
        return Wire(engine, await serve(engine.handle_request, "/engine.io/"), http, version)

    yield make
    for engine in engines:
        await engine.shutdown()


def send(sio: SocketIoServer, sid: str, event: str, *arguments: Any) -> None:
    """Send an event to one session as the product does: encoded once, written without waiting."""
    engine_sid = sio.engine_sid(sid)
    assert engine_sid is not None
    for part in encode(SocketIoPacket(packet.EVENT, data=[event, *arguments])):
        sio.eio.write_frame(engine_sid, part)


@pytest.fixture
async def make_server(serve: Any) -> AsyncGenerator[Callable[..., Awaitable[tuple[SocketIoServer, str]]]]:
    """Make a Socket.IO server: `sio, url = await make_server(connect_timeout=0.1, packet_size=100)`."""
    servers: list[SocketIoServer] = []

    async def make(options: dict[str, Any] | None = None, **changes: Any) -> tuple[SocketIoServer, str]:
        sio = SocketIoServer(settings=replace(NO_TIMEOUTS, **changes), **(options or {}))
        servers.append(sio)
        return sio, await serve(sio.handle_request)

    yield make
    for sio in servers:
        await sio.shutdown()
