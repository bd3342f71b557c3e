"""Rate limiting by token bucket."""


class TokenBucket:
    """A token bucket: `burst` tokens at first, then `rate` tokens a second, never more than `burst`.

    The caller passes the present time in seconds of a monotonic clock.
    """

    __slots__ = ("_burst", "_level", "_rate", "_updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Start with a full bucket."""
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._updated = now

    def take(self, now: float) -> float:
        """Take a token and return 0; or take none and return the seconds until there is one."""
        self._refill(now)
        if self._level < 1:
            return (1 - self._level) / self._rate
        self._level -= 1
        return 0.0

    def is_full(self, now: float) -> bool:
        """Return whether the bucket is full: such a bucket need not be kept."""
        self._refill(now)
        return self._level == self._burst

    def _refill(self, now: float) -> None:
        self._level = min(self._burst, self._level + (now - self._updated) * self._rate)
        self._updated = now
