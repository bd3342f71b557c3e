"""The budgets of pairing: who may request and check how often. Pure: the present time is a parameter."""

from typing import Final

from .limits import Budget, Rate, SourceBudgets, spend_all

# Requests for a code, as (count, window in seconds): enough for a person who tries again, too few to make displays a
# nuisance. The second limits all sources together that have no grant.
REQUESTS_PER_SOURCE: Final = ((3, 600.0),)
REQUESTS_UNKNOWN: Final = ((6, 3600.0), (20, 86400.0))
# Checks of a code that no verifier proves, per source and, of plain codes, in the whole home: a thousand sources guess
# no faster than a few.
CHECKS_PER_SOURCE: Final = ((10, 60.0), (30, 3600.0))
CHECKS_TOTAL: Final = ((60, 3600.0),)


def _rates(pairs: tuple[tuple[int, float], ...]) -> tuple[Rate, ...]:
    return tuple(Rate(count, window) for count, window in pairs)


class RequestBudgets:
    """Limits requests for a code, by source, and for all sources that prove nothing together."""

    def __init__(self) -> None:
        """Start with nothing spent."""
        self._of_source = SourceBudgets(_rates(REQUESTS_PER_SOURCE))
        self._unknown = Budget(_rates(REQUESTS_UNKNOWN))

    def wait(self, source: str, now: float, *, known: bool) -> float:
        """Return the seconds until a new request is allowed, 0 when it is allowed now."""
        own = self._of_source.of(source).wait(now)
        return own if known else max(own, self._unknown.wait(now))

    def spend(self, source: str, now: float, *, known: bool) -> None:
        """Count a new request. Raises `RateLimitedError`."""
        own = self._of_source.of(source)
        spend_all((own,) if known else (own, self._unknown), now)

    def try_repetition(self, source: str, now: float) -> bool:
        """Count a repeated request and return whether displays may be notified of it."""
        own = self._of_source.of(source)
        if own.wait(now) > 0:
            return False
        own.spend(now)
        return True


class CheckBudgets:
    """Limits checks that no verifier proves. A check that one proves is bounded by its pairing's attempts."""

    def __init__(self) -> None:
        """Start with nothing spent."""
        self._of_source = SourceBudgets(_rates(CHECKS_PER_SOURCE))
        self._total = Budget(_rates(CHECKS_TOTAL))

    def spend_guess(self, source: str, now: float) -> None:
        """Count a guess at a plain code, which all sources may guess at. Raises `RateLimitedError`."""
        spend_all((self._of_source.of(source), self._total), now)

    def spend_junk(self, source: str, now: float) -> None:
        """Count a check that compares nothing: it concerns its source alone. Raises `RateLimitedError`."""
        spend_all((self._of_source.of(source),), now)
