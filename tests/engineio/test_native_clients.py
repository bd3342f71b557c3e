"""What clients other than the JavaScript ones send, byte for byte."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
import json

from aiohttp import web_ws
from aiohttp._websocket import reader_py
import pytest

from .conftest import Wire, eventually
from .raw import MASK, RawConnection, masked_frame

type MakeWire = Callable[..., Awaitable[Wire]]

# Enough for three lines of base64, with both characters in which the alphabets differ.
DATA = bytes(range(256)) * 2 + b"\xff\xfe\xfb"


async def open_session(connection: RawConnection, version: str = "EIO=4&") -> str:
    """Open a polling session; return the address of its requests."""
    target = f"/engine.io/?{version}transport=polling"
    status, body = await connection.request("GET", target)
    assert status == 200
    text = body.decode()
    return f"{target}&sid={json.loads(text[text.index('{') :])['sid']}"


async def open_socket(wire: Wire, query: str = "EIO=4&transport=websocket", early: bytes = b"") -> RawConnection:
    """Open a session over WebSocket and read OPEN."""
    connection = await RawConnection.open(wire.url)
    await connection.upgrade(f"/engine.io/?{query}", early)
    assert (await connection.frame())[1].startswith(b'0{"sid":')
    return connection


# --- base64 over polling ---


def mime(data: bytes) -> str:
    """Lines of 76 characters, each with a line break after it: Java, Android."""
    return base64.encodebytes(data).decode()


def crlf(data: bytes) -> str:
    return mime(data).replace("\n", "\r\n")


def unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 515])
@pytest.mark.parametrize("encode", [mime, crlf, unpadded, url_safe])
async def test_base64_as_other_clients_write_it(
    make_wire: MakeWire, version: int, encode: Callable[[bytes], str], size: int
) -> None:
    wire = await make_wire(version)
    connection = await RawConnection.open(wire.url)
    target = await open_session(connection, f"EIO={version}&")
    data = DATA[-size:] if size else b""
    packet = ("b" if version == 4 else "b4") + encode(data)
    body = f"{packet}\x1e4text" if version == 4 else f"{len(packet)}:{packet}5:4text"
    assert await connection.request("POST", target, body.encode()) == (200, b"ok")
    assert await wire.event("message") == data
    assert await wire.event("message") == "text"


@pytest.mark.parametrize("content", ["YWJ!", "YWJjZ", "YW=Jj", "YWJj\x00", "YWJjé", "YQ==YQ=="])
async def test_what_is_not_base64_ends_the_session(make_wire: MakeWire, version: int, content: str) -> None:
    wire = await make_wire(version)
    connection = await RawConnection.open(wire.url)
    target = await open_session(connection, f"EIO={version}&")
    packet = ("b" if version == 4 else "b4") + content
    body = packet if version == 4 else f"{len(packet)}:{packet}"
    assert (await connection.request("POST", target, body.encode()))[0] == 400
    assert await wire.event("disconnect") == "parse error"


# --- handshake and upgrade ---


async def test_without_a_version_it_is_the_third(make_wire: MakeWire) -> None:
    wire = await make_wire(3)
    connection = await RawConnection.open(wire.url)
    target = await open_session(connection, "")
    assert await connection.request("POST", target, b"6:4hello") == (200, b"ok")
    assert await connection.request("GET", target) == (200, b"6:4hello")
    socket = await open_socket(wire, "transport=websocket")
    socket.writer.write(masked_frame(b"2"))
    assert await socket.frame() == (1, b"3")


async def test_an_upgrade_without_a_probe_is_taken(make_wire: MakeWire, version: int) -> None:
    wire = await make_wire(version)
    connection = await RawConnection.open(wire.url)
    target = await open_session(connection, f"EIO={version}&")
    sid = target.rpartition("=")[2]
    await wire.engine.send(sid, "sent before")
    poll = await RawConnection.open(wire.url)
    separator, one = ("", "4sent before") if version == 4 else ("", "12:4sent before")
    assert await poll.request("GET", target) == (200, f"{separator}{one}".encode())
    poll.writer.write(f"GET {target} HTTP/1.1\r\nHost: home\r\n\r\n".encode())
    session = wire.engine.find(sid)
    assert session is not None
    await eventually(lambda: session.polled)
    socket = await RawConnection.open(wire.url)
    await socket.upgrade(target.replace("polling", "websocket"))
    socket.writer.write(masked_frame(b"5") + masked_frame(b"4hello"))
    assert await socket.frame() == (1, b"4hello")
    assert await poll.response() == (200, b"6" if version == 4 else b"1:6")
    assert wire.engine.transport(sid) == "websocket"


# --- the closing handshake (RFC 6455, section 7.1.1) ---


async def test_the_server_waits_for_the_close_frame_of_the_client(make_wire: MakeWire, version: int) -> None:
    wire = await make_wire(version, close_timeout=30)
    socket = await open_socket(wire, f"EIO={version}&transport=websocket")
    (sid,) = wire.engine._sessions
    await wire.engine.send(sid, "last words")
    wire.engine.close(sid, "enough")
    assert await wire.event("disconnect") == "enough"
    assert await socket.frame() == (1, b"4last words")
    assert await socket.close_frame() == (1000, "enough")
    # Frames that were under way are dropped, and the connection is still there for the close frame.
    socket.writer.write(masked_frame(b"4too late") + masked_frame(b"ping", 9))
    await socket.writer.drain()
    assert len(wire.engine._connections) == 1
    socket.writer.write(masked_frame(b"\x03\xe8", 8))
    assert await socket.end() == b""
    assert not wire.engine._connections
    assert wire.events.empty()


async def test_a_client_that_does_not_answer_the_close_frame_is_dropped_in_time(make_wire: MakeWire) -> None:
    wire = await make_wire(close_timeout=0.1)
    socket = await open_socket(wire)
    (sid,) = wire.engine._sessions
    wire.engine.close(sid, "enough")
    assert await socket.close_frame() == (1000, "enough")
    assert await socket.end() == b""
    await eventually(lambda: not wire.engine._connections)


async def test_a_close_frame_of_the_client_is_answered_with_its_code(make_wire: MakeWire) -> None:
    wire = await make_wire(close_timeout=30)
    for content, code in ((b"", 1000), (b"\x03\xe8bye", 1000), (b"\x03\xe9", 1001), (b"\x0f\xa0", 4000)):
        socket = await open_socket(wire)
        socket.writer.write(masked_frame(content, 8))
        assert await socket.close_frame() == (code, "")
        assert await socket.end() == b""
        assert await wire.event("disconnect") == "transport close"


async def test_a_refused_upgrade_and_a_late_one_end_with_the_handshake(make_wire: MakeWire, version: int) -> None:
    wire = await make_wire(version, close_timeout=30, upgrade_timeout=0.1)
    connection = await RawConnection.open(wire.url)
    target = (await open_session(connection, f"EIO={version}&")).replace("polling", "websocket")
    for frame, code in ((masked_frame(b"4hello"), 1000), (b"", 1008)):
        socket = await RawConnection.open(wire.url)
        await socket.upgrade(target)
        socket.writer.write(frame)
        assert (await socket.close_frame())[0] == code
        socket.writer.write(masked_frame(b"4x") + masked_frame(b"\x03\xe8", 8))
        assert await socket.end() == b""


async def test_a_reason_too_long_for_a_close_frame_is_cut_between_characters(make_wire: MakeWire) -> None:
    wire = await make_wire()
    socket = await open_socket(wire)
    (sid,) = wire.engine._sessions
    wire.engine.close(sid, "x" + "é" * 100)
    assert await socket.close_frame() == (1000, "x" + "é" * 61)


async def test_a_client_that_is_still_sending_can_read_why_its_message_is_refused(make_wire: MakeWire) -> None:
    """Bytes that arrive after the close frame do not reset the connection before the client has read it."""
    wire = await make_wire(packet_size=1000, packet_size_max=1000, close_timeout=30)
    socket = await open_socket(wire)
    socket.writer.transport.pause_reading()
    frame = masked_frame(b"4" + b"x" * 1000)
    socket.writer.write(frame[:100])
    await eventually(lambda: not wire.engine._sessions)
    for part in (frame[100:], masked_frame(b"\x03\xf1", 8)):
        socket.writer.write(part)
        await asyncio.sleep(0.02)  # until the server's kernel has it, and would answer with a reset
    socket.writer.transport.resume_reading()
    assert (await socket.close_frame())[0] == 1009
    assert await socket.end() == b""
    socket.writer.close()
    await eventually(lambda: not wire.engine._connections)


async def test_a_malformed_packet_ends_with_the_handshake(make_wire: MakeWire, version: int) -> None:
    wire = await make_wire(version, close_timeout=30)
    socket = await open_socket(wire, f"EIO={version}&transport=websocket")
    socket.writer.transport.pause_reading()
    socket.writer.write(masked_frame(b"9"))
    assert await wire.event("disconnect") == "parse error"
    for frame in (masked_frame(b"4too late"), masked_frame(b"\x03\xea", 8)):
        socket.writer.write(frame)
        await asyncio.sleep(0.02)  # as above
    socket.writer.transport.resume_reading()
    assert await socket.close_frame() == (1002, "parse error")
    assert await socket.end() == b""


async def test_a_client_that_never_ends_a_failed_connection_is_dropped_in_time(make_wire: MakeWire) -> None:
    wire = await make_wire(close_timeout=0.1)
    socket = await open_socket(wire)
    socket.writer.write(b"\xf0\x80")
    assert (await socket.close_frame())[0] == 1002
    await eventually(lambda: not wire.engine._connections)


# --- frames without a mask (RFC 6455, section 5.1) ---


@pytest.fixture(params=["compiled", "pure"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """aiohttp's reader of frames in C, or in Python, as where no wheel is built."""
    kind: str = request.param
    if kind == "pure":
        monkeypatch.setattr(web_ws, "WebSocketReader", reader_py.WebSocketReader)
        monkeypatch.setattr(web_ws, "WebSocketDataQueue", reader_py.WebSocketDataQueue)
    assert (web_ws.WebSocketReader.__module__ == "aiohttp._websocket.reader_py") == (kind == "pure")
    return kind


