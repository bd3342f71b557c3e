"""Every session ends whole: whatever its client does, whatever the application does, and nothing stays behind."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
import logging
from typing import Any

from aiohttp import ClientSession, WSMsgType
import pytest
import socketio

from custom_components.interphone.engineio.ready import ReadyMade

from .conftest import RawSocket, Wire, eventually, poll_arrives, send
from .crowd import open_sockets
from .test_socketio_protocol import App

type MakeWire = Callable[..., Awaitable[Wire]]

# More than both kernels take for a client that reads nothing.
TOO_MUCH = 3_000_000
CLOSE = bytes([0x88, 0x80, 0, 0, 0, 0])


async def open_stalled(wire: Wire, count: int) -> list[RawSocket]:
    """Open clients that read nothing, with much of what they were sent still here."""
    stalled = []
    for _ in range(count):
        client = await RawSocket.open(wire.url, wire.version)
        stalled.append(client)
        (*_, sid) = wire.engine._sessions
        wire.engine.write_frame(sid, ReadyMade.message("x" * TOO_MUCH))
    return stalled


# --- clients that do not read ---


@pytest.mark.parametrize("stopping", [False, True])
async def test_who_reads_nothing_and_says_goodbye_leaves_nothing_here(
    make_wire: MakeWire, version: int, *, stopping: bool
) -> None:
    wire = await make_wire(version, close_timeout=0.1)
    sockets, tasks = open_sockets(), len(asyncio.all_tasks())
    stalled = await open_stalled(wire, 3)
    for client in stalled:
        client.writer.write(CLOSE)
    await eventually(lambda: not len(wire.engine))
    if stopping:
        await wire.engine.shutdown()
    # What is left are the clients' ends: what was unsent is dropped, and not kept for as long as they like.
    await eventually(lambda: open_sockets() == sockets + len(stalled), seconds=2)
    await eventually(lambda: len(asyncio.all_tasks()) == tasks)
    assert (wire.engine._connections, wire.engine._tasks) == (set(), set())
    for client in stalled:
        with suppress(ConnectionError):
            assert len(await client.reader.read()) < TOO_MUCH
        client.writer.close()


async def test_who_reads_nothing_and_says_nothing_more_is_given_up(make_wire: MakeWire) -> None:
    wire = await make_wire(ping_interval=0.1, ping_timeout=0.1, close_timeout=0.1)
    sockets, tasks = open_sockets(), len(asyncio.all_tasks())
    stalled = await open_stalled(wire, 3)
    for client in stalled:
        client.writer.write_eof()
    assert [await wire.event("disconnect") for _ in stalled] == ["ping timeout"] * len(stalled)
    await eventually(lambda: open_sockets() == sockets + len(stalled), seconds=2)
    # Neither a handler of a request nor one that waits for the client to read is left.
    await eventually(lambda: len(asyncio.all_tasks()) == tasks)
    assert (wire.engine._connections, wire.engine._tasks) == (set(), set())
    for client in stalled:
        client.writer.close()


# --- clients that poll ---


async def test_a_goodbye_comes_after_all_that_waits(make_wire: MakeWire, version: int) -> None:
    """Over several polls: Python's client refuses more than 16 packets in one."""
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    for number in range(40):
        await wire.engine.send(sid, f"{number:02}")
    wire.engine.close(sid, "enough")
    packets = [f"4{number:02}" for number in range(40)]
    if version == 3:
        packets = [f"3:{packet}" for packet in packets]
    separator = "\x1e" if version == 4 else ""
    for part in (packets[:16], packets[16:32], packets[32:], ["1" if version == 4 else "1:1"]):
        assert await wire.poll(sid) == (200, separator.join(part))
    assert (await wire.poll(sid))[0] == 400


async def test_python_s_client_hears_all_that_waits_and_then_the_goodbye(make_server: Any, http: ClientSession) -> None:
    sio, url = await make_server()
    received: list[Any] = []
    over = asyncio.Event()
    sids: list[str] = []

    async def connect(sid: str, *_: Any) -> None:
        sids.append(sid)

    sio.on("connect", connect)
    client = socketio.AsyncClient(reconnection=False, http_session=http)
    client.on("number", received.append)
    client.on("disconnect", lambda *_: over.set())
    await client.connect(url, transports=["polling"])
    # The first answers the poll that waits, so that none does when the session is closed.
    for number in range(40):
        send(sio, sids[0], "number", number)
    sio.close(sids[0], "enough")
    async with asyncio.timeout(5):
        await over.wait()
    assert received == list(range(40))
    await client.shutdown()
    # What it leaves behind when it is closed while polling.
    loops = [loop for loop in (client.eio.read_loop_task, client.eio.write_loop_task) if loop]
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


async def post_slowly(wire: Wire, sid: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a POST whose body does not come to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(wire.url.split(":")[2].split("/")[0]))
    address = f"/engine.io/?EIO=4&transport=polling&sid={sid}"
    writer.write(f"POST {address} HTTP/1.1\r\nHost: home\r\nContent-Length: 100\r\n\r\n4hello".encode())
    session = wire.engine.find(sid)
    assert session is not None
    await eventually(lambda: session.body_timeout is not None)
    return reader, writer


@pytest.mark.parametrize("how", ["shutdown", "close"])
async def test_a_body_under_way_is_over_with_its_session(make_wire: MakeWire, how: str) -> None:
    wire = await make_wire(body_timeout=60)
    sid = (await wire.open_polling())["sid"]
    reader, writer = await post_slowly(wire, sid)
    if how == "shutdown":
        await wire.engine.shutdown("enough")
    else:
        wire.engine.close(sid, "enough")
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.readline()
    assert await wire.event("disconnect") == "enough"
    writer.close()


