"""One timer of the event loop for any number of deadlines.

A heartbeat for each of thousands of sessions then costs one entry in a heap, and cancelling it nothing.
"""

import asyncio
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
import logging

_LOGGER = logging.getLogger(__name__)

# The heap is rebuilt when it holds more cancelled timers than this, and more than live ones.
_CANCELLED_MIN = 64


class Timer:
    """A call that is due at a time. `cancel` also drops the reference to the callback."""

    __slots__ = ("_timetable", "callback")

    def __init__(self, timetable: Timetable, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback
        self._timetable = timetable

    def cancel(self) -> None:
        """Do not call. Safe at any time, also twice and after the call."""
        if self.callback is not None:
            self.callback = None
            self._timetable.count_cancelled()


class Timetable:
    """Runs callbacks at their times with a single `TimerHandle`. A callback that raises is logged."""

    def __init__(self) -> None:
        """Begin empty; the loop is the one that runs at each `after`."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = count()
        self._handle: asyncio.TimerHandle | None = None
        self._cancelled = 0

    def after(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` in `delay` seconds."""
        loop = asyncio.get_running_loop()
        timer = Timer(self, callback)
        heappush(self._heap, (loop.time() + delay, next(self._order), timer))
        if self._heap[0][2] is timer:
            self._schedule(loop)
        return timer

    def clear(self) -> None:
        """Cancel everything."""
        for _, _, timer in self._heap:
            timer.callback = None
        self._heap.clear()
        self._cancelled = 0
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def count_cancelled(self) -> None:
        """Note that one timer was cancelled; rebuild the heap when most are."""
        self._cancelled += 1
        if self._cancelled > _CANCELLED_MIN and self._cancelled * 2 > len(self._heap):
            self._heap = [item for item in self._heap if item[2].callback is not None]
            heapify(self._heap)
            self._cancelled = 0
            if not self._heap:
                self.clear()

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle = loop.call_at(self._heap[0][0], self._run_due, loop)

    def _run_due(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = None
        now = loop.time()
        while self._heap and self._heap[0][0] <= now:
            self._run(heappop(self._heap)[2])
        if self._heap:
            self._schedule(loop)

    def _run(self, timer: Timer) -> None:
        callback, timer.callback = timer.callback, None
        if callback is None:
            self._cancelled -= 1
            return
        try:
            callback()
        except Exception:
            _LOGGER.exception("A timer's callback failed")
