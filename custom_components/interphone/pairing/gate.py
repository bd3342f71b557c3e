"""The failure gate: counts wrong codes in the whole home, and closes when there are too many.

A year holds at most 20 + 365 guesses, and 5 more for each opening. Pure: the present time is a parameter.
"""

from collections.abc import Callable
from typing import Final

from ..listeners import Listeners

# Wrong codes after which no code is shown until the gate opens.
FAILURE_GATE: Final = 20
# The count after an opening: five more wrong codes close the gate again.
FAILURES_WHEN_OPENED: Final = 15
# Seconds of observed uptime after which one failure fades.
FADE_PERIOD: Final = 86400.0
# The most seconds that one observation adds: a process that was suspended has observed nothing meanwhile.
OBSERVATION_MAX: Final = 2 * 3600.0


class FailureGate:
    """The count of wrong codes. `publish` calls the subscribers."""

    def __init__(self, failures: int = 0, observed: float = 0.0) -> None:
        """Start from the stored count and the stored seconds of uptime towards the next fading."""
        self.failures = failures
        self.observed = observed
        self._observed_at: float | None = None
        self._published = failures
        self._listeners = Listeners[int]("failures")
        self._state_listeners = Listeners[bool]("the failure gate")

    @property
    def closed(self) -> bool:
        """Whether a resident has to act before a code is shown."""
        return self.failures >= FAILURE_GATE

    def subscribe(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call `listener` with the count whenever it has changed; the returned function ends that."""
        return self._listeners.subscribe(listener)

    def subscribe_state(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Call `listener` with `closed` whenever the gate has closed or opened; the returned function ends that."""
        return self._state_listeners.subscribe(listener)

    def count(self) -> None:
        """Count an attempt as failed, before the code is compared."""
        self.failures += 1

    def take_back(self, attempts: int = 1) -> None:
        """Uncount attempts: one that was right, or the typos of a bound pairing that succeeded after them."""
        self.failures = max(0, self.failures - attempts)

    def open(self) -> None:
        """Open a closed gate, with five wrong codes to go. An open gate stays as it is."""
        if self.closed:
            self.failures = FAILURES_WHEN_OPENED
            self.publish()

    def observe(self, now: float) -> None:
        """Count the uptime since the last observation, by a monotonic clock, and let one failure fade for each day."""
        if self._observed_at is not None:
            self.observed += min(max(0.0, now - self._observed_at), OBSERVATION_MAX)
        self._observed_at = now
        if not self.failures:
            self.observed = 0.0
        elif self.observed >= FADE_PERIOD:
            self.observed -= FADE_PERIOD
            self.failures -= 1
            self.publish()

    def publish(self) -> None:
        """Call the subscribers if the count has changed since they were last called."""
        before, self._published = self._published, self.failures
        if self.failures != before:
            self._listeners.notify(self.failures)
        if self.closed is not (before >= FAILURE_GATE):
            self._state_listeners.notify(self.closed)
