"""A child process: started out of the terminal's reach, waited for, and stopped for certain."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
import os
from pathlib import Path
import signal

from .errors import DemoError

# Home Assistant takes two seconds to save its state; what is still there after this is killed.
_STOP_TIMEOUT = 30.0
_POLL_INTERVAL = 0.1


class Process:
    """One server of the demo, writing to a log.

    It runs in a session of its own: Ctrl-C reaches only the demo, which then stops each of its servers once and in
    order. (Home Assistant takes a second signal for an order to drop everything.)
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> None:
        """Start it with `environment` on top of the demo's own. The log of the last run is written over."""
        with self.log.open("wb") as out:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env={**os.environ, **environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    async def wait_until(self, ready: Callable[[], Coroutine[None, None, bool]]) -> None:
        """Wait until `ready` returns true; raise `DemoError` when the process ends before that."""
        while not await ready():
            if self._process is None or self._process.returncode is not None:
                code = self._process.returncode if self._process else None
                raise DemoError(f"{self.name} ended while it was starting (exit code {code})", log=self.log)
            await asyncio.sleep(_POLL_INTERVAL)

    async def wait_for_end(self) -> int:
        """Return the exit code when it ends by itself."""
        if self._process is None:
            raise DemoError(f"{self.name} was not started")
        return await self._process.wait()

    async def kill(self) -> None:
        """End it without a word, as a power cut would; return when it is gone."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def stop(self) -> None:
        """Stop it and all it started; return when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await process.wait()
        finally:
            # Also those of its children that outlived it, and all of them when this wait is cut short.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def tail(log: Path, lines: int = 40) -> str:
    """Return the last lines of a log, or nothing when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
