"""Rate limits of pairing and the failure gate. Pure: the present time is a parameter."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import RateLimitedError

# Wrong codes in the whole home after which no code is shown until a resident taps "show". One of 20 guesses at codes of
# eight digits is right with probability 2e-7.
FAILURE_GATE: Final = 20
# The longest `Retry-After`: a person who waits a minute comes back, one who has to wait an hour gives up.
RETRY_AFTER_MAX: Final = 60.0
# Sources with a remembered budget, which bounds memory: more addresses than these meet the budgets of the whole home.
TRACKED_SOURCES_MAX: Final = 10_000

type Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` events in any window of `window` seconds."""

    count: int
    window: float


class Budget:
    """Limits events to one or more rates over sliding windows."""

    __slots__ = ("_rates", "_spent")

    def __init__(self, rates: Sequence[Rate]) -> None:
        """Start with no event counted."""
        self._rates = rates
        self._spent: deque[float] = deque(maxlen=max(rate.count for rate in rates))

    def wait(self, now: float) -> float:
        """Return the seconds until one more event is allowed, 0 when it is allowed now."""
        return max((self._wait_for(rate, now) for rate in self._rates), default=0.0)

    def _wait_for(self, rate: Rate, now: float) -> float:
        if len(self._spent) < rate.count:
            return 0.0
        return max(0.0, self._spent[-rate.count] + rate.window - now)

    def spend(self, now: float) -> None:
        """Count an event."""
        self._spent.append(now)


class SourceBudgets:
    """A budget for each source, for at most `TRACKED_SOURCES_MAX`: the least recently used are evicted."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        """Limit every source to these rates."""
        self._rates = rates
        self._budgets: OrderedDict[str, Budget] = OrderedDict()

    def of(self, source: str) -> Budget:
        """Return the budget of a source."""
        budget = self._budgets.get(source)
        if budget is None:
            budget = self._budgets[source] = Budget(self._rates)
            if len(self._budgets) > TRACKED_SOURCES_MAX:
                self._budgets.popitem(last=False)
        self._budgets.move_to_end(source)
        return budget


def spend_all(budgets: Sequence[Budget], now: float) -> None:
    """Count an event in every budget; raise `RateLimitedError`, counting it in none, when one does not allow it."""
    wait = max((budget.wait(now) for budget in budgets), default=0.0)
    if wait > 0:
        raise RateLimitedError(retry_after=min(wait, RETRY_AFTER_MAX))
    for budget in budgets:
        budget.spend(now)


class FailureGate:
    """Counts wrong codes in the whole home. Closed after `FAILURE_GATE`, and opened only by a resident."""

    def __init__(self, failures: int = 0) -> None:
        """Start from the stored count."""
        self.failures = failures

    @property
    def closed(self) -> bool:
        """Whether a resident has to tap "show" on a display before a code is generated."""
        return self.failures >= FAILURE_GATE

    def count(self) -> None:
        """Count an attempt as failed, before the code is compared."""
        self.failures += 1

    def refund(self) -> None:
        """Uncount the last attempt, which was right."""
        self.failures -= 1

    def clear(self) -> None:
        """Open the gate and reset the count."""
        self.failures = 0
