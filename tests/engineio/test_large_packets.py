"""What is large: a packet larger than what may wait, and one in many parts."""

import asyncio
from collections.abc import Awaitable, Callable
import json
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse
import pytest

from custom_components.interphone.engineio.ready import ReadyMade

from .conftest import RawSocket, Wire, eventually
from .test_socketio_protocol import App, closed

type MakeWire = Callable[..., Awaitable[Wire]]

LIMIT = 1000


# --- out ---


async def test_one_packet_larger_than_all_that_may_wait_reaches_who_polls(make_wire: MakeWire, version: int) -> None:
    wire = await make_wire(version, queue_size=LIMIT)
    sid = (await wire.open_polling())["sid"]
    large = "x" * 5 * LIMIT
    assert wire.engine.write_frame(sid, ReadyMade.message("first"))
    assert wire.engine.write_frame(sid, ReadyMade.message(large))
    text = f"4first\x1e4{large}" if version == 4 else f"6:4first{len(large) + 1}:4{large}"
    assert await wire.poll(sid) == (200, text)
    # It is the next that finds no room.
    assert wire.engine.write_frame(sid, ReadyMade.message(large))
    assert not wire.engine.write_frame(sid, ReadyMade.message("x"))
    assert await wire.event("disconnect") == "too_slow"


async def test_one_that_waits_behind_others_reaches_a_socket(make_wire: MakeWire) -> None:
    wire = await make_wire(queue_size=LIMIT)
    client = await RawSocket.open(wire.url)
    (sid,) = wire.engine._sessions
    session = wire.engine.find(sid)
    assert session is not None
    wire.engine.write_frame(sid, ReadyMade.message("x" * 3_000_000))
    assert session._direct is None  # it does not go out at once: what comes now waits
    wire.engine.write_frame(sid, ReadyMade.message("y" * 5 * LIMIT))
    async with asyncio.timeout(5):
        assert len(await client.read_frame()) == 3_000_001
        assert await client.read_frame() == b"4" + b"y" * 5 * LIMIT
    client.writer.close()


# --- in ---


@pytest.fixture
async def app(make_server: Any, http: ClientSession) -> App:
    sio, url = await make_server(packet_size=LIMIT, packet_size_max=LIMIT)
    return App(sio, url, http)


async def send_parts(socket: ClientWebSocketResponse, size: int, count: int = 10) -> None:
    """Send a packet of `count` attachments that weighs `size` in all."""
    places = [{"_placeholder": True, "num": number} for number in range(count)]
    head = f"45{count}-{json.dumps(['message', *places], separators=(',', ':'))}"
    await socket.send_str(head)
    each, rest = divmod(size - len(head) + 1, count)  # without the type of Engine.IO
    for number in range(count):
        await socket.send_bytes(b"x" * (each + (rest if number == count - 1 else 0)))


async def test_all_parts_together_weigh_what_one_message_may(app: App) -> None:
    socket = await app.join()
    for _ in range(3):  # each is weighed anew
        await send_parts(socket, LIMIT)
        attachments = await asyncio.wait_for(app.received.get(), 5)
        assert len(attachments) == 10
        for _ in range(11):
            await socket.receive(timeout=5)


@pytest.mark.parametrize("count", [2, 10])
async def test_parts_that_weigh_more_end_the_session(app: App, count: int) -> None:
    socket = await app.join()
    await send_parts(socket, LIMIT + 1, count)
    assert await closed(socket)
    assert app.disconnected == [(app.connected[0][0], "parse error")]
    assert app.received.empty()
    await eventually(lambda: not app.sio._clients)


async def test_nothing_heavy_is_kept_of_a_packet_that_is_never_whole(app: App) -> None:
    """Not even the part that was too much: the session ends when that comes, and not when all have come."""
    socket = await app.join()
    places = [{"_placeholder": True, "num": number} for number in range(10)]
    await socket.send_str(f"4510-{json.dumps(['message', *places])}")
    await socket.send_bytes(b"x" * (LIMIT - 1))
    assert await closed(socket)
    await eventually(lambda: not app.sio._clients)
