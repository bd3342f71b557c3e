"""How many commands a grant may give: a burst, then a steady rate."""

from collections.abc import Callable
import math
from typing import Final

from ..errors import RateLimitedError

# Commands a grant may give at once, and per second after that: a whole batch, and a slider that is dragged.
COMMAND_BURST: Final = 128
COMMAND_RATE: Final = 20.0


class CommandRate:
    """A bucket of commands for each grant, full at first and filling again with time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start with every bucket full; `clock` counts seconds."""
        self._clock = clock
        # Per grant: what was in the bucket, and when. Grants are few; one that is full again is not kept.
        self._buckets: dict[str, tuple[float, float]] = {}

    def spend(self, grant_id: str) -> None:
        """Take one command, or raise `RateLimitedError` telling when there is one again."""
        now = self._clock()
        level, since = self._buckets.get(grant_id, (float(COMMAND_BURST), now))
        level = min(COMMAND_BURST, level + (now - since) * COMMAND_RATE)
        if level < 1:
            self._buckets[grant_id] = (level, now)
            raise RateLimitedError("too many commands", retry_after=math.ceil((1 - level) / COMMAND_RATE * 10) / 10)
        self._buckets[grant_id] = (level - 1, now)
        if len(self._buckets) > 1:
            self._drop_full(now)

    def _drop_full(self, now: float) -> None:
        refill = COMMAND_BURST / COMMAND_RATE
        for grant_id in [key for key, (_, since) in self._buckets.items() if now - since > refill]:
            del self._buckets[grant_id]