def unmasked(frame: bytes) -> bytes:
    """Return a short client's frame without its mask."""
    return bytes([frame[0], frame[1] & 0x7F]) + frame[6:]


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("opcode", [1, 2, 9, 10, 8])
async def test_an_unmasked_frame_closes_with_1002(make_wire: MakeWire, version: int, opcode: int) -> None:
    wire = await make_wire(version)
    socket = await open_socket(wire, f"EIO={version}&transport=websocket")
    socket.writer.write(masked_frame(b"4before") + unmasked(masked_frame(b"", opcode)) + masked_frame(b"4after"))
    assert await socket.frame() == (1, b"4before")
    assert await socket.close_frame() == (1002, "")
    assert await wire.event("message") == "before"
    assert await wire.event("disconnect") == "transport error"
    assert wire.events.empty()


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_masked_frames_pass_however_they_are_cut(make_wire: MakeWire, size: int) -> None:
    """Lengths of all three forms, fragments, control frames in between, and an unmasked frame in the end."""
    wire = await make_wire(packet_size=200_000, packet_size_max=200_000)
    socket = await open_socket(wire)
    texts = [b"", b"x" * 120, b"y" * 200, b"z" * 65_535 if size > 2 else b"z"]
    stream = b"".join(masked_frame(b"4" + text) for text in texts)
    stream += masked_frame(b"4one ", fin=False) + masked_frame(b"are you there?", 9) + masked_frame(b"message", 0)
    stream += b"\x81\x01x"
    for start in range(0, len(stream), size):
        socket.writer.write(stream[start : start + size])
        await socket.writer.drain()
        if size < 1000:  # a segment of its own
            await wire.engine.sleep(0)
    for text in texts:
        assert await socket.frame() == (1, b"4" + text)
    assert await socket.frame() == (10, b"are you there?")
    assert await socket.frame() == (1, b"4one message")
    assert await socket.close_frame() == (1002, "")


