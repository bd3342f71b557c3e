"""Many at once: what one party does costs the others nothing, and nothing is left behind."""

import asyncio
from collections import Counter
import gc
import random
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.interphone.gateway.engineio.ready import ReadyMade
from custom_components.interphone.gateway.engineio.session import Session

from .conftest import RawSocket, eventually
from .test_socketio_protocol import App

MANY = {"sessions": 20_000, "sessions_per_source": 20_000, "sessions_unauthenticated": 20_000}


@pytest.fixture(autouse=True)
async def _full_speed(_custom_integrations: None) -> None:
    """No stack trace for every future of thousands."""
    asyncio.get_running_loop().set_debug(False)


async def test_clients_that_never_read_cost_the_others_nothing(make_wire: Any) -> None:
    wire = await make_wire(**MANY, queue_packets=50, queue_size=1_000_000)
    deaf = [await RawSocket.open(wire.url) for _ in range(200)]
    deaf_sids = set(wire.engine._sessions)
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
        await eventually(lambda: not any(s._queue for sid, s in wire.engine._sessions.items() if sid not in deaf_sids))
    await asyncio.wait_for(asyncio.gather(*reading), 30)
    assert not deaf_sids & set(wire.engine._sessions)
    assert len(wire.engine) == 200
    for raw in [*deaf, *readers]:
        raw.writer.transport.abort()
    await eventually(lambda: len(wire.engine) == 0)


async def test_connections_opened_and_dropped_leave_nothing_behind(make_server: Any, http: ClientSession) -> None:
    sio, url = await make_server(**MANY)
    App(sio, url, http)
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

    for batch in range(0, 8000, 50):
        await asyncio.gather(*(come_and_go(number) for number in range(batch, batch + 50)))
    await eventually(lambda: len(sio.eio) == 0 and not sio.eio._tasks and not sio.eio._links)
    assert (sio.environ, sio._peers, sio._calls, sio.manager.rooms, sio.manager.callbacks) == ({}, {}, {}, {}, {})
    assert (sio.manager.pending_connect, sio.manager.pending_disconnect) == ({}, {})
    assert (dict(sio.eio._sources), sio.eio._unauthenticated) == ({}, 0)
    assert len(sio.eio.timetable._heap) <= 200
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Session)]


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


@pytest.mark.parametrize("version", [4, 3])
async def test_two_thousand_sessions_live_on_their_heartbeat(make_wire: Any, version: int) -> None:
    wire = await make_wire(version, **MANY, ping_interval=2, ping_timeout=2)

    beats = Counter[int]()

    async def live(number: int, raw: RawSocket) -> None:
        while True:
            if version == 3:
                await asyncio.sleep(1 + random.random())  # noqa: S311 - only spreads them
                raw.write_text("2")
                assert await raw.read_frame() == b"3"
            else:
                assert await raw.read_frame() == b"2"
                raw.write_text("3")
            beats[number] += 1

    raws: list[RawSocket] = []
    lives: list[asyncio.Task[None]] = []
    for number in range(2000):
        raws.append(await RawSocket.open(wire.url, version))
        lives.append(asyncio.create_task(live(number, raws[-1])))
    await eventually(lambda: len(beats) == 2000 and min(beats.values()) >= 2, patience=20)
    assert len(wire.engine) == 2000
    assert not wire.engine._tasks
    for task in lives:
        task.cancel()
    await asyncio.wait_for(wire.engine.shutdown(), 5)
    for raw in raws:
        raw.writer.close()
