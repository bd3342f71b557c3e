"""What outsiders may ask of the home, and how often. Pure: the clock is handed in."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import RateLimitedError

# Wrong codes, home-wide, after which no code exists until someone at home taps "show".
FAILURE_GATE: Final = 20
# A person who waits a minute comes back; one told to wait an hour is locked out.
RETRY_AFTER_MAX: Final = 60.0
# Sources whose budgets are remembered: an attacker with more addresses is held by the home-wide budgets.
TRACKED_SOURCES_MAX: Final = 10_000

type Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in any window of so many seconds."""

    count: int
    window: float


class Budget:
    """One spender's events, held to one or more rates over sliding windows."""

    __slots__ = ("_rates", "_spent")

    def __init__(self, rates: Sequence[Rate]) -> None:
        """Start with nothing spent."""
        self._rates = rates
        self._spent: deque[float] = deque(maxlen=max(rate.count for rate in rates))

    def wait(self, now: float) -> float:
        """Return the seconds until one more is allowed: 0 when it is now."""
        return max((self._wait_for(rate, now) for rate in self._rates), default=0.0)

    def _wait_for(self, rate: Rate, now: float) -> float:
        if len(self._spent) < rate.count:
            return 0.0
        return max(0.0, self._spent[-rate.count] + rate.window - now)

    def spend(self, now: float) -> None:
        """Count one."""
        self._spent.append(now)


class SourceBudgets:
    """A budget for each source. Bounded: the sources seen longest ago are forgotten first."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        """Give every source these rates."""
        self._rates = rates
        self._budgets: OrderedDict[str, Budget] = OrderedDict()

    def of(self, source: str) -> Budget:
        """Return the source's budget."""
        budget = self._budgets.get(source)
        if budget is None:
            budget = self._budgets[source] = Budget(self._rates)
            if len(self._budgets) > TRACKED_SOURCES_MAX:
                self._budgets.popitem(last=False)
        self._budgets.move_to_end(source)
        return budget


def spend_all(budgets: Sequence[Budget], now: float) -> None:
    """Spend one of each, or raise `RateLimitedError` and spend none."""
    wait = max((budget.wait(now) for budget in budgets), default=0.0)
    if wait > 0:
        raise RateLimitedError(retry_after=min(wait, RETRY_AFTER_MAX))
    for budget in budgets:
        budget.spend(now)


class FailureGate:
    """Counts wrong codes home-wide; closed after too many, and opened again only by a local act."""

    def __init__(self, failures: int = 0) -> None:
        """Start from the failures kept across restarts."""
        self.failures = failures

    @property
    def closed(self) -> bool:
        """Tell whether a tap on a panel is needed before any code exists."""
        return self.failures >= FAILURE_GATE

    def count(self) -> None:
        """Count an attempt, before it is compared."""
        self.failures += 1

    def refund(self) -> None:
        """Take back the attempt that turned out right."""
        self.failures -= 1

    def clear(self) -> None:
        """Open the gate: someone at home acted."""
        self.failures = 0
