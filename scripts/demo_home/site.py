"""The process of the reference website."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
import sys

import aiohttp

from .errors import DemoError
from .home import CHECKOUT
from .process import Process
from .steps import Steps

_START_TIMEOUT = 30.0


class Site:
    """The reference website with its data in `folder`. `origin` is its address, and what the home has to allow."""

    def __init__(self, folder: Path, port: int) -> None:
        self.origin = f"http://localhost:{port}"
        self.log = folder / "output.log"
        self._folder = folder
        self._port = port
        self._process = Process("the website", self.log)

    @asynccontextmanager
    async def running(self, steps: Steps) -> AsyncIterator[None]:
        """Start it, continue once it responds; stop it in the end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "website", "--host", "0.0.0.0", "--port", str(self._port)]
        command += ["--origin", self.origin, "--data", str(self._folder / "data")]
        try:
            async with steps.step("the website started", seconds=_START_TIMEOUT):
                folder = CHECKOUT / "examples" / "website"
                await self._process.start(command, cwd=folder, environment={"PYTHONPATH": ""})
                await self._process.wait_until(self._responds)
            yield
        finally:
            await self._process.stop()

    async def wait_for_end(self) -> None:
        """Raise `DemoError` when it exits by itself."""
        code = await self._process.wait_for_end()
        raise DemoError(f"the website ended by itself (exit code {code})", log=self.log)

    async def _responds(self) -> bool:
        try:
            async with aiohttp.ClientSession() as http, http.get(self.origin) as response:
                return response.ok
        except aiohttp.ClientError:
            return False
