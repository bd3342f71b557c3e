"""Every state of a pairing crossed with every event, against a second account of the rules."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import pytest

from custom_components.interphone.errors import (
    ExpiredCodeError,
    InterphoneError,
    NotReadyError,
    ProofRequiredError,
    RateLimitedError,
    UnknownPairingError,
    WrongCodeError,
)
from custom_components.interphone.pairing.codes import DIGITS, LETTERS, CodeStyle
from custom_components.interphone.pairing.desk import DISPLAY_STYLE, DeskSettings
from custom_components.interphone.pairing.gate import FailureGate
from custom_components.interphone.pairing.models import Pairing, PairingKind, PairingState, Proof

from .world import Spending, World, challenge_of, other_code, requester, shown_by_request, spend_all

pytestmark = pytest.mark.slow

SOURCES = st.sampled_from(["192.0.2.1", "192.0.2.2", "2001:db8::/64", "192.0.2.4"])
VERIFIERS = st.sampled_from(["v0", "v1", "v2", "v3", "v4"])
MALFORMED = st.sampled_from(["", "1", "12345678901", "abcdefghijkl", "BCDFGHJKLMNB", "000 000-000", "é"])
PAUSES = st.sampled_from([0.0, 0.5, 30.0, 60.0, 299.0, 300.0, 3600.0, 86400.0])


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
        self.known: set[str] = set()
        self.window_until = 0.0
        self.ended: dict[str, tuple[Pairing, float]] = {}  # bound ones, as their requester may still check them
        self.slowed: dict[str, float] = {}
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
        if pairing.kind is PairingKind.BOUND and not pairing.state.live:
            refused = pairing.state is PairingState.REJECTED and pairing.hidden
            until = max(self.world.time, pairing.answered_until) if refused else self.world.time
            self.ended[pairing.id] = (pairing, until + 60)

    # The second account of the rules.

    def open_gate(self) -> None:
        self.failures = 15 if self.failures >= 20 else self.failures

    @property
    def must_ask(self) -> bool:
        return self.ask or self.failures >= 20

    def live(self) -> dict[str, Pairing]:
        """What must be live now, also when time has passed and nobody has looked since."""
        return {
            pairing.id: pairing
            for pairing in self.heard.values()
            if pairing.state.live and pairing.deadline > self.world.time
        }

    def refused_unnoticed(self) -> list[Pairing]:
        """What a resident refused, and its requester must believe to live."""
        return [
            pairing
            for pairing, _ in self.ended.values()
            if pairing.state is PairingState.REJECTED and pairing.hidden and pairing.answered_until > self.world.time
        ]

    def outsiders(self) -> list[Pairing]:
        live = [pairing for pairing in self.live().values() if pairing.kind is not PairingKind.DISPLAY]
        return [*live, *self.refused_unnoticed()]

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
        now, begun, outsiders = self.world.time, self.begun(), self.outsiders()
        kind = PairingKind.PLAIN if challenge is None else PairingKind.BOUND
        again = next((p for p in outsiders if p.kind is kind and p.challenge == challenge), None)
        if again and again.state.live and again.hidden and again.answered_until <= now:
            outsiders.remove(again)  # over for its requester, whatever residents did meanwhile
            again = None
        window, proven = self.window_until > now, source in self.known
        own, unknown = self.requests[source], [] if proven else [self.unknown]
        refusal = None
        if not again and window:
            same = [p for p in outsiders if challenge and p.in_window and p.challenge and p.requester.source == source]
            refusal = RateLimitedError if any(p.state is PairingState.SHOWN for p in same) else None
        elif not again:
            bound = sum(p.kind is PairingKind.BOUND and not p.in_window for p in outsiders)
            no_place = kind is PairingKind.BOUND and bound >= 3
            full = any(spending.full(now) for spending in (own, *unknown))
            refusal = RateLimitedError if no_place or full else None
            if not refusal:
                for spending in (own, *unknown):
                    spending.times.append(now)
        elif (
            again.state.live
            and not (kind is PairingKind.PLAIN and again.requester.source != source and not again.shared)
            and not own.full(now)
        ):
            own.times.append(now)
        asked = requester(source, proven=proven)
        got = self.act(lambda: self.desk.request(asked, challenge), refusal, repeats=1)
        if isinstance(got, Pairing) and again:
            assert (got.id, got.attempts_left, got.code, got.deadline) == (
                again.id,
                again.attempts_left,
                again.code,
                again.deadline,
            )
        elif isinstance(got, Pairing):
            by_itself = not (window or outsiders or self.must_ask or self.slowed.get(source, 0) > now)
            assert got.kind is kind
            assert got.in_window is window
            assert got.state is (PairingState.SHOWN if by_itself else PairingState.WAITING)
            assert (got.code is not None) is by_itself
            assert got.answered_state is got.state
        assert self.begun() == begun

    def check(self, typed: str, source: str, proof: Proof | None = None) -> None:
        begun = self.begun()
        refusal, target, counted = self.judge(typed, source, proof)
        before = self.failures
        got = self.act(lambda: self.desk.check(typed, requester(source), proof), refusal)
        if counted and target:
            self.tried[target.id][source] += 1
        if isinstance(got, Pairing):
            assert target is not None
            assert (got.id, got.state, got.code) == (target.id, PairingState.PAIRED, None)
            self.redeemed[got.id] += 1
            if target.kind is PairingKind.BOUND:
                self.failures = max(0, before - target.failures)
            if target.kind is PairingKind.DISPLAY or target.in_window:
                self.window_until = 0.0
        elif counted and target and target.code is not None:
            self.failures += 1
        if counted and target and target.id in self.ended:  # a refused one: nobody hears of its attempts
            left = target.attempts_left - 1
            if target.state is PairingState.REJECTED:
                state = PairingState.EXHAUSTED if left <= 0 else target.state
                until = self.world.time + 60 if left <= 0 else self.ended[target.id][1]
                self.ended[target.id] = (replace(target, attempts_left=left, state=state), until)
        assert self.begun() == (begun if not (isinstance(got, Pairing) and got.kind is PairingKind.DISPLAY) else None)

    def judge(
        self, typed: str, source: str, proof: Proof | None
    ) -> tuple[type[InterphoneError] | None, Pairing | None, bool]:
        """Tell what a check must come to: the refusal, the pairing it is about, and whether it is an attempt."""
        code = typed.replace(" ", "").replace("-", "").upper()
        if DISPLAY_STYLE.fits(code):
            begun = self.begun()
            if begun is None or begun.code is None:
                return ExpiredCodeError, None, False
            return (None if code == begun.code else WrongCodeError), begun, False
        return self.judge_plain(code, source) if proof is None else self.judge_bound(code, source, proof)

    def judge_plain(self, code: str, source: str) -> tuple[type[InterphoneError] | None, Pairing | None, bool]:
        own, outsiders = self.checks[source], self.outsiders()
        target = next((pairing for pairing in outsiders if pairing.kind is PairingKind.PLAIN), None)
        if target is None or target.code is None:
            bound = any(pairing.kind is PairingKind.BOUND for pairing in outsiders)
            silent = ProofRequiredError if bound else ExpiredCodeError
            return (silent if spend_all(self.world.time, own) else RateLimitedError), None, False
        if not self.fits(target, code):
            return (WrongCodeError if spend_all(self.world.time, own) else RateLimitedError), None, False
        if not spend_all(self.world.time, own, self.all_checks) or self.tried[target.id][source] >= 5:
            return RateLimitedError, None, False
        return (None if code == target.code else WrongCodeError), target, True

    def judge_bound(
        self, code: str, source: str, proof: Proof
    ) -> tuple[type[InterphoneError] | None, Pairing | None, bool]:
        now = self.world.time
        expired = next(
            (p for p in self.heard.values() if p.id == proof.pairing_id and p.state.live and p.deadline <= now), None
        )
        ended, until = self.ended.get(proof.pairing_id, (None, 0.0))
        target = self.live().get(proof.pairing_id) or (ended if until > now else None)
        if target is None and expired and expired.kind is PairingKind.BOUND:
            target = replace(expired, state=PairingState.EXPIRED, code=None)
        own = self.checks[source]
        if target is None or target.challenge is None:
            return (ExpiredCodeError if spend_all(self.world.time, own) else RateLimitedError), None, False
        if challenge_of(proof.verifier) != target.challenge:
            return (ProofRequiredError if spend_all(self.world.time, own) else RateLimitedError), None, False
        over = target.answered_until <= now
        if target.code is not None and self.fits(target, code):
            wrong = ExpiredCodeError if target.hidden and over else WrongCodeError
            return (None if code == target.code else wrong), target, True
        silent = target.state.live or target.state is PairingState.REJECTED
        if target.code is None and not (target.hidden and silent and not over):
            return ExpiredCodeError, None, False
        return WrongCodeError, target, self.fits(target, code)

    def fits(self, target: Pairing, code: str) -> bool:
        length = max(self.style.length, 9) if target.kind is PairingKind.BOUND else self.style.length
        return replace(self.style, length=length).fits(code)

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
        self.window_until = self.world.time + 120
        assert isinstance(got, Pairing)
        assert DISPLAY_STYLE.fits(got.code or "")
        assert got == begun or not (begun and begun.code)

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
        known = self.live().get(pairing_id)
        self.act(lambda: self.desk.reject(pairing_id), None if known else UnknownPairingError)
        if known:
            assert self.heard[pairing_id].state is PairingState.REJECTED
            if known.kind is not PairingKind.DISPLAY:
                self.slowed[known.requester.source] = self.world.time + 600

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def conceal(self, data: st.DataObject) -> None:
        pairing_id = data.draw(st.sampled_from(list(self.heard)))
        known = pairing_id in self.live()
        self.act(lambda: self.desk.conceal(pairing_id), None if known else UnknownPairingError)
        if known:
            assert self.heard[pairing_id].state is PairingState.WAITING

    @rule(source=SOURCES)
    def be_known(self, source: str) -> None:
        self.known ^= {source}

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
        assert len(shown_by_request(live)) <= 1
        assert sum(pairing.kind is PairingKind.BOUND and not pairing.in_window for pairing in live) <= 3
        for kind in (PairingKind.PLAIN, PairingKind.DISPLAY):
            assert sum(pairing.kind is kind for pairing in live) <= 1

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
            ended = self.ended.get(pairing_id, (None,))[0]
            left = (ended if ended and ended.attempts_left < pairing.attempts_left else pairing).attempts_left
            assert left == in_all - tried.total() + self.redeemed[pairing_id]
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
