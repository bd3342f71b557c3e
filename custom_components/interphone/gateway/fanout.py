"""Sending, in order and without anyone waiting: what was handed in first goes out first to each session."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
import contextlib
from functools import partial
import logging
from typing import Any

import socketio

_LOGGER = logging.getLogger(__name__)

type Step = Callable[[], Awaitable[None]]


class Fanout:
    """One queue and one task for all sessions."""

    def __init__(self, server: socketio.AsyncServer) -> None:
        """Send through `server`, once started."""
        self._server = server
        self._steps: asyncio.Queue[Step] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._run(), name="interphone fan-out")

    async def stop(self) -> None:
        """Send what was handed in so far, then end."""
        if self._task is None:
            return
        await self._steps.join()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    def send(self, sids: Iterable[str], event: str, payload: Any) -> None:
        """Send an event to these sessions."""
        for sid in sids:
            self._steps.put_nowait(partial(self._server.emit, event, payload, to=sid))

    def close(self, sids: Iterable[str]) -> None:
        """Close these sessions, after what was sent to them before."""
        for sid in sids:
            self._steps.put_nowait(partial(self._server.disconnect, sid))

    async def _run(self) -> None:
        while True:
            step = await self._steps.get()
            try:
                await step()
            except Exception:
                _LOGGER.exception("A session could not be served")
            finally:
                self._steps.task_done()
