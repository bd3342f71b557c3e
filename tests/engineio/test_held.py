"""Two thousand real WebSockets for a real minute: each heartbeat is answered, and all go without a trace."""

import asyncio
from collections.abc import Generator
import resource
from typing import Any

import pytest

from custom_components.interphone.engineio.session import Session
from custom_components.interphone.engineio.websocket import WebSocketConnection

from .conftest import eventually, send
from .crowd import Client, alive, open_sockets

pytestmark = pytest.mark.slow

COUNT = 2000
SILENT = 20
SECONDS = 60
INTERVAL = 10
# Beats of each client within the minute: one may still be under way at its end.
BEATS = SECONDS // INTERVAL - 1
# A socket at each end of each connection, and what the test runs with.
FILES = 2 * (COUNT + SILENT) + 500


@pytest.fixture(autouse=True)
def _files() -> Generator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.fail(f"this test needs {FILES} open files, and the limit of this machine is {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Beating(Client):
    """A client that counts its beats: pings answered, or answered pings in version 3. A silent one has none."""

    beats = 0
    silent = False

    def take(self, text: str) -> None:
        if text in ("2", "3"):
            self.beats += 1
        if text != "2" or not self.silent:
            super().take(text)


async def open_clients(url: str, count: int) -> list[Beating]:
    """Open clients of both versions in turn."""
    clients = [await Beating.open(url, 4 - number % 2) for number in range(count)]
    await eventually(lambda: all(client.joined for client in clients), seconds=30)
    return clients


async def test_two_thousand_sockets_live_for_a_minute_on_their_heartbeat(make_server: Any) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(False)
    sio, url = await make_server(
        ping_interval=INTERVAL,
        ping_timeout=INTERVAL,
        close_timeout=1.5,
        sessions=COUNT + SILENT,
        sessions_per_source=COUNT + SILENT,
        sessions_unauthenticated=COUNT + SILENT,
    )
    sockets, tasks = open_sockets(), len(asyncio.all_tasks())
    ends: list[str] = []

    async def connect(*_: Any) -> None:
        pass

    async def disconnect(_sid: str, reason: str) -> None:
        ends.append(reason)

    sio.on("connect", connect)
    sio.on("disconnect", disconnect)
    clients = await open_clients(url, COUNT)
    silent = await open_clients(url, SILENT)
    for client in silent:
        client.silent = True
    old = [client for client in clients if client.version == 3]

    begun = loop.time()
    slices = 50
    while loop.time() - begun < SECONDS:
        # The pings of version 3 come spread over the interval, as those of many homes do.
        for part in range(slices):
            for client in old[part::slices]:
                client.write(b"2")
            await asyncio.sleep(INTERVAL / slices)
        assert not any(client.gone.done() for client in clients)
        # Two tasks a connection are aiohttp's; the engine has none, and one timer for all.
        assert not sio.eio._tasks
        assert len(asyncio.all_tasks()) <= tasks + 2 * (COUNT + SILENT) + 5
        assert len(sio.eio.timetable._heap) < 3 * (COUNT + SILENT)
    await eventually(lambda: min(client.beats for client in clients) >= BEATS)
    assert len(sio.eio) == COUNT
    # A session without heartbeat is closed: the heartbeat kept the others.
    assert all(client.gone.done() for client in silent)
    assert ends == ["ping timeout"] * SILENT
    for sid in sio.manager.rooms["/"][None]:
        send(sio, sid, "still", {"there": True})
    await eventually(lambda: all(client.heard[-1] == '42["still",{"there":true}]' for client in clients))
    assert {sum(text.startswith("42") for text in client.heard) for client in clients} == {1}

    await asyncio.wait_for(sio.shutdown("unloaded"), 5)
    await asyncio.wait_for(asyncio.gather(*(client.gone for client in clients)), 5)
    assert {client.closed_with for client in clients} == {(1001, "unloaded")}
    assert len(ends) == COUNT + SILENT
    assert (len(sio.eio), sio.eio._tasks, sio.eio._connections) == (0, set(), set())
    assert (sio.eio.timetable._handle, sio.eio.timetable._heap) == (None, [])
    assert (sio.environ, sio._clients, sio.manager.rooms) == ({}, {}, {})
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks + 1)
    clients.clear()
    silent.clear()
    old.clear()
    assert not alive(Session, WebSocketConnection)
    assert open_sockets() == sockets
