"""The desk by examples. `test_desk_states.py` crosses every state with every event."""

from datetime import timedelta

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
from custom_components.interphone.pairing.budgets import CHECKS_PER_SOURCE, REQUESTS_PER_SOURCE
from custom_components.interphone.pairing.codes import LETTERS, CodeStyle
from custom_components.interphone.pairing.desk import (
    ATTEMPTS_PER_SOURCE,
    ATTEMPTS_PLAIN_TOTAL,
    DeskSettings,
    PairingDesk,
)
from custom_components.interphone.pairing.gate import FailureGate
from custom_components.interphone.pairing.models import Pairing, PairingKind, PairingState

from .world import World, challenge_of, other_code, proof, requester

ASK = DeskSettings(ask_before_showing=True)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def desk(world: World) -> PairingDesk:
    return world.desk()


def only(desk: PairingDesk) -> Pairing:
    [pairing] = desk.live()
    return pairing


def code_of(pairing: Pairing) -> str:
    assert pairing.code is not None
    return pairing.code


def wrong(desk: PairingDesk, code: str, source: str) -> None:
    with pytest.raises(WrongCodeError):
        desk.check(other_code(code), requester(source))


class TestPlain:
    def test_a_code_is_redeemed_once(self, desk: PairingDesk) -> None:
        code = code_of(desk.request(requester()))
        assert desk.check(f" {code[:3]} {code[3:6]}-{code[6:]} ", requester("192.0.2.9")).state is PairingState.PAIRED
        with pytest.raises(ExpiredCodeError):
            desk.check(code, requester("192.0.2.9"))

    def test_a_code_with_leading_zeros(self, world: World) -> None:
        environment = world.environment()
        desk = PairingDesk(DeskSettings(), FailureGate(), environment.__class__(world.timer, randbelow=lambda _n: 0))
        assert desk.request(requester()).code == "000000000"
        with pytest.raises(WrongCodeError):
            desk.check("0", requester("a"))
        assert desk.check("000000000", requester("a")).state is PairingState.PAIRED

    def test_letters_are_typed_in_any_case(self, world: World) -> None:
        desk = world.desk(DeskSettings(CodeStyle(8, LETTERS)))
        code = code_of(desk.request(requester()))
        assert desk.check(code.lower(), requester("a")).state is PairingState.PAIRED

    def test_asking_again_shows_the_same_code_and_does_not_extend_it(self, world: World, desk: PairingDesk) -> None:
        first = desk.request(requester("a"))
        heard: list[Pairing] = []
        desk.subscribe(heard.append)
        world.pass_time(299)
        assert desk.request(requester("a")) == first
        assert heard == [first]
        world.pass_time(1)
        assert desk.live() == ()
        assert heard[-1].state is PairingState.EXPIRED
        with pytest.raises(ExpiredCodeError):
            desk.check(code_of(first), requester("a"))

    def test_asking_again_and_again_notifies_displays_no_more_than_allowed(self, desk: PairingDesk) -> None:
        heard: list[Pairing] = []
        desk.subscribe(heard.append)
        codes = {desk.request(requester()).code for _ in range(20)}
        assert len(codes) == 1
        ((allowed, _),) = REQUESTS_PER_SOURCE
        assert len(heard) == 1 + allowed  # requested, and as often shown

    def test_five_attempts_per_source(self, desk: PairingDesk) -> None:
        code = code_of(desk.request(requester()))
        for _ in range(ATTEMPTS_PER_SOURCE):
            wrong(desk, code, "guesser")
        with pytest.raises(RateLimitedError):
            desk.check(code, requester("guesser"))
        assert desk.check(code, requester("resident")).state is PairingState.PAIRED

    def test_twenty_attempts_in_all(self, desk: PairingDesk) -> None:
        code = code_of(desk.request(requester()))
        heard: list[Pairing] = []
        desk.subscribe(heard.append)
        for number in range(ATTEMPTS_PLAIN_TOTAL):
            wrong(desk, code, f"source {number}")
        assert heard[-1].state is PairingState.EXHAUSTED
        with pytest.raises(ExpiredCodeError):
            desk.check(code, requester("resident"))

    def test_what_could_be_no_code_is_no_attempt(self, desk: PairingDesk) -> None:
        desk.request(requester())
        for typed in ("", "1", "abcdefghi", "12345678", "1234567890", "１"):  # noqa: RUF001 - a digit, of another script
            with pytest.raises(WrongCodeError):
                desk.check(typed, requester("a"))
        assert only(desk).attempts_left == ATTEMPTS_PLAIN_TOTAL
        assert desk.gate.failures == 0

    def test_ten_checks_a_minute_even_when_there_is_no_code(self, world: World, desk: PairingDesk) -> None:
        (per_minute, _), _ = CHECKS_PER_SOURCE
        for _ in range(per_minute):
            with pytest.raises(ExpiredCodeError):
                desk.check("123456789", requester("a"))
        with pytest.raises(RateLimitedError) as refused:
            desk.check("123456789", requester("a"))
        assert refused.value.retry_after == 60
        world.pass_time(60)
        with pytest.raises(ExpiredCodeError):
            desk.check("123456789", requester("a"))

    def test_sixty_guesses_an_hour_from_all_sources(self, world: World, desk: PairingDesk) -> None:
        for number in range(60):
            desk.gate.failures = 0
            if not desk.live():
                desk.request(requester(f"source {number}", proven=True))
            wrong(desk, code_of(only(desk)), f"source {number}")
        code = code_of(desk.request(requester("source", proven=True)))
        with pytest.raises(RateLimitedError) as refused:
            desk.check(code, requester("one more"))
        assert refused.value.retry_after == 3600
        world.pass_time(3600)
        assert (
            desk.check(code_of(desk.request(requester("source", proven=True))), requester("one more")).state
            is PairingState.PAIRED
        )

    def test_checks_that_compare_nothing_cost_their_own_source_only(self, desk: PairingDesk) -> None:
        """Sixty checks of nothing from three addresses would otherwise keep a resident out for an hour."""
        for number in range(60):
            with pytest.raises(ExpiredCodeError):
                desk.check("123456789", requester(f"source {number}"))
        plain = desk.request(requester())
        for number in range(60):
            with pytest.raises(WrongCodeError):
                desk.check("1", requester(f"another {number}"))
        assert desk.check(code_of(plain), requester("resident")).state is PairingState.PAIRED

    def test_the_code_is_compared_by_nothing_but_its_digest(self, world: World) -> None:
        class Watched(str):
            """A code that shows its characters to nobody who compares them one by one."""

            __slots__ = ()

            def __eq__(self, _other: object) -> bool:
                raise AssertionError("compared character by character")

            __hash__ = str.__hash__

        class Style(CodeStyle):
            def draw(self, _randbelow: object) -> str:
                return Watched("123456789")

        desk = world.desk(DeskSettings(Style(9)))
        desk.request(requester())
        wrong(desk, "123456789", "a")
        assert desk.check("123456789", requester("a")).state is PairingState.PAIRED


