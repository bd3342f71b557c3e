"""Any bytes through a real socket: a packet or a clean close, never an exception, and nobody else notices."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
import logging
import tracemalloc
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from .conftest import RawSocket, Wire, eventually
from .test_codecs import almost
from .test_socketio_protocol import App

pytestmark = pytest.mark.slow

# One server for all examples of a test: it must outlive them.
patient = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Words of Engine.IO and Socket.IO, in any order and anywhere cut.
_WORDS = '0 1 2 3 4 40 41 42 43 44 451- 46 5 6 b4 b 2probe / /a, [ ] { } " , : null NaN 1e999 17 99999999999 é 😀'
_MORE = ['["message"]', '["message",{"_placeholder":true', ',"num":0}]', "\x1e", "\ud7ff", " ", "\\ud800"]
words = st.lists(st.sampled_from([*_WORDS.split(" "), *_MORE]), max_size=12).map("".join)
frames = (
    st.builds(lambda text: (1, text.encode()), words | st.text(st.characters(exclude_categories=["Cs"])))
    | st.builds(lambda data: (2, data), st.binary(max_size=200))
    | st.tuples(st.integers(0, 15), st.binary(max_size=130))
)


def frame(opcode: int, content: bytes, *, first: int = 0x80) -> bytes:
    """Return a frame, masked with zeros."""
    size = len(content)
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE, *size.to_bytes(2)])
    return bytes([first | opcode]) + length + bytes(4) + content


@pytest.fixture
async def app(
    make_server: Any, http: ClientSession, caplog: pytest.LogCaptureFixture
) -> AsyncGenerator[tuple[App, ClientWebSocketResponse]]:
    """A server, and somebody who minds their own business on it; nothing in the log in the end."""
    failures: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_debug(False)  # it warns of turns that take long
    loop.set_exception_handler(lambda _, context: failures.append(context))
    sio, url = await make_server(options={"event_rate": 10_000}, ping_interval=3600)
    app = App(sio, url, http)
    yield app, await app.join()
    assert not failures
    assert not [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING]


async def _unhurt(app: App, neighbour: ClientWebSocketResponse) -> None:
    """Check that the neighbour is served as ever, and that nothing of the others is left."""
    await neighbour.send_str('42["message","here"]')
    assert await neighbour.receive_str(timeout=5) == '42["message-back","here"]'
    await eventually(lambda: len(app.sio.eio) == 1 and not app.sio.eio._tasks)
    assert len(app.sio.eio._connections) == len(app.sio._clients) == len(app.sio.environ) == 1


async def _to_the_end(raw: RawSocket) -> None:
    """Read until the server hangs up."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        async with asyncio.timeout(5):
            await raw.read_to_end()
    raw.writer.close()


@patient
@given(said=st.lists(frames, max_size=6), version=st.sampled_from([3, 4]), joined=st.booleans())
async def test_any_frames(
    app: tuple[App, ClientWebSocketResponse], said: list[tuple[int, bytes]], version: int, *, joined: bool
) -> None:
    raw = await RawSocket.open(app[0].url, version)
    if joined:
        raw.write_text("40")
    for opcode, content in said:
        raw.writer.write(frame(opcode, content))
    raw.writer.write(frame(8, b"\x03\xe8"))
    await _to_the_end(raw)
    await _unhurt(*app)


@patient
@given(
    said=st.binary(max_size=400) | st.builds(lambda first, rest: bytes([first]) + rest, st.integers(0, 255), almost),
    version=st.sampled_from([3, 4]),
)
async def test_any_bytes_after_the_handshake(
    app: tuple[App, ClientWebSocketResponse], said: bytes, version: int
) -> None:
    raw = await RawSocket.open(app[0].url, version)
    raw.writer.write(said)
    raw.writer.write_eof()
    await _to_the_end(raw)
    await _unhurt(*app)


