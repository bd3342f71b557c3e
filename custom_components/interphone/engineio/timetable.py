"""One timer for any number of deadlines: the heartbeat of thousands of sessions costs one entry in a heap each."""

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
import logging

_LOGGER = logging.getLogger(__name__)

# The heap is rebuilt when it holds more cancelled entries than this and than live ones.
_STALE_MIN = 64


class Entry:
    """A promise to call; `cancel()` takes it back and lets go of everything the call would have held."""

    __slots__ = ("_timetable", "call")

    def __init__(self, timetable: Timetable, call: Callable[[], object]) -> None:
        self.call: Callable[[], object] | None = call
        self._timetable = timetable

    def cancel(self) -> None:
        """Do not call. Safe at any time, also twice and after the call."""
        if self.call is not None:
            self.call = None
            self._timetable.forget_one()


class Timetable:
    """Calls things at their time, on the running loop, with one timer handle. A call that raises is logged."""

    def __init__(self) -> None:
        """Begin empty; the loop is the one that runs at the first `at`."""
        self._heap: list[tuple[float, int, Entry]] = []
        self._order = count()
        self._handle: asyncio.TimerHandle | None = None
        self._stale = 0

    def after(self, delay: float, call: Callable[[], object]) -> Entry:
        """Call after `delay` seconds."""
        loop = asyncio.get_running_loop()
        entry = Entry(self, call)
        heappush(self._heap, (loop.time() + delay, next(self._order), entry))
        if self._heap[0][2] is entry:
            self._wind(loop)
        return entry

    def clear(self) -> None:
        """Cancel everything."""
        for _, _, entry in self._heap:
            entry.call = None
        self._heap.clear()
        self._stale = 0
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def forget_one(self) -> None:
        """Count one entry as cancelled, and sweep when most are."""
        self._stale += 1
        if self._stale > _STALE_MIN and self._stale * 2 > len(self._heap):
            self._heap = [item for item in self._heap if item[2].call is not None]
            heapify(self._heap)
            self._stale = 0
            if not self._heap:
                self.clear()

    def _wind(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle = loop.call_at(self._heap[0][0], self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = None
        now = loop.time()
        while self._heap and self._heap[0][0] <= now:
            call = heappop(self._heap)[2]
            self._ring_one(call)
        if self._heap:
            self._wind(loop)

    def _ring_one(self, entry: Entry) -> None:
        call, entry.call = entry.call, None
        if call is None:
            self._stale -= 1
            return
        try:
            call()
        except Exception:
            _LOGGER.exception("A deadline's call failed")
