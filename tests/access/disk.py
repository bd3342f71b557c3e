"""A disk that can be slow, and fail: Home Assistant's own thread pool, held up, and a folder that is not there."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest


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
    """Its next write begins, and ends only when it is told to: well, or badly."""

    def __init__(self, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, *, fails: bool = False) -> None:
        self.writing, self.go_on = asyncio.Event(), asyncio.Event()
        self._hass, self._fails = hass, fails
        self._run = hass.async_add_executor_job
        monkeypatch.setattr(hass, "async_add_executor_job", self._job)

    async def _job[**P, T](self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self.writing.is_set():
            return await self._run(job, *args, **kwargs)
        self.writing.set()
        await self.go_on.wait()
        if not self._fails:
            return await self._run(job, *args, **kwargs)
        with broken(self._hass):
            return await self._run(job, *args, **kwargs)
