"""Several pairings at once, the window that a resident opens, and how much attention unknown sources get."""

import pytest

from custom_components.interphone.errors import ExpiredCodeError, ProofRequiredError, RateLimitedError, WrongCodeError
from custom_components.interphone.pairing.desk import ATTEMPTS_PER_SOURCE, PairingDesk
from custom_components.interphone.pairing.models import Pairing, PairingState
from custom_components.interphone.pairing.window import WINDOW, WINDOW_LIST_MAX

from .test_desk import code_of
from .world import World, challenge_of, other_code, proof, requester

SITE, OTHER = "https://website.example", "https://elsewhere.example"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def desk(world: World) -> PairingDesk:
    return world.desk()


def ask(desk: PairingDesk, name: str, **words: str) -> Pairing:
    return desk.request(requester(name, **words), challenge_of(name))


def test_in_the_window_everybody_waits_and_spends_nothing(world: World, desk: PairingDesk) -> None:
    desk.begin()
    for number in range(WINDOW_LIST_MAX):
        pairing = ask(desk, f"source {number}")
        assert (pairing.state, pairing.in_window) == (PairingState.WAITING, True)
    with pytest.raises(RateLimitedError):
        ask(desk, "one more")
    assert desk.turned_away == 1
    world.pass_time(300)
    assert ask(desk, "afterwards").state is PairingState.SHOWN  # no budget was spent


def test_it_closes_after_two_minutes(world: World, desk: PairingDesk) -> None:
    desk.begin()
    world.pass_time(WINDOW - 1)
    assert desk.window_left == 1
    assert ask(desk, "in time").in_window
    world.pass_time(1)
    assert desk.window is None
    assert not ask(desk, "late").in_window


def test_it_closes_when_the_website_is_in(desk: PairingDesk) -> None:
    letters = desk.begin()
    desk.check(code_of(letters), requester())
    assert desk.window is None
    desk.begin()
    pairing = ask(desk, "a")
    desk.check(code_of(desk.reveal(pairing.id)), requester("a"), proof(pairing, "a"))
    assert desk.window is None


def test_a_requester_has_one_place_in_it(desk: PairingDesk) -> None:
    desk.begin()
    first = desk.request(requester("a", account_hint="k"), challenge_of("1"))
    second = desk.request(requester("a", account_hint="k"), challenge_of("2"))
    other = desk.request(requester("a", account_hint="m"), challenge_of("3"))
    assert {pairing.id for pairing in desk.waiting_list()} == {second.id, other.id}
    assert desk.status(proof(first, "1"), "a").state is PairingState.EXPIRED
    desk.reveal(second.id)
    with pytest.raises(RateLimitedError):
        desk.request(requester("a", account_hint="k"), challenge_of("4"))


def test_a_proven_request_pushes_out_the_newest_that_is_not(world: World, desk: PairingDesk) -> None:
    before = ask(desk, "before")
    desk.begin()
    for number in range(WINDOW_LIST_MAX - 1):
        newest = ask(desk, f"source {number}")
        world.pass_time(1)
    proven = desk.request(requester("friend", proven=True), challenge_of("friend"))
    listed = desk.waiting_list()
    assert listed[0].id == proven.id
    assert newest.id not in {pairing.id for pairing in listed}
    assert before.id in {pairing.id for pairing in listed}


def test_the_order_is_the_website_then_proven_then_by_age(world: World, desk: PairingDesk) -> None:
    desk.begin(SITE)
    for name, words in (("old", {}), ("new", {}), ("site", {"origin": SITE})):
        ask(desk, name, **words)
        world.pass_time(1)
    desk.request(requester("proven", proven=True, origin=OTHER), challenge_of("proven"))
    assert [pairing.requester.source for pairing in desk.waiting_list()] == ["site", "proven", "old", "new"]


def test_a_tap_shows_one_and_puts_the_other_back_with_its_attempts(desk: PairingDesk) -> None:
    first = ask(desk, "a")
    with pytest.raises(WrongCodeError):
        desk.check(other_code(code_of(first)), requester("a"), proof(first, "a"))
    second = ask(desk, "b")
    desk.reveal(second.id)
    [back] = [pairing for pairing in desk.live() if pairing.id == first.id]
    assert (back.state, back.code, back.attempts_left) == (PairingState.WAITING, None, ATTEMPTS_PER_SOURCE - 1)
    assert desk.reveal(first.id).attempts_left == ATTEMPTS_PER_SOURCE - 1


