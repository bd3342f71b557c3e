"""The pairing desk: requests a code, shows it, checks it. The only owner of codes.

Pure: clock, randomness and timer are parameters. No method awaits, so an attempt is counted and compared atomically.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import secrets
import time
from typing import Final

from ..errors import (
    ExpiredCodeError,
    NotReadyError,
    ProofRequiredError,
    RateLimitedError,
    UnknownPairingError,
    WrongCodeError,
)
from .attention import Attention
from .budgets import CheckBudgets, RequestBudgets
from .codes import BOUND_CODE_LENGTH_MIN, CODE_LENGTH, CODE_LIFETIME, LETTERS, CodeStyle, RandBelow, equal, normalise
from .gate import FailureGate
from .limits import Clock
from .models import Pairing, PairingKind, PairingState, Proof, Requester, Status
from .register import END_STATE_LIFETIME, Register, Timer
from .window import WINDOW, WINDOW_LIST_MAX, Window, in_order, to_push_out

# Wrong codes per pairing. A plain code is shared by all sources, so no single source can exhaust it.
ATTEMPTS_PER_SOURCE: Final = 5
ATTEMPTS_PLAIN_TOTAL: Final = 20
# Bound pairings that live at once outside the window: a person can distinguish a few.
BOUND_MAX: Final = 3
# A code begun at a display has 20^12 possibilities (52 bit). It needs no attempt budget, so no source can exhaust one.
DISPLAY_CODE_LENGTH: Final = 12

DISPLAY_STYLE: Final = CodeStyle(DISPLAY_CODE_LENGTH, LETTERS)
# The source of what a resident begins at a display.
DISPLAY_SOURCE: Final = "panel"


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
    """Clock, timer and randomness of the desk."""

    timer: Timer
    monotonic: Clock = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    randbelow: RandBelow = secrets.randbelow
    new_id: Callable[[], str] = lambda: secrets.token_urlsafe(16)


class PairingDesk:
    """Begins, shows, redeems and ends pairings, and notifies subscribers of every change."""

    def __init__(self, settings: DeskSettings, gate: FailureGate, environment: Environment) -> None:
        """Start without pairings."""
        self.settings = settings
        self.gate = gate
        self.turned_away = 0  # requests for which there was no place, since something last waited
        self._environment = environment
        self._register = Register(environment.timer, environment.monotonic)
        self._window: Window | None = None
        self._attention = Attention()
        self._requests = RequestBudgets()
        self._checks = CheckBudgets()
        self._closed = False

    def live(self) -> tuple[Pairing, ...]:
        """Return the live pairings, oldest first."""
        self._register.expire()
        return tuple(self._register)

    def waiting_list(self) -> tuple[Pairing, ...]:
        """Return the live pairings that websites requested, in the order in which displays list them."""
        window = self.window
        outsiders = (pairing for pairing in self.live() if pairing.kind is not PairingKind.DISPLAY)
        return in_order(outsiders, window.website if window else None)

    @property
    def window(self) -> Window | None:
        """Return the window, if it is open."""
        return self._window if self._window and self._window.until > self._now else None

    @property
    def window_left(self) -> int:
        """Return the seconds until the window closes, 0 when it is closed."""
        return max(0, round(self._window.until - self._now)) if self._window else 0

    def subscribe(self, listener: Callable[[Pairing], None]) -> Callable[[], None]:
        """Call `listener` with every changed pairing, and again when its request is repeated.

        Return the function that unsubscribes it.
        """
        return self._register.subscribe(listener)

    # Websites.

    def request(self, requester: Requester, challenge: str | None = None) -> Pairing:
        """Request a code for a website. A repeated request shows the same code and does not extend it.

        Outside the window a lone request shows its code by itself, others wait for a tap; inside it all wait, and
        spend no budget. Raises `RateLimitedError` when a budget is spent or there is no place, `NotReadyError` after
        `close`.
        """
        self._require_open()
        self._register.expire()
        kind = PairingKind.PLAIN if challenge is None else PairingKind.BOUND
        if again := self._requested_before(kind, challenge):
            return self._show_again(again, requester)
        window = self.window
        if window:
            self._make_room(requester, challenge)
        else:
            self._require_place(kind)
            self._requests.spend(requester.source, self._now, known=requester.proven)
        return self._add_request(kind, requester, challenge, in_window=window is not None)

    def status(self, proof: Proof, source: str) -> Status:
        """Return what the requester of a bound pairing may know of it; see `Pairing.hidden`.

        Spends no budget with the right verifier. Raises `UnknownPairingError` for one that is over for long,
        `ProofRequiredError` for a wrong verifier, both at the cost of the source's budget, or `RateLimitedError`.
        """
        self._register.expire()
        pairing = self._register.of_requester(proof.pairing_id)
        if pairing is None or pairing.challenge is None:
            self._checks.spend_junk(source, self._now)
            raise UnknownPairingError
        self._require_proof(pairing, proof, source)
        status = Status.of(pairing, self._now)
        if status.state is PairingState.EXPIRED and self._now > pairing.answered_until + END_STATE_LIFETIME:
            raise UnknownPairingError  # tapped meanwhile, which its requester must not notice
        return status

    def request_wait(self, source: str) -> float:
        """Return the seconds until a source may request a code that proves nothing, 0 when it may now."""
        return 0.0 if self.window else self._requests.wait(source, self._now, known=False)

    def check(self, typed: str, sender: Requester, proof: Proof | None = None) -> Pairing:
        """Redeem a code and return its pairing, now paired. A code is redeemed once.

        Without `proof` the code is a plain pairing's, with it that of the bound pairing that it proves; a code begun at
        a display is redeemed either way. Budgets are spent by what is proven: none by the verifier of a bound pairing,
        the source's own by a check that compares nothing, that of all sources by guesses at a plain code only.
        Raises `RateLimitedError`, `ExpiredCodeError` when no such code is shown, `WrongCodeError`, or
        `ProofRequiredError` without the right verifier, from another origin, or through another door.
        """
        self._register.expire()
        code = normalise(typed)
        if DISPLAY_STYLE.fits(code):  # whatever the website requested before
            return self._check_display(code, sender)
        return self._check_plain(code, sender) if proof is None else self._check_bound(code, sender, proof)

    # Residents.

    def begin(self, website: str | None = None) -> Pairing:
        """Show a code begun at a display, one at a time, and open the window and the gate; no budget applies.

        `website` is the origin that the resident is about to connect, which alone may redeem the code. Raises
        `NotReadyError` after `close`.
        """
        self._require_open()
        self._register.expire()
        self.gate.open()
        self._window = Window(self._now + WINDOW, website)
        if again := self._register.find(PairingKind.DISPLAY):
            if again.requester.origin == website:
                return self._show_or_repeat(again)
            self._register.end(again, PairingState.EXPIRED)
        requester = Requester(source=DISPLAY_SOURCE, origin=website)
        return self._show(self._register.put(self._make(PairingKind.DISPLAY, requester, None)))

    def reveal(self, pairing_id: str) -> Pairing:
        """Show a pairing's code because a resident tapped "show", and open the failure gate.

        Another requested code that is shown goes back to waiting. Raises `UnknownPairingError`.
        """
        pairing = self._get(pairing_id)
        self.gate.open()
        if pairing.kind is not PairingKind.DISPLAY and pairing.state is not PairingState.SHOWN:
            for shown in self._register.shown():
                self._conceal(shown)
        return self._show_or_repeat(pairing)

    def conceal(self, pairing_id: str) -> None:
        """Put a shown code away until a resident taps "show". Attempts are kept. Raises `UnknownPairingError`."""
        pairing = self._get(pairing_id)
        if pairing.state is PairingState.SHOWN:
            self._conceal(pairing)

    def reject(self, pairing_id: str) -> None:
        """End a pairing because a resident refused it. Raises `UnknownPairingError`."""
        pairing = self._get(pairing_id)
        if pairing.kind is not PairingKind.DISPLAY:
            self._attention.refuse(pairing.requester, self._now)
        self._register.end(pairing, PairingState.REJECTED)

    def close(self) -> None:
        """End every pairing as expired, for good."""
        self._closed = True
        self._window = None
        self._register.close()

    # Requests.

    def _requested_before(self, kind: PairingKind, challenge: str | None) -> Pairing | None:
        """Return the pairing that a request repeats. One whose time is over for its requester is replaced."""
        again = self._register.find(kind, challenge)
        if again is None and challenge is not None:
            return next((refused for refused in self._register.outsiders() if refused.challenge == challenge), None)
        if again and again.hidden and again.answered_until <= self._now:
            self._register.end(again, PairingState.EXPIRED)
            return None
        return again

    def _show_again(self, pairing: Pairing, requester: Requester) -> Pairing:
        """Notify displays again, as long as the budget of the source allows it."""
        if pairing.kind is PairingKind.PLAIN and requester.triple != pairing.requester.triple and not pairing.shared:
            pairing = self._register.put(replace(pairing, shared=True))
            self._register.notify(pairing)
        elif pairing.state.live and self._requests.try_repetition(requester.source, self._now):
            self._register.notify(pairing)
        return pairing

    def _require_place(self, kind: PairingKind) -> None:
        """Raise `RateLimitedError` when as many bound pairings live as may outside the window."""
        bound = [p for p in self._register.outsiders() if p.kind is PairingKind.BOUND and not p.in_window]
        if kind is PairingKind.BOUND and len(bound) >= BOUND_MAX:
            self.turned_away += 1
            raise RateLimitedError(retry_after=min(pairing.answered_until for pairing in bound) - self._now)

    def _make_room(self, requester: Requester, challenge: str | None) -> None:
        """Make room in the list of the window: a requester has one bound pairing there, and proven ones come first."""
        waiting = [pairing for pairing in self._register if pairing.kind is not PairingKind.DISPLAY]
        for pairing in waiting:
            bound = challenge is not None and pairing.challenge is not None
            if bound and pairing.in_window and pairing.requester.triple == requester.triple:
                if pairing.state is PairingState.SHOWN:
                    raise RateLimitedError(retry_after=pairing.deadline - self._now)
                self._register.end(pairing, PairingState.EXPIRED)
                return
        if len(waiting) < WINDOW_LIST_MAX:
            return
        if requester.proven and (pushed := to_push_out(waiting)):
            self._register.end(pushed, PairingState.EXPIRED)
            return
        self.turned_away += 1
        raise RateLimitedError(retry_after=min(pairing.deadline for pairing in waiting) - self._now)

    def _add_request(
        self, kind: PairingKind, requester: Requester, challenge: str | None, *, in_window: bool
    ) -> Pairing:
        alone = not in_window and not self._register.outsiders()
        if alone:
            self.turned_away = 0
        by_itself = alone and not self._must_ask and not self._attention.is_slowed(requester, self._now)
        quiet, wakes = self._attention.claim(unproven=not (requester.proven or in_window), now=self._now)
        state = PairingState.REQUESTED if by_itself else PairingState.WAITING
        pairing = replace(
            self._make(kind, requester, challenge),
            state=state,
            answered_state=PairingState.SHOWN if by_itself else PairingState.WAITING,
            in_window=in_window,
            quiet=quiet,
            wakes=wakes,
        )
        self._register.notify(self._register.put(pairing))
        return self._show(pairing) if by_itself else pairing

    # Checks.

    def _check_plain(self, code: str, sender: Requester) -> Pairing:
        pairing = self._register.find(PairingKind.PLAIN)
        if pairing is None or pairing.code is None:
            self._checks.spend_junk(sender.source, self._now)
            bound = any(other.kind is PairingKind.BOUND for other in self._register.outsiders())
            raise ProofRequiredError if bound else ExpiredCodeError
        if not sender.may_redeem(pairing.requester):
            self._checks.spend_junk(sender.source, self._now)
            raise ProofRequiredError
        if not pairing.style.fits(code):
            self._checks.spend_junk(sender.source, self._now)
            raise WrongCodeError  # no guess, so no attempt
        self._checks.spend_guess(sender.source, self._now)
        attempts = self._register.attempts[pairing.id]
        if attempts[sender.source] >= ATTEMPTS_PER_SOURCE:
            raise RateLimitedError(retry_after=pairing.deadline - self._now)
        attempts[sender.source] += 1
        return self._compare(code, pairing.code, sender, pairing)

    def _check_bound(self, code: str, sender: Requester, proof: Proof) -> Pairing:
        pairing = self._register.of_requester(proof.pairing_id)
        if pairing is None or pairing.challenge is None:
            self._checks.spend_junk(sender.source, self._now)
            raise ExpiredCodeError
        self._require_proof(pairing, proof, sender.source)
        if not sender.may_redeem(pairing.requester):
            self._checks.spend_junk(sender.source, self._now)
            raise ProofRequiredError
        if pairing.code is not None and pairing.style.fits(code):
            return self._compare(code, pairing.code, sender, pairing)
        if pairing.code is None and not self._seems_live(pairing):
            raise ExpiredCodeError
        if pairing.style.fits(code):  # not shown, which its requester must not notice
            self._count_attempt(pairing, sender)
        raise WrongCodeError

    def _seems_live(self, pairing: Pairing) -> bool:
        """Whether a pairing whose code is not shown is one whose requester must believe that it may be."""
        return pairing.hidden and Status.of(pairing, self._now).state.live

    def _require_proof(self, pairing: Pairing, proof: Proof, source: str) -> None:
        if pairing.challenge is None or not proof.answers(pairing.challenge):
            self._checks.spend_junk(source, self._now)
            raise ProofRequiredError

    def _compare(self, typed: str, code: str, sender: Requester, pairing: Pairing) -> Pairing:
        """Count an attempt, then compare: nothing can come between the two."""
        self.gate.count()
        if equal(typed, code):
            # The typos of a bound pairing were its own resident's. Anybody may have made those of a plain one.
            self.gate.take_back(1 + (pairing.failures if pairing.kind is PairingKind.BOUND else 0))
            self.gate.publish()
            return self._pair(replace(pairing, checked_from=sender.source))
        over = pairing.hidden and pairing.answered_until <= self._now
        self._count_attempt(replace(pairing, failures=pairing.failures + 1), sender)
        self.gate.publish()
        if self.gate.closed:
            for shown in self._register.shown():
                self._conceal(shown)
        raise ExpiredCodeError if over else WrongCodeError

    def _check_display(self, code: str, sender: Requester) -> Pairing:
        pairing = self._register.find(PairingKind.DISPLAY)
        if pairing is None or pairing.code is None:
            raise ExpiredCodeError
        if not sender.may_redeem(pairing.requester):
            raise ProofRequiredError
        if not equal(code, pairing.code):
            raise WrongCodeError
        # Nobody requested it: whoever types the code is who the displays show as let in.
        return self._pair(replace(pairing, requester=sender, checked_from=sender.source))

    def _pair(self, pairing: Pairing) -> Pairing:
        """End a pairing as paired, and the window with it if the website came in by that."""
        if pairing.in_window or pairing.kind is PairingKind.DISPLAY:
            self._window = None
        return self._register.end(pairing, PairingState.PAIRED)

    def _count_attempt(self, pairing: Pairing, sender: Requester) -> None:
        pairing = replace(pairing, checked_from=sender.source, attempts_left=pairing.attempts_left - 1)
        if pairing.attempts_left <= 0:
            self._register.end(pairing, PairingState.EXHAUSTED)
        else:
            self._register.put(pairing)
            if pairing.state.live:
                self._register.notify(pairing)

    # Transitions.

    @property
    def _now(self) -> float:
        return self._environment.monotonic()

    @property
    def _must_ask(self) -> bool:
        return self.settings.ask_before_showing or self.gate.closed

    def _require_open(self) -> None:
        """Raise `NotReadyError` after `close`: a late request would start a timer that nothing cancels."""
        if self._closed:
            raise NotReadyError

    def _get(self, pairing_id: str) -> Pairing:
        self._register.expire()
        if pairing := self._register.get(pairing_id):
            return pairing
        raise UnknownPairingError

    def _make(self, kind: PairingKind, requester: Requester, challenge: str | None) -> Pairing:
        now = self._environment.now()
        deadline = self._now + self.settings.lifetime
        return Pairing(
            id=self._environment.new_id(),
            kind=kind,
            requester=requester,
            state=PairingState.WAITING,
            requested_at=now,
            expires_at=now + timedelta(seconds=self.settings.lifetime),
            deadline=deadline,
            attempts_left=ATTEMPTS_PLAIN_TOTAL if kind is PairingKind.PLAIN else ATTEMPTS_PER_SOURCE,
            style=self.settings.style_of(kind),
            answered_until=deadline,
            challenge=challenge,
        )

    def _show(self, pairing: Pairing) -> Pairing:
        """Generate a code and show it; its lifetime starts now."""
        shown = self._register.put(
            replace(
                pairing,
                state=PairingState.SHOWN,
                code=pairing.style.draw(self._environment.randbelow),
                deadline=self._now + self.settings.lifetime,
                expires_at=self._environment.now() + timedelta(seconds=self.settings.lifetime),
            )
        )
        self._register.notify(shown)
        return shown

    def _show_or_repeat(self, pairing: Pairing) -> Pairing:
        if pairing.state is not PairingState.SHOWN:
            return self._show(pairing)
        self._register.notify(pairing)
        return pairing

    def _conceal(self, pairing: Pairing) -> None:
        """Withdraw the code until a resident taps "show"; attempts and deadline stay."""
        self._register.notify(self._register.put(replace(pairing, state=PairingState.WAITING, code=None)))
