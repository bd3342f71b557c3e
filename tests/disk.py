"""A disk that can be slow, and fail: Home Assistant's own thread pool, held up, and a folder that is not there."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
import threading

from homeassistant.core import HomeAssistant
import pytest

# A test that forgot to let the disk go on ends then.
TIMEOUT = 5


@contextmanager
def broken(hass: HomeAssistant) -> Iterator[None]:
    """Put a file where the folder of the stores was: nothing can be read or written below it."""
    folder = Path(hass.config.path(".storage"))
    moved = folder.rename(folder.with_name(".storage.away"))
    folder.write_text("")
    try:
        yield
    finally:
        folder.unlink()
        moved.rename(folder)


class SlowDisk:
    """After `slow_down` the next write waits for `go_on`, then succeeds or fails. It cannot be cancelled."""

    def __init__(self, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writing, self.go_on = asyncio.Event(), threading.Event()
        self._hass, self._monkeypatch = hass, monkeypatch
        self._run = hass.async_add_executor_job
        self._held = self._fails = False

    def slow_down(self, *, fails: bool = False) -> None:
        """Hold the next write."""
        self._fails = fails
        self._monkeypatch.setattr(self._hass, "async_add_executor_job", self._job)

    def _job[*Ts, T](self, job: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        if self._held:
            return self._run(job, *args)
        self._held = True
        return self._run(self._slowly, job, *args)

    def _slowly[*Ts, T](self, job: Callable[[*Ts], T], *args: *Ts) -> T:
        self._hass.loop.call_soon_threadsafe(self.writing.set)
        assert self.go_on.wait(TIMEOUT), "nobody let the disk go on"
        with broken(self._hass) if self._fails else nullcontext():
            return job(*args)
