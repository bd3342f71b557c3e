"""A child process in a session of its own, with a start check and a bounded stop."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
import os
from pathlib import Path
import signal

from .errors import DemoError

# Home Assistant needs about two seconds to save its state. After this many it is killed.
_STOP_TIMEOUT = 30.0
_POLL_INTERVAL = 0.1


class Process:
    """One server of the demo. Its output goes to a log file.

    It runs in a session of its own: Ctrl-C signals only the demo, which then stops each server once and in order.
    (Home Assistant takes a second signal as a request to abort.)
    """

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> None:
        """Start it with `environment` added to the demo's own. Overwrites the log of the last run."""
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
        """Poll `ready` until it returns true; raise `DemoError` when the process exits before that."""
        while not await ready():
            if self._process is None or self._process.returncode is not None:
                code = self._process.returncode if self._process else None
                raise DemoError(f"{self.name} ended while it was starting (exit code {code})", log=self.log)
            await asyncio.sleep(_POLL_INTERVAL)

    async def wait_for_end(self) -> int:
        """Return the exit code once it exits by itself."""
        if self._process is None:
            raise DemoError(f"{self.name} was not started")
        return await self._process.wait()

    async def kill(self) -> None:
        """Send SIGKILL to its process group and wait for its exit."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()

    async def stop(self) -> None:
        """Terminate it and its children, and wait for its exit. Kills them after `_STOP_TIMEOUT`."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await process.wait()
        finally:
            # Children that are still alive, and the process itself when the wait was cancelled or timed out.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def tail(log: Path, lines: int = 40) -> str:
    """Return the last lines of a log, or an empty string if it cannot be read."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
