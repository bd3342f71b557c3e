from collections import Counter
from typing import Any

import pytest

from .application import UNICODE, Application
from .conftest import RunNode

WAYS = ("polling", "websocket", "upgrade")
BEHAVIOURS = 21

# Node clients of Socket.IO 1 encode what they post as UTF-8 twice, and no server, JavaScript's included, can tell.
UNABLE = {"sio-1": [("100 kB of Unicode", "polling")]}


@pytest.mark.parametrize("client", ["sio-1", "sio-2", "sio-3", "sio-4"])
async def test_every_behaviour_over_every_transport(client: str, make_server: Any, run_node: RunNode) -> None:
    sio, url = await make_server(ping_interval=0.5, ping_timeout=10, farewell_timeout=2)
    Application(sio)
    reports = await run_node("behaviours.js", client, url)
    able = [report for report in reports if (report["behaviour"], report["transport"]) not in UNABLE.get(client, [])]
    assert [report for report in able if not report["ok"]] == []
    assert Counter(report["transport"] for report in reports) == dict.fromkeys(WAYS, BEHAVIOURS)


async def test_a_broadcast_reaches_every_generation_alike(make_server: Any, run_node: RunNode) -> None:
    sio, url = await make_server()
    Application(sio)
    joined = Counter[str]()

    async def join(sid: str, room: str) -> None:
        await sio.enter_room(sid, room)
        joined[room] += 1
        if joined[room] == 4 * len(WAYS):
            for number in range(20):
                await sio.emit("shout", (number, UNICODE), room=room)
                await sio.emit("shout", {"number": number, "picture": bytes([number, 255])}, room=room)
            await sio.emit("end", room=room)

    sio.on("join", join)
    reports = await run_node("mixed.js", url)
    expected = [
        shout
        for number in range(20)
        for shout in ([number, UNICODE], [{"number": number, "picture": {"bytes": [number, 255]}}])
    ]
    assert len(reports) == 4 * len(WAYS)
    for report in reports:
        assert report["heard"] == expected, report["client"]
