"""The home: a Home Assistant process with its own config folder and Interphone as a custom component."""

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
# Integrations that the onboarding adds to every new home and that need internet access.
_NEED_INTERNET = frozenset({"google_translate", "met", "radio_browser"})


class Home:
    """One Home Assistant: `prepare()` once, then `running()` any number of times.

    It listens on all addresses; `url` is the one for processes on this machine.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.log = folder / "output.log"
        self._folder = folder
        self._port = port
        self._process = Process("Home Assistant", self.log)

    def prepare(self) -> None:
        """Create the config folder and link the integration into it. Data of earlier runs is kept."""
        components = self._folder / "custom_components"
        components.mkdir(parents=True, exist_ok=True)
        shutil.copy(_HERE / "configuration.yaml", self._folder)
        link = components / "interphone"
        link.unlink(missing_ok=True)
        link.symlink_to(CHECKOUT / "custom_components" / "interphone", target_is_directory=True)

    @asynccontextmanager
    async def running(self, steps: Steps, announced: str = "Home Assistant started") -> AsyncIterator[HomeApi]:
        """Start it, finish the onboarding if it is new, yield its API once start-up is complete; stop it in the end."""
        # Home Assistant stores its port in this file, and without the file uses SETUP_PORT. (A port changed in
        # configuration.yaml is on trial: Home Assistant reverts it after five minutes.)
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
        """Kill it with SIGKILL, as a power cut would."""
        await self._process.kill()

    async def connect(self, api: HomeApi, origin: str) -> None:
        """Set Interphone up for the website at `origin`, or change the options of an existing entry."""
        entry = next((entry for entry in await api.entries() if entry["domain"] == "interphone"), None)
        if entry is None:
            await api.configure("interphone", {"name": "Demo home", "origins": [origin]})
        else:
            await api.reconfigure(entry["entry_id"], {"origins": [origin]})

    async def wait_for_end(self) -> None:
        """Return when it exits with the code that requests a restart; raise `DemoError` for any other exit."""
        code = await self._process.wait_for_end()
        if code != RESTART_EXIT_CODE:
            raise DemoError(f"Home Assistant ended by itself (exit code {code})", log=self.log)

    async def _enter(self, api: HomeApi) -> None:
        """Log in, wait until start-up is complete, and finish the onboarding of a new home.

        The last step of the onboarding comes last of all, so that the next run continues an interrupted first start.
        """
        await self._process.wait_until(api.responds)
        await api.enter()
        await self._process.wait_until(api.running)
        if steps := await api.open_steps():
            # The onboarding adds integrations that need internet access and log errors without it.
            await api.call("logger", "set_default_level", level="fatal")
            for step in steps & {"core_config", "analytics"}:
                await api.do_step(step)
            await self._furnish(api)
            await api.call("logger", "set_default_level", level="warning")
            await api.do_step("integration", redirect_uri=f"{self.url}/")

    async def _furnish(self, api: HomeApi) -> None:
        """Assign the devices to areas, and remove the integrations that need internet access."""
        async with api.socket() as socket:
            await furnish(socket)
        for entry in await api.entries():
            if entry["domain"] in _NEED_INTERNET:
                await api.request("DELETE", f"/api/config/config_entries/entry/{entry['entry_id']}")
        await api.call("system_log", "clear")
