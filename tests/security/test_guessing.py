"""A year of guessing at codes: what an attacker gets at most, and that docs/security.md says the same."""

from collections import Counter
from contextlib import suppress
import math
from pathlib import Path
import re
from typing import Final

import pytest

from custom_components.interphone.errors import ExpiredCodeError, RateLimitedError, WrongCodeError
from custom_components.interphone.pairing.codes import CODE_LENGTH, CODE_LIFETIME, LETTERS
from custom_components.interphone.pairing.desk import (
    ATTEMPTS_PER_SOURCE,
    CHECKS_TOTAL,
    DISPLAY_CODE_LENGTH,
    DISPLAY_STYLE,
    PairingDesk,
)
from custom_components.interphone.pairing.limits import FAILURE_GATE
from custom_components.interphone.pairing.models import Pairing, PairingState, Proof
from tests.pairing.world import World, challenge_of, other_code, requester

SECURITY: Final = Path(__file__).parents[2] / "docs" / "security.md"
HOURS: Final = 365 * 24
CODES: Final = 10**CODE_LENGTH
PLAIN_LIMIT, PLAIN_TAPS = 2e-5, 90
BOUND_LIMIT, BOUND_TAPS = 1e-6, 3

# How often each pairing's code was guessed at.
type Guesses = Counter[str]


class Attacker:
    """Knows every request there is and has an address for each, but not the code."""

    def __init__(self, desk: PairingDesk, *, bound: bool) -> None:
        self.guesses: Guesses = Counter()
        self._desk = desk
        self._bound = bound
        self._addresses = 0

    def _address(self) -> str:
        self._addresses += 1
        return f"source {self._addresses}"

    def ask(self) -> None:
        verifier = f"verifier {len(self.guesses)}"
        with suppress(RateLimitedError):
            self._desk.request(requester(self._address()), challenge_of(verifier) if self._bound else None)

    def guess(self, pairing: Pairing) -> None:
        """Guess at a shown code until the home takes no more guesses at it."""
        assert pairing.code is not None
        proof = Proof(pairing.id, self._verifier(pairing)) if self._bound else None
        with suppress(ExpiredCodeError, RateLimitedError):
            while True:
                with suppress(WrongCodeError):
                    self._desk.check(other_code(pairing.code), self._address(), proof)
                self.guesses[pairing.id] += 1

    def _verifier(self, pairing: Pairing) -> str:
        verifiers = (f"verifier {number}" for number in range(len(self.guesses) + 1))
        return next(verifier for verifier in verifiers if challenge_of(verifier) == pairing.challenge)


def a_year(*, bound: bool, taps: int) -> Guesses:
    """Attack around the clock a home where someone taps "show" so often, for whoever asks."""
    world = World()
    desk = world.desk()
    attacker = Attacker(desk, bound=bound)
    tapped = 0
    for hour in range(HOURS):
        for _ in range(10):
            attacker.ask()
            due = hour >= (tapped + 1) * HOURS / (taps + 1)
            for pairing in desk.live():
                if due and pairing.state is PairingState.WAITING:
                    desk.reveal(pairing.id)
                    tapped, due = tapped + 1, False
            for pairing in desk.live():
                if pairing.state is PairingState.SHOWN:
                    attacker.guess(pairing)
        world.pass_time(3600)
    assert tapped == taps
    return attacker.guesses


def chance(guesses: Guesses) -> float:
    """Tell how likely at least one guess was right. Guesses at one code are never the same."""
    return -math.expm1(sum(math.log1p(-count / CODES) for count in guesses.values()))


@pytest.mark.parametrize(
    ("bound", "taps", "limit"),
    [
        (False, 0, PLAIN_LIMIT),
        (False, PLAIN_TAPS, PLAIN_LIMIT),
        (True, 0, BOUND_LIMIT),
        (True, BOUND_TAPS, BOUND_LIMIT),
    ],
)
def test_a_year_of_guessing(*, bound: bool, taps: int, limit: float) -> None:
    guesses = a_year(bound=bound, taps=taps)
    assert guesses.total() == FAILURE_GATE * (taps + 1)  # all that the gate lets through, and no more
    assert chance(guesses) < limit


def section(title: str) -> str:
    """Return a section of docs/security.md without its line breaks."""
    _, _, text = SECURITY.read_text().partition(f"\n## {title}\n")
    return text.partition("\n## ")[0]


def power(value: float, digits: int) -> str:
    """Write a number as the page does: 7.3e-10."""
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def test_the_table_follows_from_the_limits() -> None:
    rows = re.findall(r"^\| ([^|]*) \| ([^|]*\d) \| ([^|]*) \|$", section("A year of guessing"), re.MULTILINE)
    assert len(rows) == 3
    for who, stated, stated_chance in rows:
        *factors, guesses = map(int, re.findall(r"\d+", stated.replace(",", "")))  # "104 times 20 = 2,080", or "20"
        if factors:
            assert (math.prod(factors), factors[-1]) == (guesses, FAILURE_GATE), who
        assert guesses % FAILURE_GATE == 0, who
        assert stated_chance == power(guesses / CODES, len(re.findall(r"\d", stated_chance.partition("e")[0]))), who


def test_the_text_follows_from_the_limits() -> None:
    text = " ".join(section("A year of guessing").split())
    assert DISPLAY_STYLE.alphabet == LETTERS
    display_codes = len(LETTERS) ** DISPLAY_CODE_LENGTH
    [(checks, window)] = CHECKS_TOTAL
    assert window == 3600
    for stated in (
        f"After {FAILURE_GATE} wrong codes none exists",
        f"at most {FAILURE_GATE} guesses at codes out of 10^{CODE_LENGTH}",
        f"below {power(PLAIN_LIMIT, 1)} a year",
        f"below {power(BOUND_LIMIT, 1)} a year",
        f"{ATTEMPTS_PER_SOURCE} attempts each under the same gate",
        f"{power(FAILURE_GATE / CODES, 1)} between two taps",
        f"{len(LETTERS)}^{DISPLAY_CODE_LENGTH} = {power(display_codes, 2)} possibilities",
        f"find it with {power(10_000 * CODE_LIFETIME / display_codes, 2)}",
        f"""tap "Show" for an attacker more than {("no", "one", "two", "three", "four")[BOUND_TAPS]} times""",
        f"{checks} checks an hour",
        f"a chance of {power(checks * HOURS / CODES, 1)}",
    ):
        assert stated in text
    [taps] = re.findall(r"more than about (\d+) times", text)
    assert FAILURE_GATE * (int(taps) + 1) / CODES < PLAIN_LIMIT