class TestRequests:
    def test_three_in_ten_minutes_per_source(self, world: World, desk: PairingDesk) -> None:
        for _ in range(3):
            desk.reject(desk.request(requester("a", proven=True)).id)
        with pytest.raises(RateLimitedError) as refused:
            desk.request(requester("a", proven=True))
        assert refused.value.retry_after == 600
        world.pass_time(600)
        desk.request(requester("a", proven=True))

    def test_six_an_hour_and_twenty_a_day_for_all_unknown_sources(self, world: World, desk: PairingDesk) -> None:
        shown, longest = 0, 0.0
        for minute in range(24 * 60):
            try:
                desk.reject(desk.request(requester(f"unknown {minute}")).id)
                shown += 1
            except RateLimitedError as refused:
                longest = max(longest, refused.retry_after or 0)
            if minute == 59:
                assert shown == 6
            world.pass_time(60)
        assert shown == 20
        assert longest > 3600  # the wait as it is, however long

    def test_who_proves_a_grant_is_not_limited_by_who_does_not(self, desk: PairingDesk) -> None:
        for number in range(6):
            desk.reject(desk.request(requester(f"unknown {number}")).id)
        with pytest.raises(RateLimitedError):
            desk.request(requester("unknown"))
        assert desk.request(requester("friend", proven=True)).state is PairingState.SHOWN

    def test_one_shown_and_two_wait_for_a_tap(self, desk: PairingDesk) -> None:
        pairings = [desk.request(requester(f"source {n}"), challenge_of(f"verifier {n}")) for n in range(3)]
        assert [p.state for p in pairings] == [PairingState.SHOWN] + [PairingState.WAITING] * 2
        with pytest.raises(RateLimitedError) as refused:
            desk.request(requester("one more"), challenge_of("one more"))
        assert refused.value.retry_after == 300
        assert desk.turned_away == 1
        # What waits is shown by a tap, not by the end of another.
        desk.check(code_of(pairings[0]), requester("source 0"), proof(pairings[0], "verifier 0"))
        assert [pairing.state for pairing in desk.live()] == [PairingState.WAITING] * 2
        assert desk.reveal(pairings[1].id).state is PairingState.SHOWN

    def test_a_code_lives_from_when_it_is_shown(self, world: World, desk: PairingDesk) -> None:
        desk.request(requester("a"))
        second = desk.request(requester("b"), challenge_of("b"))
        world.pass_time(200)
        shown = desk.reveal(second.id)
        assert shown.deadline == world.time + 300
        world.pass_time(299)
        assert only(desk).id == second.id
        world.pass_time(1)
        assert desk.live() == ()


