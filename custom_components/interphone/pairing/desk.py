"""The desk where pairings live: requested, shown, checked, and gone. The only place that knows a code.

Pure: clock, randomness and timer are handed in. Every method runs to its end without awaiting, so two checks can
never be compared against one attempt.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import secrets
import time
from typing import Final

from ..errors import ExpiredCodeError, NotReadyError, RateLimitedError, UnknownPairingError, WrongCodeError
from ..listeners import Listeners
from .codes import CODE_LENGTH, CODE_LIFETIME, LETTERS, CodeStyle, RandBelow, equal, normalise
from .limits import RETRY_AFTER_MAX, Budget, Clock, FailureGate, Rate, SourceBudgets, spend_all
from .models import Asker, Lane, Pairing, PairingState, Proof

# Requests for a code: enough for a person who tries again, too few to make the panels a nuisance.
REQUESTS_PER_SOURCE: Final = ((3, 600.0),)
REQUESTS_UNKNOWN: Final = ((6, 3600.0), (20, 86400.0))
# Checks of a code: per source, and for the whole home, so that a thousand sources guess no faster than a few.
CHECKS_PER_SOURCE: Final = ((10, 60.0), (30, 3600.0))
CHECKS_TOTAL: Final = ((60, 3600.0),)
# Attempts at one pairing. A plain code is shared by all who ask, so no single source can use it up.
ATTEMPTS_PER_SOURCE: Final = 5
ATTEMPTS_PLAIN_TOTAL: Final = 20
# Pairings that wait while one is shown.
PENDING_MAX: Final = 3
# A code begun on a panel has 20^12 possibilities (52 bit): it needs no attempt budget, so no outsider can spend one.
PANEL_CODE_LENGTH: Final = 12

PANEL_STYLE: Final = CodeStyle(PANEL_CODE_LENGTH, LETTERS)

# Runs a callback once after so many seconds; what it returns cancels it.
type Timer = Callable[[float, Callable[[], None]], Callable[[], None]]


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What the owner of the home may choose."""

    style: CodeStyle = field(default_factory=lambda: CodeStyle(CODE_LENGTH))
    lifetime: float = CODE_LIFETIME
    ask_before_showing: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the desk needs of the world."""

    timer: Timer
    monotonic: Clock = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    randbelow: RandBelow = secrets.randbelow
    new_id: Callable[[], str] = lambda: secrets.token_urlsafe(16)
    # Whether a source has paired before; the home-wide request budget is for those who have not.
    is_known: Callable[[str], bool] = lambda _source: False


def _rates(pairs: tuple[tuple[int, float], ...]) -> tuple[Rate, ...]:
    return tuple(Rate(count, window) for count, window in pairs)


class PairingDesk:
    """Owns every live pairing, and tells its listeners of each change of one."""

    def __init__(self, settings: DeskSettings, gate: FailureGate, surroundings: Surroundings) -> None:
        """Open an empty desk."""
        self.settings = settings
        self.gate = gate
        self._world = surroundings
        self._pairings: dict[str, Pairing] = {}
        self._attempts: dict[str, Counter[str]] = {}
        self._listeners = Listeners[Pairing]("pairings")
        self._cancel_timer: Callable[[], None] | None = None
        self._closed = False
        self._requests = SourceBudgets(_rates(REQUESTS_PER_SOURCE))
        self._requests_unknown = Budget(_rates(REQUESTS_UNKNOWN))
        self._checks = SourceBudgets(_rates(CHECKS_PER_SOURCE))
        self._checks_total = Budget(_rates(CHECKS_TOTAL))

    def live(self) -> tuple[Pairing, ...]:
        """Return the live pairings, oldest first."""
        self._expire()
        return tuple(self._pairings.values())

    def remaining(self, pairing: Pairing) -> int:
        """Return the seconds a pairing has left."""
        return max(0, round(pairing.deadline - self._world.monotonic()))

    def subscribe(self, listener: Callable[[Pairing], None]) -> Callable[[], None]:
        """Call `listener` with every pairing that changes, until the returned function is called."""
        return self._listeners.subscribe(listener)

    def request(self, asker: Asker, challenge: str | None = None) -> Pairing:
        """Ask for a code on behalf of an outsider; asking again shows the same code and does not extend it.

        Raises `RateLimitedError` when the source or the home has had enough, `NotReadyError` after `close`.
        """
        self._require_open()
        self._expire()
        lane = Lane.PLAIN if challenge is None else Lane.BOUND
        if again := self._find(lane, challenge):
            return self._show_again(again, asker)
        if sum(pairing.state.pending for pairing in self._pairings.values()) >= PENDING_MAX:
            raise RateLimitedError(retry_after=RETRY_AFTER_MAX)
        spend_all(self._request_budgets(asker.source), self._world.monotonic())
        pairing = self._add(lane, asker, challenge)
        if not self._must_ask:
            self._show_next()
        return self._pairings[pairing.id]

    def begin(self) -> Pairing:
        """Show a code that a resident asked for on a panel: a lane of its own, out of reach of outsiders' budgets."""
        self._require_open()
        self._expire()
        if again := self._find(Lane.PANEL, None):
            self._listeners.notify(again)
            return again
        pairing = self._add(Lane.PANEL, Asker(source="panel"), None)
        return self._show(pairing)

    def reveal(self, pairing_id: str) -> Pairing:
        """Show a pending pairing's code because someone at home tapped "show"; this also opens the failure gate."""
        pairing = self._get(pairing_id)
        self.gate.clear()
        if pairing.state is PairingState.SHOWN:
            self._listeners.notify(pairing)
            return pairing
        for shown in self._shown_outsiders():
            self._conceal(shown)
        return self._show(pairing)

    def reject(self, pairing_id: str) -> None:
        """End a pairing because someone at home wants it gone."""
        self._end(self._get(pairing_id), PairingState.REJECTED)

    def check(self, typed: str, source: str, proof: Proof | None = None) -> Pairing:
        """Redeem a code, once.

        Raises `RateLimitedError`, `ExpiredCodeError` (no live code) or `WrongCodeError`.
        """
        self._expire()
        code = normalise(typed)
        if PANEL_STYLE.fits(code):  # whatever the website asked for before, this is what the resident typed
            return self._check_panel(code, source)
        spend_all((self._checks.of(source), self._checks_total), self._world.monotonic())
        return self._check_outsider(code, source, self._redeemable(proof))

    def close(self) -> None:
        """Drop every pairing and every timer; there will be no other."""
        self._closed = True
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None
        for pairing in tuple(self._pairings.values()):
            self._forget(pairing, PairingState.EXPIRED)

    # Checking.

    def _redeemable(self, proof: Proof | None) -> Pairing:
        """Find the pairing whose code this check may redeem. Plain and bound never meet."""
        if proof is None:
            pairing = self._find(Lane.PLAIN, None)
        else:
            pairing = self._pairings.get(proof.pairing_id)
            if pairing and not (pairing.challenge and proof.answers(pairing.challenge)):
                pairing = None
        if pairing is None or pairing.code is None:
            raise ExpiredCodeError
        return pairing

    def _check_outsider(self, code: str, source: str, pairing: Pairing) -> Pairing:
        if pairing.code is None or not replace(self.settings.style, length=len(pairing.code)).fits(code):
            raise WrongCodeError  # could not be a code at all: no guess, so no attempt
        attempts = self._attempts[pairing.id]
        if attempts[source] >= ATTEMPTS_PER_SOURCE:
            raise RateLimitedError(retry_after=RETRY_AFTER_MAX)
        attempts[source] += 1
        self.gate.count()
        if equal(code, pairing.code):
            self.gate.refund()
            return self._end(replace(pairing, checked_from=source), PairingState.PAIRED)
        failed = replace(pairing, checked_from=source, attempts_left=pairing.attempts_left - 1)
        self._after_failure(self._put(failed))
        raise WrongCodeError

    def _check_panel(self, code: str, source: str) -> Pairing:
        pairing = self._find(Lane.PANEL, None)
        if pairing is None or pairing.code is None:
            raise ExpiredCodeError
        if not equal(code, pairing.code):
            raise WrongCodeError
        return self._end(replace(pairing, checked_from=source), PairingState.PAIRED)

    def _after_failure(self, pairing: Pairing) -> None:
        if pairing.attempts_left <= 0:
            self._end(pairing, PairingState.EXHAUSTED)
        else:
            self._listeners.notify(pairing)
        if self.gate.closed:
            for waiting in tuple(self._pairings.values()):
                if waiting.lane is not Lane.PANEL and waiting.state is not PairingState.WAITING:
                    self._conceal(waiting)

    # Moving a pairing on.

    def _require_open(self) -> None:
        """Refuse what comes too late, from a request that was read slowly: nobody would take its timer away."""
        if self._closed:
            raise NotReadyError

    @property
    def _must_ask(self) -> bool:
        return self.settings.ask_before_showing or self.gate.closed

    def _request_budgets(self, source: str) -> tuple[Budget, ...]:
        own = self._requests.of(source)
        return (own,) if self._world.is_known(source) else (own, self._requests_unknown)

    def _show_again(self, pairing: Pairing, asker: Asker) -> Pairing:
        """Tell the panels once more, as long as the asker's budget lets it bother them."""
        now = self._world.monotonic()
        own = self._requests.of(asker.source)
        if own.wait(now) == 0:
            own.spend(now)
            self._listeners.notify(pairing)
        return pairing

    def _add(self, lane: Lane, asker: Asker, challenge: str | None) -> Pairing:
        now = self._world.now()
        pairing = Pairing(
            id=self._world.new_id(),
            lane=lane,
            asker=asker,
            state=PairingState.WAITING if self._must_ask else PairingState.REQUESTED,
            requested_at=now,
            expires_at=now + timedelta(seconds=self.settings.lifetime),
            deadline=self._world.monotonic() + self.settings.lifetime,
            attempts_left=ATTEMPTS_PLAIN_TOTAL if lane is Lane.PLAIN else ATTEMPTS_PER_SOURCE,
            challenge=challenge,
        )
        self._attempts[pairing.id] = Counter()
        self._put(pairing)
        if lane is not Lane.PANEL:
            self._listeners.notify(pairing)
        self._set_timer()
        return pairing

    def _show(self, pairing: Pairing) -> Pairing:
        """Draw a code and put it on the panels; its life starts now."""
        style = PANEL_STYLE if pairing.lane is Lane.PANEL else self.settings.style
        shown = self._put(
            replace(
                pairing,
                state=PairingState.SHOWN,
                code=style.draw(self._world.randbelow),
                deadline=self._world.monotonic() + self.settings.lifetime,
                expires_at=self._world.now() + timedelta(seconds=self.settings.lifetime),
            )
        )
        self._set_timer()
        self._listeners.notify(shown)
        return shown

    def _show_next(self) -> None:
        """Show the oldest pairing that waits for its turn, when no other is shown."""
        if self._must_ask or self._shown_outsiders():
            return
        waiting = (pairing for pairing in self._pairings.values() if pairing.state is PairingState.REQUESTED)
        if pairing := next(waiting, None):
            self._show(pairing)

    def _conceal(self, pairing: Pairing) -> None:
        """Take a code back, if there is one; the pairing waits for a tap, keeping its attempts and its deadline."""
        self._listeners.notify(self._put(replace(pairing, state=PairingState.WAITING, code=None)))

    def _end(self, pairing: Pairing, state: PairingState) -> Pairing:
        ended = self._forget(pairing, state)
        self._show_next()
        self._set_timer()
        return ended

    def _forget(self, pairing: Pairing, state: PairingState) -> Pairing:
        del self._pairings[pairing.id], self._attempts[pairing.id]
        ended = replace(pairing, state=state, code=None)
        self._listeners.notify(ended)
        return ended

    def _expire(self) -> None:
        now = self._world.monotonic()
        expired = [pairing for pairing in self._pairings.values() if pairing.deadline <= now]
        for pairing in expired:
            self._forget(pairing, PairingState.EXPIRED)
        if expired:
            self._show_next()
            self._set_timer()

    # Looking up, telling, timing.

    def _find(self, lane: Lane, challenge: str | None) -> Pairing | None:
        matching = (
            pairing for pairing in self._pairings.values() if pairing.lane is lane and pairing.challenge == challenge
        )
        return next(matching, None)

    def _get(self, pairing_id: str) -> Pairing:
        self._expire()
        if pairing := self._pairings.get(pairing_id):
            return pairing
        raise UnknownPairingError

    def _shown_outsiders(self) -> tuple[Pairing, ...]:
        return tuple(
            pairing
            for pairing in self._pairings.values()
            if pairing.state is PairingState.SHOWN and pairing.lane is not Lane.PANEL
        )

    def _put(self, pairing: Pairing) -> Pairing:
        self._pairings[pairing.id] = pairing
        return pairing

    def _set_timer(self) -> None:
        """Have the next deadline announced to the panels when it comes, not at the next request."""
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None
        if self._pairings:
            next_deadline = min(pairing.deadline for pairing in self._pairings.values())
            self._cancel_timer = self._world.timer(next_deadline - self._world.monotonic(), self._on_timer)

    def _on_timer(self) -> None:
        self._expire()
        self._set_timer()  # again, should the timer have come a moment early
