"""The home that is measured: a real Home Assistant in a process of its own, with Interphone and paired websites."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import sys
from typing import Any

import aiohttp

from demo_home.api import HomeApi, HomeSocket
from demo_home.home import CHECKOUT

from .errors import BenchError
from .processes import running as running_process

_HERE = Path(__file__).parent
_CONFIGURATION = """\
homeassistant:
  name: Benchmark
  unit_system: metric
frontend:
logger:
  default: error
input_number:
  level:
    name: Level
    min: 0
    max: 1000
    step: 1
interphone_probe:
"""


@dataclass(frozen=True, slots=True)
class Website:
    """A paired website: its grant and its token."""

    grant_id: str
    token: str

    @property
    def auth(self) -> str:
        """The Socket.IO packet that presents the token."""
        return "40" + json.dumps({"token": self.token})

    @property
    def headers(self) -> dict[str, str]:
        """What presents the token over REST."""
        return {"Authorization": f"Bearer {self.token}"}


class Home:
    """A running home, as its owner."""

    def __init__(self, port: int, pid: int, api: HomeApi, socket: HomeSocket) -> None:
        """Speak to a home that runs; `running` is the way to start one."""
        self.port = port
        self.pid = pid
        self.api = api
        self.socket = socket

    @property
    def token(self) -> str:
        """The owner's access token."""
        return self.api.token

    async def share(self, domains: list[str]) -> None:
        """Set Interphone up, and share all entities of these domains."""
        await self.api.configure("interphone", {"name": "Benchmark", "domains": domains})

    async def pair(self) -> Website:
        """Pair a website with a code begun on a display."""
        pairing = (await self.socket.command("interphone/pairing/begin"))["pairing"]
        tokens = await self.ask("POST", "/codecheck", {"code": pairing["code"]})
        return Website(tokens["grant_id"], tokens["token"])

    async def ask(self, method: str, path: str, headers: Mapping[str, str]) -> Any:
        """Return what Interphone answers to a website. Raises `BenchError` when it refuses."""
        url = f"http://127.0.0.1:{self.port}/api/interphone{path}"
        async with aiohttp.ClientSession() as http, http.request(method, url, headers=headers) as response:
            body = await response.json()
        if not body.get("success"):
            raise BenchError(f"{method} {path} was answered {body}")
        return body

    async def enable(self, *, enabled: bool) -> None:
        """Load Interphone, or unload it."""
        entry = next(entry for entry in await self.api.entries() if entry["domain"] == "interphone")
        disabled_by = None if enabled else "user"
        await self.socket.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by=disabled_by)


@asynccontextmanager
async def running(folder: Path, port: int, entities: Mapping[str, int]) -> AsyncIterator[Home]:
    """Run a home with so many entities of each domain, beside an input_number; `folder` must be new."""
    components = folder / "custom_components"
    components.mkdir(parents=True)
    (components / "interphone").symlink_to(CHECKOUT / "custom_components" / "interphone", target_is_directory=True)
    (components / "interphone_probe").symlink_to(_HERE / "probe" / "interphone_probe", target_is_directory=True)
    counts = "".join(f"  {domain}: {count}\n" for domain, count in entities.items())
    (folder / "configuration.yaml").write_text(_CONFIGURATION + counts)
    command = [sys.executable, "-m", "homeassistant", "--config", str(folder), "--skip-pip", "--log-no-color"]
    # What stands in for libraries of integrations that nobody here uses.
    absent = CHECKOUT / "scripts" / "demo_home" / "absent"
    environment = {"SETUP_PORT": str(port), "PYTHONPATH": str(absent)}
    async with running_process(command, folder, port, environment) as pid:
        api = HomeApi(f"http://127.0.0.1:{port}")
        try:
            await _until(api.responds)
            await api.enter()
            await _until(api.running)
            async with api.socket() as socket:
                yield Home(port, pid, api, socket)
        finally:
            await api.close()


async def _until(ready: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    while not await ready():  # noqa: ASYNC110 - it is another process that gets ready
        await asyncio.sleep(0.1)