@pytest.mark.usefixtures("reader")
async def test_frames_that_come_along_with_the_handshake(make_wire: MakeWire) -> None:
    wire = await make_wire()
    whole = masked_frame(b"4hello") + masked_frame(b"4world")
    for early in (whole, whole[:7], whole[:11]):
        socket = await open_socket(wire, early=early)
        socket.writer.write(whole[len(early) :])
        assert [await socket.frame() for _ in range(2)] == [(1, b"4hello"), (1, b"4world")]
    socket = await open_socket(wire, early=b"\x81\x01x")
    assert await socket.close_frame() == (1002, "")


@pytest.mark.usefixtures("reader")
async def test_an_unmasked_frame_behind_more_than_the_reader_holds(make_wire: MakeWire) -> None:
    """The reader stalls while the application is busy; the frame is refused when its turn comes."""
    wire = await make_wire()
    received: list[str] = []

    async def listen(_sid: str, data: str) -> None:
        await wire.engine.sleep(0)
        received.append(data)

    wire.engine.on("message", listen)
    socket = await open_socket(wire)
    socket.writer.write(masked_frame(b"4" + b"x" * 1000) * 2000 + b"\x81\x01x")
    assert await socket.close_frame() == (1002, "")
    assert await wire.event("disconnect") == "transport error"
    assert received == ["x" * 1000] * 2000


def test_the_mask_of_the_tests_changes_every_byte() -> None:
    assert 0 not in MASK