def test_letters_begun_for_one_website_are_refused_to_pages_of_another(desk: PairingDesk) -> None:
    letters = desk.begin(SITE)
    with pytest.raises(ProofRequiredError):
        desk.check(code_of(letters), requester(origin=OTHER))
    assert desk.begin(SITE) == letters
    assert desk.begin(OTHER).code != letters.code
    letters = desk.begin(SITE)
    assert desk.check(code_of(letters), requester(origin=SITE)).requester.origin == SITE


def test_letters_that_were_put_away_are_shown_anew(desk: PairingDesk) -> None:
    letters = desk.begin()
    desk.conceal(letters.id)
    with pytest.raises(ExpiredCodeError):
        desk.check(code_of(letters), requester())
    assert code_of(desk.begin()) != letters.code


def test_another_party_that_asks_for_the_plain_code_is_noticed(desk: PairingDesk) -> None:
    assert not desk.request(requester("a", origin=SITE)).shared
    assert not desk.request(requester("a", origin=SITE)).shared
    assert desk.request(requester("a", origin=OTHER)).shared
    [pairing] = desk.live()
    assert pairing.as_dict()["shared"] is True


class TestWhoChecks:
    """A check that names another origin, or comes through another door, is refused like one without its proof."""

    @pytest.mark.parametrize(
        ("asked", "checked", "allowed"),
        [(SITE, SITE, True), (SITE, None, True), (None, SITE, True), (None, None, True), (SITE, OTHER, False)],
    )
    @pytest.mark.parametrize("bound", [True, False])
    def test_origin(
        self, desk: PairingDesk, asked: str | None, checked: str | None, *, allowed: bool, bound: bool
    ) -> None:
        words = {"origin": asked} if asked else {}
        pairing = desk.request(requester(**words), challenge_of("v") if bound else None)
        sender = requester(**({"origin": checked} if checked else {}))
        mine = proof(pairing, "v") if bound else None
        if allowed:
            assert desk.check(code_of(pairing), sender, mine).requester.origin == asked
        else:
            with pytest.raises(ProofRequiredError):
                desk.check(code_of(pairing), sender, mine)
            assert (desk.gate.failures, desk.live()[0].attempts_left) == (0, pairing.attempts_left)

    @pytest.mark.parametrize("bound", [True, False])
    def test_door(self, desk: PairingDesk, *, bound: bool) -> None:
        pairing = desk.request(requester(), challenge_of("v") if bound else None)
        with pytest.raises(ProofRequiredError):
            desk.check(code_of(pairing), requester(door="link"), proof(pairing, "v") if bound else None)


