"""Every state of a pairing crossed with every event, against a second account of the rules."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import pytest

from custom_components.interphone.errors import (
    ExpiredCodeError,
    InterphoneError,
    NotReadyError,
    RateLimitedError,
    UnknownPairingError,
    WrongCodeError,
)
from custom_components.interphone.pairing.codes import DIGITS, LETTERS, CodeStyle
from custom_components.interphone.pairing.desk import DISPLAY_STYLE, DeskSettings
from custom_components.interphone.pairing.gate import FailureGate
from custom_components.interphone.pairing.models import Pairing, PairingKind, PairingState, Proof

from .world import World, challenge_of, other_code, requester

SOURCES = st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::/64", "192.0.2.4"])
VERIFIERS = st.sampled_from(["v0", "v1", "v2", "v3", "v4"])
MALFORMED = st.sampled_from(["", "1", "12345678901", "abcdefghijkl", "BCDFGHJKLMNB", "000 000-000", "é"])
PAUSES = st.sampled_from([0.0, 0.5, 30.0, 60.0, 299.0, 300.0, 3600.0, 86400.0])
# A code that the rules say is on the displays, and that nobody knows yet.
UNKNOWN = "?"


class Spending:
    """When a budget was spent, as a plain list: what is allowed is counted anew each time."""

    def __init__(self, *rates: tuple[int, float]) -> None:
        self.rates = rates
        self.times: list[float] = []

    def full(self, now: float) -> bool:
        return any(sum(at + window > now for at in self.times) >= count for count, window in self.rates)


class DeskMachine(RuleBasedStateMachine):
    """Acts on a desk, and knows from the rules what each act must come to."""

    @initialize(
        ask=st.booleans(),
        failures=st.sampled_from([0, 15, 19, 20]),
        style=st.sampled_from([CodeStyle(8, DIGITS), CodeStyle(9, DIGITS), CodeStyle(8, LETTERS)]),
        seed=st.integers(0, 1000),
    )
    def open(self, ask: bool, failures: int, style: CodeStyle, seed: int) -> None:  # noqa: FBT001 - hypothesis names it
        self.world = World(seed)
        self.ask, self.failures = ask, failures
        self.gate = FailureGate(failures)
        self.desk = self.world.desk(DeskSettings(style, ask_before_showing=ask), self.gate)
        self.style = style
        self.heard: dict[str, Pairing] = {}  # the last notification of each pairing
        self.codes: list[str] = []
        self.redeemed: Counter[str] = Counter()
        self.tried: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.requests = defaultdict[str, Spending](lambda: Spending((3, 600.0)))
        self.unknown = Spending((6, 3600.0), (20, 86400.0))
        self.checks = defaultdict[str, Spending](lambda: Spending((10, 60.0), (30, 3600.0)))
        self.all_checks = Spending((60, 3600.0))
        self.stalled = False
        self.repeats_left = 0
        self.failed_checks: list[AssertionError] = []
        self.desk.subscribe(self.hear)

    def hear(self, pairing: Pairing) -> None:
        """Check a notification; the desk survives what its subscribers raise, so a failed check is raised later."""
        try:
            self.check_notification(pairing)
        except AssertionError as err:
            self.failed_checks.append(err)

    @invariant()
    def every_notification_was_right(self) -> None:
        if self.failed_checks:
            raise self.failed_checks[0]

    def check_notification(self, pairing: Pairing) -> None:
        """A notification is of a change, or a repetition that the event allows."""
        before = self.heard.get(pairing.id)
        if before == pairing:
            self.repeats_left -= 1
            assert self.repeats_left >= 0, "notified twice of one change"
        if before is None:
            assert pairing.kind is not PairingKind.DISPLAY or pairing.state is PairingState.SHOWN
        else:
            assert before.state.live, "notified of an ended pairing"
            assert pairing.state is not PairingState.REQUESTED or before == pairing
            extended = pairing.deadline != before.deadline
            assert not extended or (pairing.state is PairingState.SHOWN and before.state.pending)
        ends_in = (pairing.expires_at - self.world.now()).total_seconds()
        assert ends_in == pytest.approx(pairing.deadline - self.world.time, abs=1e-3), "notified of a wrong end"
        if pairing.code is not None and pairing.code not in self.codes:
            self.codes.append(pairing.code)
        self.heard[pairing.id] = pairing

    # The second account of the rules.

    def open_gate(self) -> None:
        self.failures = 15 if self.failures >= 20 else self.failures

    @property
    def must_ask(self) -> bool:
        return self.ask or self.failures >= 20

    def live(self) -> dict[str, Pairing]:
        """What must be live now, also when time has passed and nobody has looked since."""
        live = {
            pairing.id: pairing
            for pairing in self.heard.values()
            if pairing.state.live and pairing.deadline > self.world.time
        }
        gone = any(pairing.state.live and pairing.id not in live for pairing in self.heard.values())
        if gone and not self.must_ask and not self.shown(live.values()):
            turn = next((pairing for pairing in live.values() if pairing.state is PairingState.REQUESTED), None)
            if turn:
                live[turn.id] = replace(turn, state=PairingState.SHOWN, code=UNKNOWN)
        return live

    @staticmethod
    def shown(pairings: Iterable[Pairing]) -> list[Pairing]:
        return [
            pairing
            for pairing in pairings
            if pairing.state is PairingState.SHOWN and pairing.kind is not PairingKind.DISPLAY
        ]

    def begun(self) -> Pairing | None:
        return next((pairing for pairing in self.live().values() if pairing.kind is PairingKind.DISPLAY), None)

    def act[T](
        self, event: Callable[[], T], refusal: type[InterphoneError] | None, *, repeats: int = 0
    ) -> T | InterphoneError:
        """Let an event happen, and be refused as the rules say or not at all."""
        self.repeats_left = repeats
        self.stalled = False
        try:
            outcome: T | InterphoneError = event()
        except InterphoneError as err:
            outcome = err
        assert (type(outcome) if isinstance(outcome, InterphoneError) else None) is refusal, outcome
        if isinstance(outcome, RateLimitedError):
            assert outcome.retry_after is not None
            assert 0 < outcome.retry_after <= 86400
        return outcome

    # Outsiders.

    @rule(source=SOURCES)
    def request_plain(self, source: str) -> None:
        self.request(source, None)

    @rule(source=SOURCES, verifier=VERIFIERS)
    def request_bound(self, source: str, verifier: str) -> None:
        self.request(source, challenge_of(verifier))

    def request(self, source: str, challenge: str | None) -> None:
        live, now = self.live(), self.world.time
        begun = self.begun()
        kind = PairingKind.PLAIN if challenge is None else PairingKind.BOUND
        again = next((p for p in live.values() if p.kind is kind and p.challenge == challenge), None)
        own, unknown = self.requests[source], [] if source in self.world.known else [self.unknown]
        full = any(spending.full(now) for spending in (own, *unknown))
        pending = sum(pairing.state.pending for pairing in live.values())
        refusal = None if again or not (full or pending >= 3) else RateLimitedError
        got = self.act(lambda: self.desk.request(requester(source), challenge), refusal, repeats=1)
        if again and not own.full(now):
            own.times.append(now)
        elif not again and not refusal:
            for spending in (own, *unknown):
                spending.times.append(now)
        if isinstance(got, Pairing):
            if again:
                assert (got.id, got.attempts_left) == (again.id, again.attempts_left)
                assert again.code == UNKNOWN or (got.code, got.deadline) == (again.code, again.deadline)
            else:
                assert got.kind is kind
                assert (got.state is PairingState.WAITING) is self.must_ask
                assert (got.code is not None) is not (self.must_ask or bool(self.shown(live.values())))
        assert self.begun() == begun

    def check(self, typed: str, source: str, proof: Proof | None = None) -> None:
        live, begun = self.live(), self.begun()
        refusal, target, counted = self.judge(typed, source, proof, live)
        got = self.act(lambda: self.desk.check(typed, source, proof), refusal)
        if isinstance(got, Pairing):
            assert target is not None
            assert (got.id, got.state, got.code) == (target.id, PairingState.PAIRED, None)
            self.redeemed[got.id] += 1
            if target.kind is PairingKind.BOUND:
                self.failures = max(0, self.failures - self.tried[target.id].total())
        elif counted and target:
            self.failures += 1
        if counted and target:
            self.tried[target.id][source] += 1
        assert self.begun() == (begun if not (isinstance(got, Pairing) and got.kind is PairingKind.DISPLAY) else None)

    def judge(
        self, typed: str, source: str, proof: Proof | None, live: dict[str, Pairing]
    ) -> tuple[type[InterphoneError] | None, Pairing | None, bool]:
        """Tell what a check must come to: the refusal, the pairing it is about, and whether it is an attempt."""
        code, now = typed.replace(" ", "").replace("-", "").upper(), self.world.time
        if DISPLAY_STYLE.fits(code):
            begun = self.begun()
            if begun is None:
                return ExpiredCodeError, None, False
            return (None if code == begun.code else WrongCodeError), begun, False
        if proof is None:
            target = next((pairing for pairing in live.values() if pairing.kind is PairingKind.PLAIN), None)
        else:
            target = live.get(proof.pairing_id)
            if target and (target.kind is not PairingKind.BOUND or challenge_of(proof.verifier) != target.challenge):
                target = None
        if target is None or (proof is None and (target.code is None or not self.fits(target, code))):
            spendings: tuple[Spending, ...] = (self.checks[source],)
        else:
            spendings = () if proof else (self.checks[source], self.all_checks)
        if any(spending.full(now) for spending in spendings):
            return RateLimitedError, None, False
        for spending in spendings:
            spending.times.append(now)
        return self.compare(code, source, target)

    def fits(self, target: Pairing, code: str) -> bool:
        length = max(self.style.length, 9) if target.kind is PairingKind.BOUND else self.style.length
        return replace(self.style, length=length).fits(code)

    def compare(
        self, code: str, source: str, target: Pairing | None
    ) -> tuple[type[InterphoneError] | None, Pairing | None, bool]:
        if target is None or target.code is None:
            return ExpiredCodeError, None, False
        if not self.fits(target, code):
            return WrongCodeError, target, False
        if self.tried[target.id][source] >= 5:
            return RateLimitedError, target, False
        return (None if code == target.code else WrongCodeError), target, True

    def proof_of(self, pairing: Pairing) -> Proof | None:
        if pairing.kind is not PairingKind.BOUND:
            return None
        [verifier] = [f"v{n}" for n in range(5) if challenge_of(f"v{n}") == pairing.challenge]
        return Proof(pairing.id, verifier)

    @precondition(lambda self: any(pairing.code for pairing in self.heard.values()))
    @rule(source=SOURCES, data=st.data())
    def check_right(self, source: str, data: st.DataObject) -> None:
        pairing = data.draw(st.sampled_from([pairing for pairing in self.heard.values() if pairing.code]))
        self.check(pairing.code or "", source, self.proof_of(pairing))

    @precondition(lambda self: any(pairing.code for pairing in self.heard.values()))
    @rule(source=SOURCES, times=st.sampled_from([1, 2, 6, 8]), data=st.data())
    def check_wrong(self, source: str, times: int, data: st.DataObject) -> None:
        pairing = data.draw(st.sampled_from([pairing for pairing in self.heard.values() if pairing.code]))
        code = pairing.code or ""
        wrong = code[:-1] + ("B" if code[-1] != "B" else "C") if code.isalpha() else other_code(code)
        for _ in range(times):
            self.check(wrong, source, self.proof_of(pairing))

    @precondition(lambda self: self.heard)
    @rule(source=SOURCES, typed=MALFORMED, data=st.data())
    def check_malformed(self, source: str, typed: str, data: st.DataObject) -> None:
        pairing = data.draw(st.sampled_from(list(self.heard.values())))
        self.check(typed, source, self.proof_of(pairing))

    @precondition(lambda self: self.codes)
    @rule(source=SOURCES, verifier=VERIFIERS, data=st.data())
    def check_crossed(self, source: str, verifier: str, data: st.DataObject) -> None:
        """Any code there ever was, with any proof or none: of another kind, of another pairing, of one long gone."""
        code = data.draw(st.sampled_from(self.codes))
        pairing_id = data.draw(st.sampled_from([None, "no such pairing", *self.heard]))
        self.check(code, source, None if pairing_id is None else Proof(pairing_id, verifier))

    # Residents.

    @rule()
    def begin(self) -> None:
        begun = self.begun()
        got = self.act(self.desk.begin, None, repeats=1)
        self.open_gate()
        assert isinstance(got, Pairing)
        assert got == begun if begun else DISPLAY_STYLE.fits(got.code or "")

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def reveal(self, data: st.DataObject) -> None:
        pairing_id = data.draw(st.sampled_from(list(self.heard)))
        known = pairing_id in self.live()
        got = self.act(lambda: self.desk.reveal(pairing_id), None if known else UnknownPairingError, repeats=1)
        if known:
            self.open_gate()
            assert isinstance(got, Pairing)
            assert got.state is PairingState.SHOWN

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        pairing_id = data.draw(st.sampled_from(list(self.heard)))
        known = pairing_id in self.live()
        self.act(lambda: self.desk.reject(pairing_id), None if known else UnknownPairingError)
        if known:
            assert self.heard[pairing_id].state is PairingState.REJECTED

    @rule(source=SOURCES)
    def be_known(self, source: str) -> None:
        self.world.known ^= {source}

    # Time.

    @rule(seconds=PAUSES)
    def pass_time(self, seconds: float) -> None:
        self.act(lambda: self.world.pass_time(seconds), None)

    @rule(seconds=PAUSES)
    def stall(self, seconds: float) -> None:
        """Time passes, and the timers have not rung yet."""
        self.world.time += seconds
        self.stalled = True

    @precondition(lambda self: self.world.timers)
    @rule()
    def ring_early(self) -> None:
        handle, (_, callback) = next(iter(self.world.timers.items()))
        del self.world.timers[handle]
        self.act(callback, None)

    # What always holds.

    @invariant()
    def listeners_agree(self) -> None:
        if not self.stalled:
            self.repeats_left = 0
            live = {pairing.id: pairing for pairing in self.desk.live()}
            assert live == {pairing.id: pairing for pairing in self.heard.values() if pairing.state.live}

    @invariant()
    def few_at_once(self) -> None:
        live = [pairing for pairing in self.heard.values() if pairing.state.live]
        shown, pending = len(self.shown(live)), sum(pairing.state.pending for pairing in live)
        assert shown <= 1
        # Three may wait; the gate may take the code of the one that was shown, which then waits with them.
        assert pending <= (4 if self.gate.closed else 3)
        assert shown + pending <= 4
        assert sum(pairing.kind is PairingKind.DISPLAY for pairing in live) <= 1
        assert all(pairing.state is PairingState.SHOWN for pairing in live if pairing.kind is PairingKind.DISPLAY)

    @invariant()
    def codes_only_while_shown(self) -> None:
        for pairing in self.heard.values():
            assert (pairing.code is not None) is (pairing.state is PairingState.SHOWN)

    @invariant()
    def closed_gate_hides_all(self) -> None:
        assert self.gate.failures == self.failures
        if self.gate.closed:
            outsiders = [p for p in self.heard.values() if p.state.live and p.kind is not PairingKind.DISPLAY]
            assert all(pairing.state is PairingState.WAITING for pairing in outsiders)

    @invariant()
    def budgets_hold(self) -> None:
        for pairing_id, tried in self.tried.items():
            pairing = self.heard[pairing_id]
            in_all = 20 if pairing.kind is PairingKind.PLAIN else 5
            assert tried.total() <= in_all
            assert max(tried.values(), default=0) <= 5
            assert pairing.attempts_left == in_all - tried.total() + self.redeemed[pairing_id]
        assert all(times == 1 for times in self.redeemed.values())

    @invariant()
    def one_timer_for_the_next_end(self) -> None:
        live = [pairing.deadline for pairing in self.heard.values() if pairing.state.live]
        if not self.stalled:
            assert [at for at, _ in self.world.timers.values()] == ([min(live)] if live else [])
        assert all(deadline <= self.world.time + 300 for deadline in live)

    def teardown(self) -> None:
        self.repeats_left = 0
        self.desk.close()
        assert not self.world.timers
        assert not any(pairing.state.live for pairing in self.heard.values())
        self.act(lambda: self.desk.request(requester()), NotReadyError)
        self.act(self.desk.begin, NotReadyError)
        assert not self.world.timers


TestDeskStates = DeskMachine.TestCase
TestDeskStates.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
