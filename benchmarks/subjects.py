"""What is measured: the gateway, and the servers it is compared with, each with the words its clients speak."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
import json
from pathlib import Path
import secrets
import shutil
import subprocess
import sys

import jwt

from demo_home.ports import free_ports

from .errors import BenchError
from .home import Home, Website
from .meter import Step, Trigger
from .processes import running

_SERVERS = Path(__file__).parent / "servers"
ENTITY = "input_number.level"
_COMMAND = "level.set"
_SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"

OURS, HOME_ASSISTANT, NODE, STOCK, FLOOR = "Interphone", "Home Assistant's API", "Node", "python-socketio", "the floor"


@dataclass(frozen=True, slots=True)
class Subject:
    """A server, how its clients enter, what one sends to change the entity, and what all of them then see."""

    name: str
    port: int
    pid: int
    path: str
    steps: tuple[Step, ...]
    change: Trigger
    # The same, waiting for the answer to the one who sent it.
    call: Trigger


async def find_level(home: Home, website: Website) -> str:
    """Return the device id of the home's input_number. Raises `BenchError` where a website does not see it."""
    for device in (await home.ask("GET", "/devices", website.headers))["devices"]:
        if _COMMAND in device["commands"]:
            return str(device["id"])
    raise BenchError("the home does not share its input_number")


def _command(device_id: str) -> str:
    """Return the Socket.IO event that sets the device to the round's value."""
    command = {"id": "{n}", "device": device_id, "command": _COMMAND, "params": {"value": "{v}"}}
    return "42{n}" + json.dumps(["command", command], separators=(",", ":")).replace('"{v}"', "{v}")


def ours(home: Home, website: Website, device_id: str) -> Subject:
    """Return our gateway, for clients of this website."""
    send = _command(device_id)
    return Subject(
        name=OURS,
        port=home.port,
        pid=home.pid,
        path=_SOCKET_IO,
        steps=(("0{", website.auth), ('["snapshot"', "")),
        change=Trigger(send, '"value":{v}'),
        call=Trigger(send, "43{n}["),
    )


def home_assistant(home: Home) -> Subject:
    """Return Home Assistant's own WebSocket API in the same process, for clients that subscribe to the entity."""
    call = {
        "id": "#",
        "type": "call_service",
        "domain": "input_number",
        "service": "set_value",
        "service_data": {"entity_id": ENTITY, "value": "{v}"},
    }
    send = json.dumps(call, separators=(",", ":")).replace('"{v}"', "{v}").replace('"#"', "{n}")
    return Subject(
        name=HOME_ASSISTANT,
        port=home.port,
        pid=home.pid,
        path="/api/websocket",
        steps=(
            ("auth_required", json.dumps({"type": "auth", "access_token": home.token})),
            ("auth_ok", json.dumps({"id": 1, "type": "subscribe_entities", "entity_ids": [ENTITY]})),
            ('"a":{', ""),
        ),
        change=Trigger(send, '"s":"{v}.0"'),
        call=Trigger(send, '"id":{n},"type":"result"'),
    )


def without_subscription(subject: Subject) -> Subject:
    """Return Home Assistant's API for clients that only call: no events reach them."""
    return replace(subject, name=f"{subject.name}, not subscribed", steps=(*subject.steps[:1], ("auth_ok", "")))


@asynccontextmanager
async def others(folder: Path) -> AsyncIterator[dict[str, Subject]]:
    """Run what the gateway is compared with; yield the subjects by name."""
    node_port, stock_port, floor_port = free_ports(3)
    key = secrets.token_hex(32)
    token = jwt.encode({"api_serial": "benchmark"}, key, algorithm="HS256")
    steps: tuple[Step, ...] = (("0{", "40" + json.dumps({"token": token})), ('["snapshot"', ""))
    send = _command("0123456789abcdef0123")
    change, call = Trigger(send, '"value":{v}}'), Trigger(send, "43{n}[")
    echo = Trigger("{v}", '"value":{v}}')
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(_node(folder / "node", node_port, key))
        stock = await stack.enter_async_context(_python("stock", folder, stock_port, key))
        floor = await stack.enter_async_context(_python("floor", folder, floor_port))
        yield {
            NODE: Subject(NODE, node_port, node, _SOCKET_IO, steps, change, call),
            STOCK: Subject(STOCK, stock_port, stock, _SOCKET_IO, steps, change, call),
            FLOOR: Subject(FLOOR, floor_port, floor, "/", (), echo, echo),
        }


@asynccontextmanager
async def _python(name: str, folder: Path, port: int, *arguments: str) -> AsyncIterator[int]:
    (folder / name).mkdir()
    command = [sys.executable, str(_SERVERS / f"{name}.py"), str(port), *arguments]
    async with running(command, folder / name, port) as pid:
        yield pid


@asynccontextmanager
async def _node(folder: Path, port: int, key: str) -> AsyncIterator[int]:
    """Install what the reference design needs into `folder`, and run it there."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise BenchError("Node is needed: run scripts/setup")
    shutil.copytree(_SERVERS / "node", folder)
    install = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(install, cwd=folder, check=True)  # noqa: ASYNC221 - nothing else runs yet
    async with running([node, "server.js", str(port), key], folder, port, {"NODE_ENV": "production"}) as pid:
        yield pid
