"""Many at once: what one party does costs the others nothing, and nothing is left behind."""

import asyncio
import gc
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.interphone.engineio.ready import ReadyMade
from custom_components.interphone.engineio.server import Engine
from custom_components.interphone.engineio.session import Session
from custom_components.interphone.engineio.websocket import WebSocketConnection

from .conftest import RawSocket, eventually
from .crowd import alive, open_sockets
from .test_socketio_protocol import App

pytestmark = pytest.mark.slow

MANY = {"sessions": 20_000, "sessions_per_source": 20_000, "sessions_unauthenticated": 20_000}


@pytest.fixture(autouse=True)
async def _full_speed(_custom_integrations: None) -> None:
    """No stack trace for every future of thousands."""
    asyncio.get_running_loop().set_debug(False)


async def _is_empty(engine: Engine) -> None:
    """Wait until everybody is gone, and check that nothing of them is left."""
    await eventually(lambda: len(engine) == 0 and not engine._tasks and not engine._connections)
    assert (dict(engine._sources), engine._unauthenticated) == ({}, {})
    assert len(engine.timetable._heap) <= 200
    await eventually(lambda: not alive(Session, WebSocketConnection))


async def test_clients_that_never_read_cost_the_others_nothing(make_wire: Any) -> None:
    wire = await make_wire(**MANY, queue_packets=50, queue_size=1_000_000)
    sockets = open_sockets()
    stalled = [await RawSocket.open(wire.url) for _ in range(200)]
    stalled_ids = set(wire.engine._sessions)
    readers = [await RawSocket.open(wire.url) for _ in range(200)]
    changes = 300
    padding = "x" * 10_000

    async def read(raw: RawSocket) -> None:
        for number in range(changes):
            frame = await raw.read_frame()
            assert frame == f"4{number}:{padding}".encode()

    reading = [asyncio.create_task(read(raw)) for raw in readers]
    for number in range(changes):
        item = ReadyMade.message(f"{number}:{padding}")
        for sid in list(wire.engine._sessions):
            wire.engine.write_frame(sid, item)
        # The readers share this test's processor: let them have their turn before the next change.
        await eventually(
            lambda: not any(s._outbox for sid, s in wire.engine._sessions.items() if sid not in stalled_ids)
        )
    await asyncio.wait_for(asyncio.gather(*reading), 30)
    assert not stalled_ids & set(wire.engine._sessions)
    assert len(wire.engine) == 200
    for raw in [*stalled, *readers]:
        raw.writer.transport.abort()
    wire.events = asyncio.Queue()  # it held what sessions were opened with
    await _is_empty(wire.engine)
    assert open_sockets() == sockets


async def test_connections_opened_and_dropped_leave_nothing_behind(make_server: Any, http: ClientSession) -> None:
    sio, url = await make_server(**MANY)
    app = App(sio, url, http)
    address = f"{url}/socket.io/"

    async def come_and_go(number: int) -> None:
        if number % 4 == 0:
            params = {"EIO": "43"[number % 8 // 4], "transport": "polling"}
            async with http.get(address, params=params) as answer:
                sid = (await answer.text()).split('"sid":"')[1].split('"')[0]
            async with http.post(address, params={**params, "sid": sid}, data="1" if params["EIO"] == "4" else "1:1"):
                return
        raw = await RawSocket.open(address, 4 - number % 2)
        if number % 3 == 0:
            raw.write_text("40")
        elif number % 3 == 1:
            raw.write_text('451-["message",{"_placeholder":true,"num":0}]')
        raw.writer.transport.abort()

    async def come_and_go_in_batches(numbers: range) -> None:
        for first in numbers[::50]:
            await asyncio.gather(*(come_and_go(number) for number in range(first, first + 50)))
        await _is_empty(sio.eio)

    # What the first few leave in caches and pools is no leak; what thousands more leave is.
    await come_and_go_in_batches(range(400))
    sockets, objects = open_sockets(), len(gc.get_objects())
    await come_and_go_in_batches(range(400, 8400))
    assert (sio.environ, sio._clients, sio.manager.rooms, sio._binary_packet) == ({}, {}, {}, {})
    assert (sio.manager.pending_connect, sio.manager.pending_disconnect) == ({}, {})
    app.connected.clear()
    app.disconnected.clear()
    assert open_sockets() <= sockets + 5
    assert len(gc.get_objects()) < objects + 800


async def test_handshakes_in_masses_leave_the_other_source_alone(make_server: Any, http: ClientSession) -> None:
    def source_of(request: web.Request) -> str:
        return request.headers.get("X-Source", "flood")

    sio, url = await make_server(options={"source_of": source_of}, sessions_per_source=64, sessions_unauthenticated=128)
    app = App(sio, url, http)
    answers: dict[int, int] = {}

    async def flood() -> None:
        for _ in range(250):
            async with http.get(app.url, params={"EIO": "4", "transport": "polling"}) as answer:
                answers[answer.status] = answers.get(answer.status, 0) + 1

    flooding = [asyncio.create_task(flood()) for _ in range(4)]
    socket = await http.ws_connect(
        app.url, params={"EIO": "4", "transport": "websocket"}, headers={"X-Source": "resident"}
    )
    assert (await socket.receive_str(timeout=5))[0] == "0"
    await socket.send_str("40")
    assert (await socket.receive_str(timeout=5)).startswith("40")
    number = 0
    while not all(task.done() for task in flooding):
        await socket.send_str(f'42["message",{number}]')
        assert await socket.receive_str(timeout=1) == f'42["message-back",{number}]'
        number += 1
        await asyncio.sleep(0.06)
    assert answers == {200: 64, 429: 936}
    assert number > 0
