"""Rate limits over sliding windows. Pure: the present time is a parameter."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import RateLimitedError

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
        raise RateLimitedError(retry_after=wait)
    for budget in budgets:
        budget.spend(now)
