"""The home: Home Assistant in a private config folder, with Interphone in it as a user would have put it there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
import sys

from homeassistant.const import RESTART_EXIT_CODE

from .api import HomeApi
from .errors import DemoError
from .furniture import furnish
from .process import Process
from .steps import Steps

CHECKOUT = Path(__file__).parents[2]
_HERE = Path(__file__).parent
_START_TIMEOUT = 120.0
# What the onboarding adds to every new home and what looks for the internet.
_NOT_FOR_THE_DEMO = frozenset({"google_translate", "met", "radio_browser"})


class Home:
    """A Home Assistant of the demo's own: `prepare()` once, then `running()` as often as wanted.

    Its `url` is one that the demo's other processes reach; it listens on all addresses.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.log = folder / "output.log"
        self._folder = folder
        self._port = port
        self._process = Process("Home Assistant", self.log)

    def prepare(self) -> None:
        """Lay the config folder; what Home Assistant keeps in it from an earlier run stays."""
        components = self._folder / "custom_components"
        components.mkdir(parents=True, exist_ok=True)
        shutil.copy(_HERE / "configuration.yaml", self._folder)
        link = components / "interphone"
        link.unlink(missing_ok=True)
        link.symlink_to(CHECKOUT / "custom_components" / "interphone", target_is_directory=True)

    @asynccontextmanager
    async def running(self, steps: Steps, announced: str = "Home Assistant started") -> AsyncIterator[HomeApi]:
        """Run it: start it, set it up if it is new, yield its API once all of it runs; at the end, stop it."""
        # Home Assistant remembers its port here; without it, it takes the one in SETUP_PORT. (Through
        # configuration.yaml the port would be one on trial, and Home Assistant would leave it after five minutes.)
        (self._folder / ".storage" / "http").unlink(missing_ok=True)
        command = [sys.executable, "-m", "homeassistant", "--config", str(self._folder), "--skip-pip", "--log-no-color"]
        environment = {"SETUP_PORT": str(self._port), "PYTHONPATH": str(_HERE / "absent")}
        api = HomeApi(self.url)
        try:
            async with steps.step(f"{announced}, its user logged in", seconds=_START_TIMEOUT):
                await self._process.start(command, cwd=self._folder, environment=environment)
                await self._enter(api)
            yield api
        finally:
            await api.close()
            await self._process.stop()

    async def kill(self) -> None:
        """End it without a word, as a power cut would."""
        await self._process.kill()

    async def connect(self, api: HomeApi, origin: str) -> None:
        """Set Interphone up for the website at `origin`; where an earlier run did, change its options to that."""
        entry = next((entry for entry in await api.entries() if entry["domain"] == "interphone"), None)
        if entry is None:
            await api.configure("interphone", {"name": "Demo home", "origins": [origin]})
        else:
            await api.reconfigure(entry["entry_id"], {"origins": [origin]})

    async def wait_for_end(self) -> None:
        """Return when it ends because someone restarts it from within; raise `DemoError` when it ends otherwise."""
        code = await self._process.wait_for_end()
        if code != RESTART_EXIT_CODE:
            raise DemoError(f"Home Assistant ended by itself (exit code {code})", log=self.log)

    async def _enter(self, api: HomeApi) -> None:
        """Log in as soon as it answers, wait until it has started everything, and finish what is new about it.

        The last step of the onboarding comes last of all, so that a first start cut short is taken up by the next.
        """
        await self._process.wait_until(api.answers)
        await api.enter()
        await self._process.wait_until(api.running)
        if steps := await api.open_steps():
            # The onboarding adds what looks for the internet, and that fails, loudly: nobody needs to read of it.
            await api.call("logger", "set_default_level", level="fatal")
            for step in steps & {"core_config", "analytics"}:
                await api.do_step(step)
            await self._furnish(api)
            await api.call("logger", "set_default_level", level="warning")
            await api.do_step("integration", redirect_uri=f"{self.url}/")

    async def _furnish(self, api: HomeApi) -> None:
        """Give the devices rooms, and take away what has no place in a home without internet."""
        async with api.socket() as socket:
            await furnish(socket)
        for entry in await api.entries():
            if entry["domain"] in _NOT_FOR_THE_DEMO:
                await api.request("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
        await api.call("system_log", "clear")