async def test_a_session_ends_whole_in_the_turn_in_which_its_body_is_given_up(make_wire: MakeWire) -> None:
    wire = await make_wire(body_timeout=0.1)
    sid = (await wire.open_polling())["sid"]
    reader, writer = await post_slowly(wire, sid)
    session = wire.engine.find(sid)
    assert session is not None
    assert session.body_timeout is not None
    due = session.body_timeout.when()
    assert due is not None
    asyncio.get_running_loop().call_at(due + 1e-6, wire.engine.close, sid, "enough")
    async with asyncio.timeout(5):
        assert b" 408 " in await reader.readline()
    assert await wire.event("disconnect") == "enough"
    assert await wire.poll(sid) == (200, "1")
    writer.close()


# --- the application ---


async def test_a_handler_that_ignores_its_cancellation_holds_no_stop_up(
    make_wire: MakeWire, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await make_wire(close_timeout=0.05)
    begun, release, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    cancelled = 0

    async def stubborn(*_: Any) -> None:
        nonlocal cancelled
        begun.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                cancelled += 1
        ended.set()

    wire.engine.on("message", stubborn)
    socket, _ = await wire.open_socket()
    await socket.send_str("4x")
    await begun.wait()
    stopping = asyncio.create_task(wire.engine.shutdown("stopping"))
    stopped, _ = await asyncio.wait([stopping], timeout=5)
    goes_on = not ended.is_set()
    release.set()
    await stopping
    assert stopped
    assert cancelled
    assert goes_on
    assert not len(wire.engine)
    assert [record.levelno for record in caplog.records if record.name.startswith("custom_components")] == [
        logging.WARNING
    ]
    await ended.wait()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_what_nobody_has_looked_at_is_not_handed_on_after_the_stop_began(
    make_wire: MakeWire, transport: str
) -> None:
    wire = await make_wire()
    begun, release = asyncio.Event(), asyncio.Event()
    seen: list[str] = []

    async def slow(_sid: str, data: str) -> None:
        seen.append(data)
        begun.set()
        await release.wait()

    wire.engine.on("message", slow)
    if transport == "websocket":
        socket, opened = await wire.open_socket()
        sid = opened["sid"]
        for number in range(5):
            await socket.send_str(f"4{number}")
    else:
        sid = (await wire.open_polling())["sid"]
        await wire.post(sid, "\x1e".join(f"4{number}" for number in range(5)))
    await begun.wait()
    session = wire.engine.find(sid)
    assert session is not None
    await eventually(lambda: len(session._inbox) == 4)
    stopping = asyncio.create_task(wire.engine.shutdown("stopping"))
    await eventually(lambda: session.ended)
    release.set()
    await stopping
    assert await wire.event("disconnect") == "stopping"
    assert seen == ["0"]


@pytest.mark.parametrize("version", [4, 3])
async def test_shutdown_ends_handlers_of_every_kind(make_server: Any, http: ClientSession, version: int) -> None:
    """python-socketio takes a cancelled handler for one that returned None, and would go on with the next event."""
    sio, url = await make_server()
    app = App(sio, url, http)
    hangs: list[str] = []

    def hang(name: str) -> Any:
        async def handler(*_: Any) -> None:
            hangs.append(name)
            await asyncio.Event().wait()

        return handler

    for name in ("connect", "message", "disconnect"):
        sio.on(name, hang(name))
    socket = await app.open(version)
    if version == 4:
        await socket.send_str("40")
    for _ in range(5):
        await socket.send_str('42["message"]')
    other = await app.open()
    await other.send_str('42["x"]')
    await eventually(lambda: hangs)
    await asyncio.wait_for(sio.shutdown(), 3)
    assert not sio.eio._tasks


# --- acknowledgements ---


async def test_shutdown_does_not_wait_for_who_does_not_read(make_wire: Any) -> None:
    wire = await make_wire()
    raws = [await RawSocket.open(wire.url) for _ in range(10)]
    sids = list(wire.engine._sessions)
    while not all(wire.engine.find(sid)._outbox for sid in sids):
        for sid in sids:
            await wire.engine.send(sid, "x" * 10_000)
    await asyncio.wait_for(wire.engine.shutdown(), 2)
    assert not wire.engine._tasks
    for raw in raws:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await asyncio.wait_for(raw.read_to_end(), 5)


async def test_shutdown_closes_every_session_and_leaves_nothing(make_wire: Any, version: int) -> None:
    wire = await make_wire(version)
    stuck, released = asyncio.Event(), asyncio.Event()

    async def hang(*_: Any) -> None:
        stuck.set()
        await released.wait()

    wire.engine.on("message", hang)
    sockets = [(await wire.open_socket())[0] for _ in range(20)]
    sids = [(await wire.open_polling())["sid"] for _ in range(20)]
    polls = [asyncio.create_task(wire.poll(sid)) for sid in sids[:10]]
    for sid in sids[:10]:
        await poll_arrives(wire, sid)
    upgrade = await wire.socket(sids[10])
    await sockets[0].send_str("4hang")
    await stuck.wait()
    before = asyncio.get_running_loop().time()
    await wire.engine.shutdown("stopping")
    assert asyncio.get_running_loop().time() - before < 2
    assert len(wire.engine) == 0
    for socket in [*sockets, upgrade]:
        message = await socket.receive(timeout=5)
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 1001, "stopping")
    for poll in polls:
        assert await poll == (200, "1" if version == 4 else "1:1")
    assert (await wire.request("GET"))[0] == 503
    assert not wire.engine._tasks
    assert not wire.engine._connections
    assert wire.engine.timetable._handle is None
