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
from .budgets import CheckBudgets, RequestBudgets
from .codes import BOUND_CODE_LENGTH_MIN, CODE_LENGTH, CODE_LIFETIME, LETTERS, CodeStyle, RandBelow, equal, normalise
from .gate import FailureGate
from .limits import Clock
from .models import Pairing, PairingKind, PairingState, Proof, Requester

# Wrong codes per pairing. A plain code is shared by all sources, so no single source can exhaust it.
ATTEMPTS_PER_SOURCE: Final = 5
ATTEMPTS_PLAIN_TOTAL: Final = 20
# Pairings that wait while another is shown: a person can distinguish a few.
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

    def style_of(self, kind: PairingKind) -> CodeStyle:
        """Return the form of the codes of a kind. Bound ones are guessed at by whoever requests them: never short."""
        if kind is PairingKind.DISPLAY:
            return DISPLAY_STYLE
        if kind is PairingKind.BOUND:
            return replace(self.style, length=max(self.style.length, BOUND_CODE_LENGTH_MIN))
        return self.style


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
        self._requests = RequestBudgets()
        self._checks = CheckBudgets()

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
            raise RateLimitedError(retry_after=self._next_deadline() - self._environment.monotonic())
        known = self._environment.is_known(requester.source)
        self._requests.spend(requester.source, self._environment.monotonic(), known=known)
        pairing = self._add(kind, requester, challenge)
        if not self._must_ask:
            self._show_next()
        return self._pairings[pairing.id]

    def begin(self) -> Pairing:
        """Show a code begun at a display, one at a time, and open the gate; no budget applies.

        Raises `NotReadyError` after `close`.
        """
        self._require_open()
        self._expire()
        self.gate.open()
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
        self.gate.open()
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
        a display is redeemed either way. Budgets are spent by what is proven: none by the verifier of a bound pairing,
        the source's own by a check that compares nothing, that of all sources by guesses at a plain code only.
        Raises `RateLimitedError`, `ExpiredCodeError` when no such code is shown, or `WrongCodeError`.
        """
        self._expire()
        code = normalise(typed)
        if DISPLAY_STYLE.fits(code):  # whatever the website requested before
            return self._check_display(code, source)
        now = self._environment.monotonic()
        pairing = self._redeemable(proof)
        if pairing is None or pairing.code is None:
            if pairing is None or proof is None:
                self._checks.spend_junk(source, now)
            raise ExpiredCodeError
        if proof is None and pairing.style.fits(code):
            self._checks.spend_guess(source, now)
        elif proof is None:
            self._checks.spend_junk(source, now)
        if not pairing.style.fits(code):
            raise WrongCodeError  # no guess, so no attempt
        return self._compare(code, pairing.code, source, pairing)

    def close(self) -> None:
        """End every pairing as expired, for good."""
        self._closed = True
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None
        for pairing in tuple(self._pairings.values()):
            self._forget(pairing, PairingState.EXPIRED)

    # Checks.

    def _redeemable(self, proof: Proof | None) -> Pairing | None:
        """Return the pairing whose code this check may redeem: the plain one, or the bound one that is proven."""
        if proof is None:
            return self._find(PairingKind.PLAIN, None)
        pairing = self._pairings.get(proof.pairing_id)
        return pairing if pairing and pairing.challenge and proof.answers(pairing.challenge) else None

    def _compare(self, typed: str, code: str, source: str, pairing: Pairing) -> Pairing:
        """Count an attempt, then compare: nothing can come between the two."""
        attempts = self._attempts[pairing.id]
        if attempts[source] >= ATTEMPTS_PER_SOURCE:
            raise RateLimitedError(retry_after=pairing.deadline - self._environment.monotonic())
        attempts[source] += 1
        self.gate.count()
        if equal(typed, code):
            # The typos of a bound pairing were its own resident's. Anybody may have made those of a plain one.
            self.gate.take_back(attempts.total() if pairing.kind is PairingKind.BOUND else 1)
            self.gate.publish()
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
        self.gate.publish()
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

    def _show_again(self, pairing: Pairing, requester: Requester) -> Pairing:
        """Notify displays again, as long as the budget of the source allows it."""
        if self._requests.try_repetition(requester.source, self._environment.monotonic()):
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
            style=self.settings.style_of(kind),
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
        shown = self._put(
            replace(
                pairing,
                state=PairingState.SHOWN,
                code=pairing.style.draw(self._environment.randbelow),
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
            delay = self._next_deadline() - self._environment.monotonic()
            self._cancel_timer = self._environment.timer(delay, self._on_timer)

    def _next_deadline(self) -> float:
        return min(pairing.deadline for pairing in self._pairings.values())

    def _on_timer(self) -> None:
        self._expire()
        self._set_timer()  # again: the timer may have fired a moment early