class TestBound:
    def test_with_its_verifier(self, desk: PairingDesk) -> None:
        pairing = desk.request(requester(), challenge_of("v"))
        assert desk.check(code_of(pairing), requester("elsewhere"), proof(pairing, "v")).state is PairingState.PAIRED

    def test_never_as_a_plain_one(self, desk: PairingDesk) -> None:
        """Shown or not: the check lacks its proof, and nothing is compared."""
        pairing = desk.request(requester(), challenge_of("v"))
        for _ in range(2):
            with pytest.raises(ProofRequiredError):
                desk.check(code_of(pairing), requester("a"))
            desk.conceal(pairing.id)
        assert (only(desk).attempts_left, desk.gate.failures) == (ATTEMPTS_PER_SOURCE, 0)

    def test_its_verifier_spends_no_budget(self, desk: PairingDesk) -> None:
        """Whatever others sent from the same address, behind the same proxy."""
        for number in range(60):
            with pytest.raises((ExpiredCodeError, RateLimitedError)):
                desk.check("123456789", requester(f"source {number % 3}"))
        pairing = desk.request(requester("source 0"), challenge_of("v"))
        for _ in range(ATTEMPTS_PER_SOURCE - 1):
            with pytest.raises(WrongCodeError):
                desk.check(other_code(code_of(pairing)), requester("source 0"), proof(pairing, "v"))
        assert desk.check(code_of(pairing), requester("source 0"), proof(pairing, "v")).state is PairingState.PAIRED

    @pytest.mark.parametrize(("length", "expected"), [(8, 9), (9, 9), (10, 10)])
    def test_it_is_never_short_and_its_length_is_fixed_when_it_is_requested(
        self, world: World, length: int, expected: int
    ) -> None:
        desk = world.desk(DeskSettings(CodeStyle(length), ask_before_showing=True))
        pairing = desk.request(requester(), challenge_of("v"))
        desk.settings = DeskSettings(CodeStyle(10 if length != 10 else 8))
        assert pairing.style.length == len(code_of(desk.reveal(pairing.id))) == expected

    def test_a_plain_one_never_as_bound(self, desk: PairingDesk) -> None:
        pairing = desk.request(requester())
        for verifier in ("", "v", "None"):
            with pytest.raises(ExpiredCodeError):
                desk.check(code_of(pairing), requester("a"), proof(pairing, verifier))

    def test_a_wrong_verifier_learns_and_spends_nothing(self, desk: PairingDesk) -> None:
        pairing = desk.request(requester(), challenge_of("v"))
        for code in (code_of(pairing), other_code(code_of(pairing))):
            with pytest.raises(ProofRequiredError):
                desk.check(code, requester("a"), proof(pairing, "w"))
        assert only(desk).attempts_left == ATTEMPTS_PER_SOURCE
        assert desk.gate.failures == 0

    def test_five_attempts_from_wherever(self, desk: PairingDesk) -> None:
        pairing = desk.request(requester(), challenge_of("v"))
        for number in range(ATTEMPTS_PER_SOURCE):
            with pytest.raises(WrongCodeError):
                desk.check(other_code(code_of(pairing)), requester(f"source {number}"), proof(pairing, "v"))
        with pytest.raises(ExpiredCodeError):
            desk.check(code_of(pairing), requester("a"), proof(pairing, "v"))

    def test_bound_and_plain_live_side_by_side(self, desk: PairingDesk) -> None:
        plain, bound = desk.request(requester("a")), desk.request(requester("b"), challenge_of("v"))
        desk.check(code_of(plain), requester("a"))
        shown = desk.reveal(bound.id)
        assert desk.check(code_of(shown), requester("b"), proof(shown, "v")).state is PairingState.PAIRED