class TestUnnoticed:
    """What residents do, an unproven requester outside the window does not notice."""

    def test_a_refusal(self, world: World, desk: PairingDesk) -> None:
        pairing = ask(desk, "a")
        before = desk.status(proof(pairing, "a"), "a")
        assert (before.state, before.shown) == (PairingState.SHOWN, None)
        desk.reject(pairing.id)
        assert desk.status(proof(pairing, "a"), "a") == before
        with pytest.raises(WrongCodeError):
            desk.check(code_of(pairing), requester("a"), proof(pairing, "a"))
        assert desk.status(proof(pairing, "a"), "a").attempts_left == ATTEMPTS_PER_SOURCE - 1
        assert ask(desk, "a").id == pairing.id
        world.pass_time(300)
        assert desk.status(proof(pairing, "a"), "a").state is PairingState.EXPIRED
        world.pass_time(60)
        with pytest.raises(Exception, match="unknown_pairing"):
            desk.status(proof(pairing, "a"), "a")

    def test_a_refused_one_keeps_its_place(self, desk: PairingDesk) -> None:
        for name in "abc":
            desk.reject(ask(desk, name).id)
        with pytest.raises(RateLimitedError):
            ask(desk, "d")

    def test_a_tap(self, world: World, desk: PairingDesk) -> None:
        ask(desk, "a")
        second = ask(desk, "b")
        before = desk.status(proof(second, "b"), "b")
        assert before.state is PairingState.WAITING
        with pytest.raises(WrongCodeError):  # not shown, and an attempt all the same
            desk.check("123456789", requester("b"), proof(second, "b"))
        world.pass_time(100)
        desk.reveal(second.id)
        after = desk.status(proof(second, "b"), "b")
        assert (after.state, after.shown, after.expires_in) == (PairingState.WAITING, None, before.expires_in - 100)
        assert (after.attempts_left, desk.gate.failures) == (ATTEMPTS_PER_SOURCE - 1, 0)

    def test_a_tap_does_not_lengthen_what_it_sees(self, world: World, desk: PairingDesk) -> None:
        ask(desk, "a")
        second = ask(desk, "b")
        world.pass_time(290)
        shown = desk.reveal(second.id)
        world.pass_time(20)
        assert desk.status(proof(second, "b"), "b").state is PairingState.EXPIRED
        with pytest.raises(ExpiredCodeError):
            desk.check(other_code(code_of(shown)), requester("b"), proof(second, "b"))
        assert desk.gate.failures == 1
        # Whoever reads the code from the display is let in all the same.
        assert desk.check(code_of(shown), requester("b"), proof(second, "b")).state is PairingState.PAIRED

    def test_attempts_at_what_is_not_shown_end_it(self, desk: PairingDesk) -> None:
        ask(desk, "a")
        second = ask(desk, "b")
        for _ in range(ATTEMPTS_PER_SOURCE):
            with pytest.raises(WrongCodeError):
                desk.check("123456789", requester("b"), proof(second, "b"))
        assert desk.status(proof(second, "b"), "b").state is PairingState.EXHAUSTED
        assert desk.gate.failures == 0

    @pytest.mark.parametrize("window", [True, False])
    def test_the_window_and_a_proof_let_it_see_all(self, desk: PairingDesk, *, window: bool) -> None:
        if window:
            desk.begin()
        pairing = desk.request(requester("a", proven=not window), challenge_of("a"))
        status = desk.status(proof(pairing, "a"), "a")
        assert status.shown is not window
        desk.reveal(pairing.id)
        assert desk.status(proof(pairing, "a"), "a").shown is True
        desk.conceal(pairing.id)
        assert desk.status(proof(pairing, "a"), "a").state is PairingState.WAITING
        with pytest.raises(ExpiredCodeError):
            desk.check("123456789", requester("a"), proof(pairing, "a"))
        assert desk.status(proof(pairing, "a"), "a").attempts_left == ATTEMPTS_PER_SOURCE
        desk.reject(pairing.id)
        assert desk.status(proof(pairing, "a"), "a").state is PairingState.REJECTED


class TestAttention:
    def test_unproven_requests_fill_a_display_three_times_a_day(self, world: World, desk: PairingDesk) -> None:
        seen = []
        for number in range(5):
            pairing = desk.request(requester(f"source {number}"))
            seen.append((pairing.quiet, pairing.wakes))
            world.pass_time(1800)
        assert seen == [(False, True)] * 3 + [(True, False)] * 2

    def test_a_display_wakes_once_in_half_a_minute(self, world: World, desk: PairingDesk) -> None:
        assert ask(desk, "a").wakes
        world.pass_time(29)
        assert not desk.request(requester("b", proven=True), challenge_of("b")).wakes
        world.pass_time(1)
        assert desk.request(requester("c", proven=True), challenge_of("c")).wakes

    def test_a_refusal_makes_unproven_requests_quiet_for_an_hour(self, world: World, desk: PairingDesk) -> None:
        desk.reject(desk.request(requester("a")).id)
        world.pass_time(3000)
        assert desk.request(requester("b")).quiet
        assert not desk.request(requester("c", proven=True), challenge_of("c")).quiet
        world.pass_time(600)
        assert not desk.request(requester("d"), challenge_of("d")).quiet

    def test_a_refused_requester_waits_silently_for_ten_minutes_and_not_in_the_window(
        self, world: World, desk: PairingDesk
    ) -> None:
        desk.reject(desk.request(requester("a", origin=SITE)).id)
        assert desk.request(requester("a", origin=SITE)).state is PairingState.WAITING
        world.pass_time(300)
        assert desk.request(requester("a", origin=OTHER)).state is PairingState.SHOWN  # not the whole source
        desk.begin()
        assert ask(desk, "a", origin=SITE).in_window
