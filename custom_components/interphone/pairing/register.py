"""The register of pairings: those that live, and those that ended a moment ago. Pure: the clock is a parameter."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from ..listeners import Listeners
from .limits import Clock
from .models import Pairing, PairingKind, PairingState

# Seconds that an ended pairing still answers its end state to its verifier.
END_STATE_LIFETIME: Final = 60.0
# Ended pairings that are remembered, which bounds memory.
ENDED_MAX: Final = 256

# Calls a function once after a delay in seconds; the returned function cancels that.
type Timer = Callable[[float, Callable[[], None]], Callable[[], None]]


class Register:
    """Owns the pairings and notifies subscribers of every change. The timer ends those whose time is over."""

    def __init__(self, timer: Timer, monotonic: Clock) -> None:
        """Start without pairings."""
        self._timer = timer
        self._monotonic = monotonic
        self._live: dict[str, Pairing] = {}
        self._ended: dict[str, tuple[Pairing, float]] = {}
        self.attempts: dict[str, Counter[str]] = {}
        self._listeners = Listeners[Pairing]("pairings")
        self._cancel_timer: Callable[[], None] | None = None

    def __iter__(self) -> Iterator[Pairing]:
        """Iterate over a copy of the live pairings, oldest first."""
        return iter(tuple(self._live.values()))

    def subscribe(self, listener: Callable[[Pairing], None]) -> Callable[[], None]:
        """Call `listener` with every changed pairing, until the returned function is called."""
        return self._listeners.subscribe(listener)

    def notify(self, pairing: Pairing) -> None:
        """Call the subscribers with a pairing."""
        self._listeners.notify(pairing)

    def get(self, pairing_id: str) -> Pairing | None:
        """Return a live pairing."""
        return self._live.get(pairing_id)

    def find(self, kind: PairingKind, challenge: str | None = None) -> Pairing | None:
        """Return the live pairing of a kind with a challenge."""
        return next((pairing for pairing in self if pairing.kind is kind and pairing.challenge == challenge), None)

    def of_requester(self, pairing_id: str) -> Pairing | None:
        """Return a bound pairing as its requester may still ask about it: live, or ended a moment ago.

        One that a resident refused counts as live to its requester until its time is over; see `Pairing.hidden`.
        """
        self._forget_ended()
        return self._live.get(pairing_id) or self._ended.get(pairing_id, (None,))[0]

    def outsiders(self) -> tuple[Pairing, ...]:
        """Return the pairings that websites requested, those included that only a resident knows to be refused."""
        now = self._monotonic()
        refused = (
            pairing
            for pairing, _ in self._ended.values()
            if pairing.hidden and pairing.state is PairingState.REJECTED and pairing.answered_until > now
        )
        return (*(pairing for pairing in self if pairing.kind is not PairingKind.DISPLAY), *refused)

    def shown(self) -> tuple[Pairing, ...]:
        """Return the requested pairings whose code displays show."""
        return tuple(
            pairing
            for pairing in self
            if pairing.state is PairingState.SHOWN and pairing.kind is not PairingKind.DISPLAY
        )

    def put(self, pairing: Pairing) -> Pairing:
        """Add or replace a pairing. One that has ended already stays ended."""
        if pairing.id in self._ended:
            self._ended[pairing.id] = (pairing, self._ended[pairing.id][1])
            return pairing
        self._live[pairing.id] = pairing
        self.attempts.setdefault(pairing.id, Counter())
        self._set_timer()
        return pairing

    def end(self, pairing: Pairing, state: PairingState) -> Pairing:
        """End a pairing and notify the subscribers."""
        ended = replace(pairing, state=state, code=None)
        if pairing.id in self._ended:  # refused before
            self._ended[pairing.id] = (ended, self._monotonic() + END_STATE_LIFETIME)
            return ended
        del self._live[pairing.id], self.attempts[pairing.id]
        if pairing.kind is PairingKind.BOUND:
            self._remember(ended)
        self._set_timer()
        self.notify(ended)
        return ended

    def expire(self) -> None:
        """End the pairings whose time is over."""
        now = self._monotonic()
        for pairing in self:
            if pairing.deadline <= now:
                self.end(pairing, PairingState.EXPIRED)
        self._forget_ended()

    def close(self) -> None:
        """End all of them as expired, and forget all."""
        for pairing in self:
            self.end(pairing, PairingState.EXPIRED)
        self._ended.clear()
        self._set_timer()

    def next_deadline(self) -> float:
        """Return when the next live pairing ends. There must be one."""
        return min(pairing.deadline for pairing in self)

    def _remember(self, ended: Pairing) -> None:
        now = self._monotonic()
        known_until = ended.answered_until if ended.hidden and ended.state is PairingState.REJECTED else now
        self._ended[ended.id] = (ended, max(known_until, now) + END_STATE_LIFETIME)
        while len(self._ended) > ENDED_MAX:
            del self._ended[next(iter(self._ended))]

    def _forget_ended(self) -> None:
        now = self._monotonic()
        self._ended = {key: value for key, value in self._ended.items() if value[1] > now}

    def _set_timer(self) -> None:
        """Schedule the next expiry, so that displays hear of it in time."""
        if self._cancel_timer:
            self._cancel_timer()
            self._cancel_timer = None
        if self._live:
            self._cancel_timer = self._timer(self.next_deadline() - self._monotonic(), self._on_timer)

    def _on_timer(self) -> None:
        self.expire()
        self._set_timer()  # again: the timer may have fired a moment early
