"""Limits of how often unproven requests fill and wake a display. Pure: the present time is a parameter."""

from typing import Final

from .limits import Budget, Rate
from .models import Requester

# Times a day that unproven requests fill a display, and that they wake it and chime; beyond, a banner.
UNPROVEN_ALERTS: Final = ((3, 86400.0),)
# Displays wake at most once in so many seconds.
WAKE_INTERVAL: Final = 30.0
# Seconds that unproven requests are quiet after a resident refused one, and that the refused one only waits silently.
QUIET_AFTER_REFUSAL: Final = 3600.0
SLOW_AFTER_REFUSAL: Final = 600.0


def _budget() -> Budget:
    return Budget(tuple(Rate(count, window) for count, window in UNPROVEN_ALERTS))


class Attention:
    """Decides for each new request whether displays show more than a banner, and whether they wake."""

    def __init__(self) -> None:
        """Start with nothing shown."""
        self._filled = _budget()
        self._woken = _budget()
        self._quiet_until = 0.0
        self._last_wake: float | None = None
        self._refused: dict[tuple[str, str | None, str | None], float] = {}

    def refuse(self, requester: Requester, now: float) -> None:
        """Keep unproven requests quiet for an hour, and whoever was refused out of sight for ten minutes."""
        self._quiet_until = now + QUIET_AFTER_REFUSAL
        self._refused = {triple: until for triple, until in self._refused.items() if until > now}
        self._refused[requester.triple] = now + SLOW_AFTER_REFUSAL

    def is_slowed(self, requester: Requester, now: float) -> bool:
        """Whether a request comes from whom a resident has just refused: its code is never shown by itself."""
        return self._refused.get(requester.triple, 0.0) > now

    def claim(self, *, unproven: bool, now: float) -> tuple[bool, bool]:
        """Return for a new request whether displays stay `quiet` and whether they `wake`, and count that."""
        awake = self._last_wake is not None and now - self._last_wake < WAKE_INTERVAL
        if not unproven:
            quiet, wakes = False, not awake
        else:
            quiet = now < self._quiet_until or self._filled.wait(now) > 0
            wakes = not quiet and not awake and self._woken.wait(now) == 0
            if not quiet:
                self._filled.spend(now)
            if wakes:
                self._woken.spend(now)
        if wakes:
            self._last_wake = now
        return quiet, wakes
