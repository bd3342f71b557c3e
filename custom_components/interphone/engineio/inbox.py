"""Events of one session that the application has not handled yet."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, Protocol


class Application(Protocol):
    """The engine, as it runs tasks and calls the application's handlers."""

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in a tracked task that starts at once."""

    async def deliver(self, session: Any, event: str, argument: Any) -> None:
        """Call the handler of an event. Never raises."""


class Inbox:
    """Delivers events one at a time, in order.

    The task that does it exists only while there are events, and outlives the request that brought them.
    """

    __slots__ = ("_application", "_delivering", "_events", "_size", "_task")

    def __init__(self, application: Application) -> None:
        """Begin empty."""
        self._application = application
        self._events: deque[tuple[str, Any, int]] = deque()
        self._size = 0
        self._delivering = False
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._events)

    @property
    def size(self) -> int:
        """The size of the waiting events: characters of text, bytes of binary data."""
        return self._size

    def put(self, session: object, event: str, argument: Any, size: int = 0) -> None:
        """Deliver an event of `session` when those before it have been handled; at once if there are none."""
        self._events.append((event, argument, size))
        self._size += size
        if not self._delivering:
            self._delivering = True
            task = self._application.spawn(self._deliver(session))
            self._task = None if task.done() else task

    def clear(self) -> None:
        """Drop the events that wait."""
        self._events.clear()
        self._size = 0

    async def emptied(self) -> None:
        """Wait until every event has been handled. Cancelling the wait cancels nothing else."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def _deliver(self, session: object) -> None:
        try:
            while self._events:
                event, argument, size = self._events.popleft()
                self._size -= size
                await self._application.deliver(session, event, argument)
        finally:
            self._delivering = False
            self._task = None
