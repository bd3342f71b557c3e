"""The desk and the failure gate: what closes it, what it conceals, what opens it."""

import pytest

from custom_components.interphone.errors import WrongCodeError
from custom_components.interphone.pairing.desk import DeskSettings, PairingDesk
from custom_components.interphone.pairing.gate import FAILURE_GATE, FAILURES_WHEN_OPENED, FailureGate
from custom_components.interphone.pairing.models import Pairing, PairingKind, PairingState

from .test_desk import code_of, wrong
from .world import World, challenge_of, other_code, proof, requester

ASK = DeskSettings(ask_before_showing=True)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def desk(world: World) -> PairingDesk:
    return world.desk()


def only_begun(desk: PairingDesk) -> Pairing:
    [begun] = (pairing for pairing in desk.live() if pairing.kind is PairingKind.DISPLAY)
    return begun


class TestGate:
    def close_by_guessing(self, desk: PairingDesk) -> None:
        desk.gate.failures = FAILURE_GATE - 1
        [plain] = (pairing for pairing in desk.live() if pairing.kind is PairingKind.PLAIN)
        wrong(desk, code_of(plain), "guesser")

    def test_the_failure_that_closes_it_takes_every_code_away(self, desk: PairingDesk) -> None:
        desk.request(requester("a"))
        desk.request(requester("b"), challenge_of("v"))
        self.close_by_guessing(desk)
        assert [(pairing.state, pairing.code) for pairing in desk.live()] == [(PairingState.WAITING, None)] * 2

    def test_the_code_of_a_display_outlives_it(self, desk: PairingDesk) -> None:
        """Whatever outsiders guess, the code that a resident is about to type stays good."""
        heard: list[Pairing] = []
        desk.request(requester("a"))
        own = desk.begin()
        desk.subscribe(heard.append)
        self.close_by_guessing(desk)
        assert desk.gate.closed
        assert own.id not in {pairing.id for pairing in heard}
        assert only_begun(desk) == own
        assert desk.check(code_of(own), requester("a")).state is PairingState.PAIRED

    def test_a_pairing_that_waits_already_is_announced_no_more(self, world: World) -> None:
        """Displays hear of what the gate changes, and of nothing else."""
        desk = world.desk(ASK)
        shown, waiting = desk.request(requester("a")), desk.request(requester("b"), challenge_of("v"))
        desk.reveal(shown.id)
        heard: list[Pairing] = []
        desk.subscribe(heard.append)
        self.close_by_guessing(desk)
        assert desk.gate.closed
        assert [(pairing.id, pairing.state) for pairing in heard] == [
            (shown.id, PairingState.SHOWN),  # an attempt less
            (shown.id, PairingState.WAITING),
        ]
        assert {pairing.id for pairing in desk.live()} == {shown.id, waiting.id}

    def test_only_a_tap_opens_it(self, world: World, desk: PairingDesk) -> None:
        desk.request(requester("a"))
        self.close_by_guessing(desk)
        world.pass_time(30 * 86400)
        pairing = desk.request(requester("b"), challenge_of("v"))
        assert pairing.state is PairingState.WAITING
        assert desk.gate.closed
        desk.reveal(pairing.id)
        assert desk.gate.failures == FAILURES_WHEN_OPENED
        desk.reject(pairing.id)
        world.pass_time(300)
        assert desk.request(requester("c")).state is PairingState.SHOWN

    def test_a_code_begun_at_a_display_opens_it(self, desk: PairingDesk) -> None:
        desk.gate.failures = FAILURE_GATE
        desk.begin()
        assert desk.gate.failures == FAILURES_WHEN_OPENED

    def test_a_tap_while_it_is_open_leaves_the_count_alone(self, world: World) -> None:
        desk = world.desk(ASK, FailureGate(17))
        desk.reveal(desk.request(requester()).id)
        desk.begin()
        assert desk.gate.failures == 17

    def test_typos_of_a_bound_pairing_that_succeeds_are_taken_back(self, world: World) -> None:
        desk = world.desk(gate=FailureGate(3))
        pairing = desk.request(requester(), challenge_of("v"))
        for failures in (4, 5, 6):
            with pytest.raises(WrongCodeError):
                desk.check(other_code(code_of(pairing)), requester("a"), proof(pairing, "v"))
            assert desk.gate.failures == failures
        desk.check(code_of(pairing), requester("a"), proof(pairing, "v"))
        assert desk.gate.failures == 3

    def test_typos_of_a_plain_pairing_that_succeeds_stay(self, desk: PairingDesk) -> None:
        code = code_of(desk.request(requester()))
        wrong(desk, code, "a")
        desk.check(code, requester("a"))
        assert desk.gate.failures == 1

    def test_a_right_code_is_no_failure(self, world: World) -> None:
        desk = world.desk(gate=FailureGate(FAILURE_GATE - 1))
        desk.check(code_of(desk.request(requester())), requester("a"))
        assert desk.gate.failures == FAILURE_GATE - 1

    def test_stays_closed_across_a_restart(self, world: World) -> None:
        desk = world.desk(gate=FailureGate(FAILURE_GATE))
        assert desk.request(requester()).state is PairingState.WAITING
