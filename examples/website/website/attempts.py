"""A sliding-window rate limit, in memory."""

from collections import defaultdict
from collections.abc import Callable, Hashable
import time

# Above this number of callers, those without attempts in the window are removed.
CALLERS_MAX = 10_000


class Attempts:
    """Allows each caller `limit` attempts within any `window` seconds."""

    def __init__(self, limit: int, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._attempts: defaultdict[Hashable, list[float]] = defaultdict(list)

    def wait(self, caller: Hashable) -> float:
        """Count an attempt and return 0, or count nothing and return the seconds until the next is allowed."""
        now = self._clock()
        if len(self._attempts) >= CALLERS_MAX:
            self._prune(now)
        recent = [at for at in self._attempts[caller] if at > now - self._window]
        self._attempts[caller] = recent
        if len(recent) >= self._limit:
            return recent[0] + self._window - now
        recent.append(now)
        return 0.0

    def clear(self, caller: Hashable) -> None:
        """Delete a caller's attempts, for example after one that succeeded."""
        self._attempts.pop(caller, None)

    def _prune(self, now: float) -> None:
        for caller in [caller for caller, at in self._attempts.items() if not at or at[-1] <= now - self._window]:
            del self._attempts[caller]
