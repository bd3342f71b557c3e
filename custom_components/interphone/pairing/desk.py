"""The pairing desk: requests a code, shows it, checks it. The only owner of codes.

Pure: clock, randomness and timer are parameters. No method awaits, so an attempt is counted and compared atomically.
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
from .models import Pairing, PairingKind, PairingState, Proof, Requester

# Requests for a code, as (count, window in seconds): enough for a person who tries again, too few to make displays a
# nuisance. The second limits all sources together that have no grant.
REQUESTS_PER_SOURCE: Final = ((3, 600.0),)
REQUESTS_UNKNOWN: Final = ((6, 3600.0), (20, 86400.0))
# Checks of a code, per source and in the whole home, so that a thousand sources guess no faster than a few.
CHECKS_PER_SOURCE: Final = ((10, 60.0), (30, 3600.0))
CHECKS_TOTAL: Final = ((60, 3600.0),)
# Wrong codes per pairing. A plain code is shared by all sources, so no single source can exhaust it.
ATTEMPTS_PER_SOURCE: Final = 5
ATTEMPTS_PLAIN_TOTAL: Final = 20
# Pairings that wait while another is shown: a person can tell a few apart.
PENDING_MAX: Final = 3
# A code begun at a display has 20^12 possibilities (52 bit). It needs no attempt budget, so no source can exhaust one.
DISPLAY_CODE_LENGTH: Final = 12

DISPLAY_STYLE: Final = CodeStyle(DISPLAY_CODE_LENGTH, LETTERS)

# Calls a function once after a delay in seconds; the returned function cancels that.
type Timer = Callable[[float, Callable[[], None]], Callable[[], None]]


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """The options of pairing.

    `lifetime` is in seconds. With `ask_before_showing`, every requested code waits for "show" on a display.
    """

    style: CodeStyle = field(default_factory=lambda: CodeStyle(CODE_LENGTH))
    lifetime: float = CODE_LIFETIME
    ask_before_showing: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """Clock, timer and randomness of the desk, and what the home knows of sources."""

    timer: Timer
    monotonic: Clock = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    randbelow: RandBelow = secrets.randbelow
    new_id: Callable[[], str] = lambda: secrets.token_urlsafe(16)
    # Whether a grant was last used from a source; all other sources share `REQUESTS_UNKNOWN`.
    is_known: Callable[[str], bool] = lambda _source: False


def _rates(pairs: tuple[tuple[int, float], ...]) -> tuple[Rate, ...]:
    return tuple(Rate(count, window) for count, window in pairs)


class PairingDesk:
    """Owns the live pairings and notifies subscribers of every change."""

    def __init__(self, settings: DeskSettings, gate: FailureGate, environment: Environment) -> None:
        """Start without pairings."""
        self.settings = settings
        self.gate = gate
        self._environment = environment
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
        """Return the seconds until a pairing expires."""
        return max(0, round(pairing.deadline - self._environment.monotonic()))

    def subscribe(self, listener: Callable[[Pairing], None]) -> Callable[[], None]:
        """Call `listener` with every changed pairing, and again when its request is repeated.

        Return the function that unsubscribes it.
        """
        return self._listeners.subscribe(listener)

    def request(self, requester: Requester, challenge: str | None = None) -> Pairing:
        """Request a code for a website. A repeated request shows the same code and does not extend it.

        Raises `RateLimitedError` when a budget of the source or the home is spent, `NotReadyError` after `close`.
        """
        self._require_open()
        self._expire()
        kind = PairingKind.PLAIN if challenge is None else PairingKind.BOUND
        if again := self._find(kind, challenge):
            return self._show_again(again, requester)
        if sum(pairing.state.pending for pairing in self._pairings.values()) >= PENDING_MAX:
            raise RateLimitedError(retry_after=RETRY_AFTER_MAX)
        spend_all(self._request_budgets(requester.source), self._environment.monotonic())
        pairing = self._add(kind, requester, challenge)
        if not self._must_ask:
            self._show_next()
        return self._pairings[pairing.id]

    def begin(self) -> Pairing:
        """Show a code begun at a display, one at a time; no budget applies. Raises `NotReadyError` after `close`."""
        self._require_open()
        self._expire()
        if again := self._find(PairingKind.DISPLAY, None):
            self._listeners.notify(again)
            return again
        pairing = self._add(PairingKind.DISPLAY, Requester(source="panel"), None)
        return self._show(pairing)

    def reveal(self, pairing_id: str) -> Pairing:
        """Show a pairing's code because a resident tapped "show", and open the failure gate.

        Another requested code that is shown goes back to waiting. Raises `UnknownPairingError`.
        """
        pairing = self._get(pairing_id)
        self.gate.clear()
        if pairing.state is PairingState.SHOWN:
            self._listeners.notify(pairing)
            return pairing
        for shown in self._shown_by_request():
            self._conceal(shown)
        return self._show(pairing)

    def reject(self, pairing_id: str) -> None:
        """End a pairing because a resident refused it. Raises `UnknownPairingError`."""
        self._end(self._get(pairing_id), PairingState.REJECTED)

    def check(self, typed: str, source: str, proof: Proof | None = None) -> Pairing:
        """Redeem a code and return its pairing, now paired. A code is redeemed once.

        Without `proof` the code is a plain pairing's, with it that of the bound pairing that it proves; a code begun at
        a display is redeemed either way. Raises `RateLimitedError`, `ExpiredCodeError` when no such code is shown, or
        `WrongCodeError`.
        """
        self._expire()
        code = normalise(typed)
        if DISPLAY_STYLE.fits(code):  # whatever the website requested before
            return self._check_display(code, source)
        spend_all((self._checks.of(source), self._checks_total), self._environment.monotonic())
        return self._check_outsider(code, source, self._redeemable(proof))

    def close(self) -> None:
        """End every pairing as expired, for good."""
        self._closed = True
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None
        for pairing in tuple(self._pairings.values()):
            self._forget(pairing, PairingState.EXPIRED)

    # Checks.

    def _redeemable(self, proof: Proof | None) -> Pairing:
        """Return the pairing whose code this check may redeem: the plain one, or the bound one that is proven."""
        if proof is None:
            pairing = self._find(PairingKind.PLAIN, None)
        else:
            pairing = self._pairings.get(proof.pairing_id)
            if pairing and not (pairing.challenge and proof.answers(pairing.challenge)):
                pairing = None
        if pairing is None or pairing.code is None:
            raise ExpiredCodeError
        return pairing

    def _check_outsider(self, code: str, source: str, pairing: Pairing) -> Pairing:
        if pairing.code is None or not replace(self.settings.style, length=len(pairing.code)).fits(code):
            raise WrongCodeError  # no guess, so no attempt
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

    def _check_display(self, code: str, source: str) -> Pairing:
        pairing = self._find(PairingKind.DISPLAY, None)
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
                if waiting.kind is not PairingKind.DISPLAY and waiting.state is not PairingState.WAITING:
                    self._conceal(waiting)

    # Transitions.

    def _require_open(self) -> None:
        """Raise `NotReadyError` after `close`: a late request would start a timer that nothing cancels."""
        if self._closed:
            raise NotReadyError

    @property
    def _must_ask(self) -> bool:
        return self.settings.ask_before_showing or self.gate.closed

    def _request_budgets(self, source: str) -> tuple[Budget, ...]:
        own = self._requests.of(source)
        return (own,) if self._environment.is_known(source) else (own, self._requests_unknown)

    def _show_again(self, pairing: Pairing, requester: Requester) -> Pairing:
        """Notify displays again, as long as the budget of the source allows it."""
        now = self._environment.monotonic()
        own = self._requests.of(requester.source)
        if own.wait(now) == 0:
            own.spend(now)
            self._listeners.notify(pairing)
        return pairing

    def _add(self, kind: PairingKind, requester: Requester, challenge: str | None) -> Pairing:
        now = self._environment.now()
        pairing = Pairing(
            id=self._environment.new_id(),
            kind=kind,
            requester=requester,
            state=PairingState.WAITING if self._must_ask else PairingState.REQUESTED,
            requested_at=now,
            expires_at=now + timedelta(seconds=self.settings.lifetime),
            deadline=self._environment.monotonic() + self.settings.lifetime,
            attempts_left=ATTEMPTS_PLAIN_TOTAL if kind is PairingKind.PLAIN else ATTEMPTS_PER_SOURCE,
            challenge=challenge,
        )
        self._attempts[pairing.id] = Counter()
        self._put(pairing)
        if kind is not PairingKind.DISPLAY:
            self._listeners.notify(pairing)
        self._set_timer()
        return pairing

    def _show(self, pairing: Pairing) -> Pairing:
        """Generate a code and show it; its lifetime starts now."""
        style = DISPLAY_STYLE if pairing.kind is PairingKind.DISPLAY else self.settings.style
        shown = self._put(
            replace(
                pairing,
                state=PairingState.SHOWN,
                code=style.draw(self._environment.randbelow),
                deadline=self._environment.monotonic() + self.settings.lifetime,
                expires_at=self._environment.now() + timedelta(seconds=self.settings.lifetime),
            )
        )
        self._set_timer()
        self._listeners.notify(shown)
        return shown

    def _show_next(self) -> None:
        """Show the oldest requested pairing when no other is shown."""
        if self._must_ask or self._shown_by_request():
            return
        waiting = (pairing for pairing in self._pairings.values() if pairing.state is PairingState.REQUESTED)
        if pairing := next(waiting, None):
            self._show(pairing)

    def _conceal(self, pairing: Pairing) -> None:
        """Withdraw the code, if there is one, until a resident taps "show"; attempts and deadline stay."""
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
        now = self._environment.monotonic()
        expired = [pairing for pairing in self._pairings.values() if pairing.deadline <= now]
        for pairing in expired:
            self._forget(pairing, PairingState.EXPIRED)
        if expired:
            self._show_next()
            self._set_timer()

    # Lookup and timing.

    def _find(self, kind: PairingKind, challenge: str | None) -> Pairing | None:
        matching = (
            pairing for pairing in self._pairings.values() if pairing.kind is kind and pairing.challenge == challenge
        )
        return next(matching, None)

    def _get(self, pairing_id: str) -> Pairing:
        self._expire()
        if pairing := self._pairings.get(pairing_id):
            return pairing
        raise UnknownPairingError

    def _shown_by_request(self) -> tuple[Pairing, ...]:
        return tuple(
            pairing
            for pairing in self._pairings.values()
            if pairing.state is PairingState.SHOWN and pairing.kind is not PairingKind.DISPLAY
        )

    def _put(self, pairing: Pairing) -> Pairing:
        self._pairings[pairing.id] = pairing
        return pairing

    def _set_timer(self) -> None:
        """Schedule the next expiry, so that displays hear of it in time."""
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None
        if self._pairings:
            next_deadline = min(pairing.deadline for pairing in self._pairings.values())
            self._cancel_timer = self._environment.timer(next_deadline - self._environment.monotonic(), self._on_timer)

    def _on_timer(self) -> None:
        self._expire()
        self._set_timer()  # again: the timer may have fired a moment early