@patient
@given(
    body=st.binary(max_size=400) | almost | words.map(lambda text: text.encode()),
    kind=st.sampled_from(["text/plain;charset=UTF-8", "application/octet-stream"]),
    version=st.sampled_from([3, 4]),
)
async def test_any_body(app: tuple[App, ClientWebSocketResponse], body: bytes, kind: str, version: int) -> None:
    params = {"EIO": str(version), "transport": "polling"}
    async with app[0].http.get(app[0].url, params=params) as response:
        params["sid"] = (await response.text()).split('"sid":"')[1].split('"')[0]
    async with app[0].http.post(app[0].url, params=params, data=body, headers={"Content-Type": kind}) as response:
        assert (response.status, await response.text() == "ok") in {(200, True), (400, False)}
    # Whatever it was, the session is over or goes on: until it is closed.
    for _ in range(20):
        async with app[0].http.post(app[0].url, params=params, data=b"1" if version == 4 else b"1:1") as response:
            assert response.status in {200, 400}
            if response.status == 400:
                break
    await _unhurt(*app)


@patient
@given(
    query=st.dictionaries(
        st.sampled_from(["EIO", "transport", "sid", "b64", "j", "t", "token"]),
        st.sampled_from(["3", "4", "polling", "websocket", "", "0", "1", "é", "\x00", "x" * 2000]),
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"]),
    upgrade=st.booleans(),
)
async def test_any_address(make_wire: Any, query: dict[str, str], method: str, *, upgrade: bool) -> None:
    wire: Wire = await make_wire()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade"} if upgrade else {}
    async with wire.http.request(method, wire.url, params=query, headers=headers) as response:
        assert response.status in {200, 204, 400}
        opened = response.status == 200
    assert len(wire.engine) == opened
    await wire.engine.shutdown()


# --- what it may cost ---

MIB = 1024 * 1024
HEAPS = {
    "a message that never ends": frame(0, b"x" * 60_000, first=0),
    "in pieces of nothing": frame(0, b"", first=0) * 5000,
    "deep": frame(1, b'42["message",' + b"[" * 60_000),
    "attachments to come": frame(1, b'4510-["message"]') + frame(2, b"\x04" + b"x" * 60_000),
    "pings of WebSocket": frame(9, b"x" * 125) * 500,
    "pings": frame(1, b"2" + b"x" * 120) * 500,
    "nothings": frame(1, b"6" + b"x" * 120) * 500,
    "events while the application thinks": frame(1, b'42["message","' + b"x" * 60_000 + b'"]'),
}


@pytest.mark.parametrize("heap", HEAPS)
@pytest.mark.parametrize("version", [4, 3])
async def test_however_much_one_client_sends_it_costs_little(make_server: Any, heap: str, version: int) -> None:
    sio, url = await make_server(packet_size=64 * 1024, packet_size_max=MIB, queue_size=MIB)

    decided = asyncio.Event()

    async def think(*_: Any) -> None:
        await decided.wait()

    async def take(*_: Any) -> None:
        pass

    sio.on("connect", think if "thinks" in heap else take)
    sio.on("message", take)
    raw = await RawSocket.open(f"{url}/socket.io/", version)
    if version == 4:
        raw.write_text("40")
    if heap in ("a message that never ends", "in pieces of nothing"):
        raw.writer.write(frame(1, b"4", first=0))
    tracemalloc.start()
    try:
        with contextlib.suppress(TimeoutError, ConnectionError):  # nobody takes more of it
            for _ in range(16 * MIB // len(HEAPS[heap])):
                raw.writer.write(HEAPS[heap])
                async with asyncio.timeout(0.2):
                    await raw.writer.drain()
        waiting = raw.writer.transport.get_write_buffer_size()
        assert tracemalloc.get_traced_memory()[1] - waiting < 4 * MIB
    finally:
        tracemalloc.stop()
        raw.writer.transport.abort()
        decided.set()
