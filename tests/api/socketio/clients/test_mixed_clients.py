import asyncio
from typing import Any

import pytest
import socketio

from .application import HEARD, SHOUTS, Application
from .javascript import run_script

pytestmark = pytest.mark.slow

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}
JAVASCRIPT = 4 * len(TRANSPORTS)


async def hear(url: str, transports: list[str], awaited: int) -> list[Any]:
    """Join the audience as mixed.js does, with Python's client."""
    client = socketio.AsyncClient(reconnection=False)
    heard: list[Any] = []
    end = asyncio.Event()
    client.on("shout", lambda *args: heard.append(args if len(args) > 1 else args[0]))
    client.on("end", end.set)
    await client.connect(url, transports=transports)
    await client.emit("join", awaited)
    await end.wait()
    await client.disconnect()
    return heard


async def test_a_broadcast_reaches_every_generation_alike(make_server: Any) -> None:
    sio, url = await make_server()
    Application(sio)
    awaited = JAVASCRIPT + len(TRANSPORTS)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        javascript = group.create_task(run_script("mixed.js", url, str(awaited)))
        python = [group.create_task(hear(url, transports, awaited)) for transports in TRANSPORTS.values()]
    assert len(javascript.result()) == JAVASCRIPT
    for report in javascript.result():
        assert report["heard"] == HEARD, report["client"]
    for each in python:
        assert each.result() == SHOUTS
