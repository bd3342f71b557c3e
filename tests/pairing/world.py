"""A world for the desk in which time passes when a test says so, and chance repeats itself."""

import base64
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
import hashlib
from itertools import count
import random

from custom_components.interphone.pairing.desk import DeskSettings, Environment, PairingDesk
from custom_components.interphone.pairing.gate import FailureGate
from custom_components.interphone.pairing.models import Pairing, PairingKind, PairingState, Proof, Requester

TIMERS_MAX = 100
START = datetime(2026, 1, 1, tzinfo=UTC)


class World:
    """A clock, its timers, chance, and whom the home knows."""

    def __init__(self, seed: int = 0) -> None:
        self.time = 1000.0
        self.timers: dict[int, tuple[float, Callable[[], None]]] = {}
        self.clock_ahead = 0.0
        self._handles = count()
        self._ids = count()
        self._random = random.Random(seed)  # noqa: S311 - chance that repeats itself is the point

    def timer(self, delay: float, callback: Callable[[], None]) -> Callable[[], None]:
        handle = next(self._handles)
        self.timers[handle] = (self.time + max(0.0, delay), callback)
        return lambda: self.timers.pop(handle, None) and None

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and each timer ring when its time has come."""
        end = self.time + seconds
        for rung in count():
            due = [(at, handle) for handle, (at, _) in self.timers.items() if at <= end]
            if not due:
                break
            assert rung < TIMERS_MAX, "a timer that sets itself again for now"
            at, handle = min(due)
            self.time = max(self.time, at)
            _, callback = self.timers.pop(handle)
            callback()
        self.time = end

    def now(self) -> datetime:
        """Return the wall clock's time, which goes with the other clock until it is set."""
        return START + timedelta(seconds=self.time + self.clock_ahead)

    def set_clock_forward(self, seconds: float) -> None:
        """Set the wall clock only."""
        self.clock_ahead += seconds

    def environment(self) -> Environment:
        return Environment(
            timer=self.timer,
            monotonic=lambda: self.time,
            now=self.now,
            randbelow=self._random.randrange,
            new_id=lambda: f"pairing-{next(self._ids)}",
        )

    def desk(self, settings: DeskSettings | None = None, gate: FailureGate | None = None) -> PairingDesk:
        return PairingDesk(settings or DeskSettings(), gate or FailureGate(), self.environment())


class Spending:
    """When a budget was spent, as a plain list: what is allowed is counted anew each time."""

    def __init__(self, *rates: tuple[int, float]) -> None:
        self.rates = rates
        self.times: list[float] = []

    def full(self, now: float) -> bool:
        return any(sum(at + window > now for at in self.times) >= count for count, window in self.rates)


def spend_all(now: float, *spendings: Spending) -> bool:
    """Spend all of these budgets, or none when one is full."""
    if any(spending.full(now) for spending in spendings):
        return False
    for spending in spendings:
        spending.times.append(now)
    return True


def shown_by_request(pairings: Iterable[Pairing]) -> list[Pairing]:
    return [p for p in pairings if p.state is PairingState.SHOWN and p.kind is not PairingKind.DISPLAY]


def requester(source: str = "192.0.2.1", *, proven: bool = False, **words: str) -> Requester:
    return Requester(source, proven=proven, **words)


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def proof(pairing: Pairing, verifier: str) -> Proof:
    return Proof(pairing.id, verifier)


def other_code(code: str) -> str:
    """Return a code of the same style that is not this one."""
    return ("1" if code[0] == "0" else "0") + code[1:]