class TestBegunAtDisplay:
    def test_a_code_begun_at_a_display(self, desk: PairingDesk) -> None:
        pairing = desk.begin()
        assert desk.begin() == pairing
        assert desk.check(code_of(pairing).lower(), requester("a")).kind is PairingKind.DISPLAY
        with pytest.raises(ExpiredCodeError):
            desk.check(code_of(pairing), requester("a"))

    def test_outsiders_cannot_lock_the_resident_out(self, desk: PairingDesk) -> None:
        """Every budget used up, every place taken, the gate closed: the display's own kind stays open."""
        code = code_of(desk.request(requester()))
        for number in range(ATTEMPTS_PLAIN_TOTAL):
            wrong(desk, code, f"source {number}")
        for number in range(50):
            for attempt in (
                lambda n=number: desk.request(requester(f"other {n}"), challenge_of(str(n))),
                lambda n=number: desk.check("123456789", requester(f"third {n}")),
            ):
                try:
                    attempt()
                except InterphoneError:
                    continue
        assert desk.gate.closed
        pairing = desk.begin()
        for number in range(1000):
            with pytest.raises(WrongCodeError):
                desk.check("B" * 12 if pairing.code != "B" * 12 else "C" * 12, requester(f"guesser {number % 3}"))
        assert pairing in desk.live()
        assert desk.check(code_of(pairing), requester("192.0.2.1")).state is PairingState.PAIRED

    def test_a_website_that_asked_for_another_code_may_redeem_it(self, desk: PairingDesk) -> None:
        asked = desk.request(requester(), challenge_of("v"))
        pairing = desk.begin()
        assert desk.check(code_of(pairing), requester("a"), proof(asked, "v")).id == pairing.id
        assert desk.check(code_of(asked), requester("a"), proof(asked, "v")).id == asked.id

    def test_is_announced_once_and_shown_from_the_beginning(self, desk: PairingDesk) -> None:
        heard: list[Pairing] = []
        desk.subscribe(heard.append)
        assert heard == []
        pairing = desk.begin()
        assert heard == [pairing]
        assert pairing.state is PairingState.SHOWN

    def test_can_be_rejected(self, desk: PairingDesk) -> None:
        pairing = desk.begin()
        desk.reject(pairing.id)
        with pytest.raises(ExpiredCodeError):
            desk.check(code_of(pairing), requester("a"))


def test_a_code_on_the_displays_outlives_a_change_of_length(world: World) -> None:
    desk = world.desk()
    pairing = desk.request(requester())
    desk.settings = DeskSettings(style=CodeStyle(10))
    assert desk.check(code_of(pairing), requester("a")).state is PairingState.PAIRED
    assert len(code_of(desk.request(requester()))) == 10


class TestAsking:
    def test_no_code_exists_before_the_tap(self, world: World) -> None:
        desk = world.desk(ASK)
        pairing = desk.request(requester())
        assert (pairing.state, pairing.code) == (PairingState.WAITING, None)
        world.pass_time(200)
        shown = desk.reveal(pairing.id)
        assert shown.deadline == world.time + 300
        assert shown.expires_at == world.now() + timedelta(seconds=300)
        assert desk.check(code_of(shown), requester("a")).state is PairingState.PAIRED

    def test_a_tap_on_another_takes_the_first_away(self, world: World) -> None:
        desk = world.desk(ASK)
        first, second = desk.request(requester("a")), desk.request(requester("b"), challenge_of("v"))
        old = code_of(desk.reveal(first.id))
        desk.reveal(second.id)
        with pytest.raises(ProofRequiredError):
            desk.check(old, requester("a"))
        assert code_of(desk.reveal(first.id)) != old

    def test_a_pairing_that_is_gone_cannot_be_tapped(self, desk: PairingDesk) -> None:
        pairing = desk.request(requester())
        desk.reject(pairing.id)
        for act in (desk.reveal, desk.reject):
            with pytest.raises(UnknownPairingError):
                act(pairing.id)


class TestEnd:
    def test_leaves_no_timer_and_no_code(self, world: World, desk: PairingDesk) -> None:
        heard: list[Pairing] = []
        desk.subscribe(heard.append)
        desk.request(requester())
        desk.begin()
        desk.close()
        assert [pairing.state for pairing in heard[-2:]] == [PairingState.EXPIRED] * 2
        assert desk.live() == ()
        assert not world.timers

    def test_takes_no_more_requests(self, world: World, desk: PairingDesk) -> None:
        desk.close()
        with pytest.raises(NotReadyError):
            desk.request(requester())
        with pytest.raises(NotReadyError):
            desk.begin()
        with pytest.raises(ExpiredCodeError):
            desk.check("123456789", requester("a"))
        assert not world.timers
