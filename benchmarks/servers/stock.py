"""Stock python-socketio on aiohttp, used as its documentation shows. Arguments: port, JWT key."""

import sys
from typing import Any

from aiohttp import web
import jwt
import socketio

PORT, KEY = int(sys.argv[1]), sys.argv[2]
DEVICE: dict[str, Any] = {
    "id": "0123456789abcdef0123",
    "type": "number",
    "name": "Level",
    "online": True,
    "traits": {"level": {"min": 0, "max": 1000, "step": 1}},
    "state": {"level": {"value": 0}},
}

server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="https://website.example")
application = web.Application()
server.attach(application)
seq = 0


@server.event  # type: ignore[untyped-decorator]  # python-socketio comes without types
async def connect(sid: str, _environ: dict[str, Any], auth: dict[str, str]) -> None:
    """Let in who holds a token; send what there is."""
    jwt.decode(auth["token"], KEY, algorithms=["HS256"])
    await server.emit("snapshot", {"epoch": "stock", "seq": seq, "devices": [DEVICE]}, to=sid)


@server.event  # type: ignore[untyped-decorator]  # python-socketio comes without types
async def command(_sid: str, envelope: dict[str, Any]) -> dict[str, Any]:
    """Change the device and emit the change."""
    global seq  # noqa: PLW0603 - as short as the documentation's examples
    seq += 1
    DEVICE["state"] = {"level": {"value": envelope["params"]["value"]}}
    await server.emit("state", {"seq": seq, "id": DEVICE["id"], "online": True, "state": DEVICE["state"]})
    return {"id": envelope["id"], "status": "done"}


@server.event  # type: ignore[untyped-decorator]  # python-socketio comes without types
async def storm(_sid: str, count: int) -> None:
    """Change many devices in one turn of the loop, as when a whole home is switched."""
    global seq  # noqa: PLW0603 - as short as the documentation's examples
    for index in range(count):
        seq += 1
        state = {"on_off": {"on": index % 2 == 0}}
        await server.emit("state", {"seq": seq, "id": DEVICE["id"], "online": True, "state": state})


web.run_app(application, host="127.0.0.1", port=PORT, print=None)
