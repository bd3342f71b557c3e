"""A year of guessing at codes: what an attacker gets at most, and that docs/security.md says the same."""

from collections import Counter
from contextlib import suppress
import math
from pathlib import Path
import re
from typing import Final

import pytest

from custom_components.interphone.errors import ExpiredCodeError, ProofRequiredError, RateLimitedError, WrongCodeError
from custom_components.interphone.pairing.budgets import CHECKS_TOTAL
from custom_components.interphone.pairing.codes import (
    BOUND_CODE_LENGTH_MIN,
    CODE_LENGTH,
    CODE_LENGTH_MIN,
    CODE_LIFETIME,
    LETTERS,
    CodeStyle,
)
from custom_components.interphone.pairing.desk import (
    ATTEMPTS_PER_SOURCE,
    DISPLAY_CODE_LENGTH,
    DISPLAY_STYLE,
    DeskSettings,
    PairingDesk,
)
from custom_components.interphone.pairing.gate import FAILURE_GATE, FAILURES_WHEN_OPENED
from custom_components.interphone.pairing.models import Pairing, PairingKind, PairingState, Proof
from tests.pairing.world import World, challenge_of, other_code, requester

SECURITY: Final = Path(__file__).parents[2] / "docs" / "security.md"
DAYS: Final = 365
HOURS: Final = DAYS * 24
# The chance a year stays below these up to so many openings of the gate, of codes as short as they may be.
PLAIN_LIMIT, PLAIN_OPENINGS = 2e-5, 322
BOUND_LIMIT, BOUND_OPENINGS = 1e-6, 122
TO_GO: Final = FAILURE_GATE - FAILURES_WHEN_OPENED

# How often each pairing's code was guessed at, by the number of codes there are.
type Guesses = Counter[tuple[str, int]]
PLAIN, BOUND = frozenset({PairingKind.PLAIN}), frozenset({PairingKind.BOUND})


class Attacker:
    """Knows every request there is and has an address for each, but not the code."""

    def __init__(self, desk: PairingDesk, kinds: frozenset[PairingKind]) -> None:
        self.guesses: Guesses = Counter()
        self._desk = desk
        self._kinds = kinds
        self._addresses = 0
        self._verifiers: dict[str, str] = {}

    def _address(self) -> str:
        self._addresses += 1
        return f"source {self._addresses}"

    def ask(self) -> None:
        for kind in sorted(self._kinds):
            verifier = f"verifier {self._addresses}"
            self._verifiers[challenge_of(verifier)] = verifier
            with suppress(RateLimitedError):
                bound = kind is PairingKind.BOUND
                self._desk.request(requester(self._address()), challenge_of(verifier) if bound else None)

    def guess(self, pairing: Pairing) -> None:
        """Guess at a shown code until the home takes no more guesses at it."""
        assert pairing.code is not None
        proof = Proof(pairing.id, self._verifiers[pairing.challenge]) if pairing.challenge else None
        with suppress(ExpiredCodeError, ProofRequiredError, RateLimitedError):
            # Without the code on the displays a wrong code is answered all the same, and compared with nothing.
            while any(live.id == pairing.id and live.code for live in self._desk.live()):
                with suppress(WrongCodeError):
                    self._desk.check(other_code(pairing.code), requester(self._address()), proof)
                self.guesses[pairing.id, 10 ** len(pairing.code)] += 1


def a_year(kinds: frozenset[PairingKind], openings: int) -> tuple[Guesses, World]:
    """Attack around the clock a home where someone opens the gate so often, for whoever asks.

    At times the wall clock is set forward by a year, and the process stands still for a week.
    """
    world = World()
    desk = world.desk(DeskSettings(CodeStyle(CODE_LENGTH_MIN)))
    attacker = Attacker(desk, kinds)
    opened = 0
    desk.gate.observe(world.time)
    for hour in range(HOURS):
        if hour % 1000 == 999:
            world.set_clock_forward(365 * 86400)
        for _ in range(10):
            attacker.ask()
            due = hour >= (opened + 1) * HOURS / (openings + 1)
            for pairing in desk.live():
                if due and desk.gate.closed and pairing.state is PairingState.WAITING:
                    desk.reveal(pairing.id)
                    opened, due = opened + 1, False
            for pairing in desk.live():
                if pairing.state is PairingState.SHOWN:
                    attacker.guess(pairing)
        world.pass_time(3600)
        desk.gate.observe(world.time)
    assert opened == openings
    return attacker.guesses, world


def chance(guesses: Guesses) -> float:
    """Return how likely at least one guess was right. Guesses at one code are never the same."""
    return -math.expm1(sum(math.log1p(-count / codes) for (_, codes), count in guesses.items()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kinds", "openings", "limit"),
    [
        (PLAIN, 0, PLAIN_LIMIT),
        (PLAIN, PLAIN_OPENINGS, PLAIN_LIMIT),
        (BOUND, 0, BOUND_LIMIT),
        (BOUND, BOUND_OPENINGS, BOUND_LIMIT),
        (PLAIN | BOUND, PLAIN_OPENINGS, PLAIN_LIMIT),
    ],
)
def test_a_year_of_guessing(kinds: frozenset[PairingKind], openings: int, limit: float) -> None:
    guesses, _world = a_year(kinds, openings)
    # All that the gate lets through, and no more. The last day fades after the last hour.
    assert guesses.total() == FAILURE_GATE + DAYS - 1 + TO_GO * openings
    assert chance(guesses) < limit


def test_a_process_that_stands_still_lets_no_failure_fade() -> None:
    world = World()
    desk = world.desk()
    desk.gate.failures = FAILURE_GATE
    for _ in range(11):
        desk.gate.observe(world.time)
        world.time += 30 * 86400
    assert desk.gate.closed


def section(title: str) -> str:
    """Return a section of docs/security.md without its line breaks."""
    _, _, text = SECURITY.read_text().partition(f"\n## {title}\n")
    return text.partition("\n## ")[0]


def power(value: float, digits: int) -> str:
    """Write a number as the page does: 7.3e-10."""
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def bound_of(openings: int) -> int:
    """Return how many guesses a year holds at most."""
    return FAILURE_GATE + DAYS + TO_GO * openings


def test_the_table_follows_from_the_limits() -> None:
    row = re.compile(r"^\| (none|\d+): [^|]* \| ([\d,]+) \| (\S+) \| (\S+) \|$", re.MULTILINE)
    rows = row.findall(section("A year of guessing"))
    assert [openings for openings, *_ in rows] == ["none", str(BOUND_OPENINGS), str(PLAIN_OPENINGS)]
    for openings, stated, eight, nine in rows:
        guesses = int(stated.replace(",", ""))
        assert guesses == bound_of(0 if openings == "none" else int(openings))
        for length, stated_chance in ((8, eight), (9, nine)):
            digits = len(re.findall(r"\d", stated_chance.partition("e")[0]))
            assert stated_chance == power(guesses / 10**length, digits)


@pytest.mark.parametrize(
    ("limit", "length", "openings"),
    [(PLAIN_LIMIT, CODE_LENGTH_MIN, PLAIN_OPENINGS), (BOUND_LIMIT, BOUND_CODE_LENGTH_MIN, BOUND_OPENINGS)],
)
def test_one_more_opening_would_reach_the_limit(limit: float, length: int, openings: int) -> None:
    assert bound_of(openings) / 10**length < limit <= bound_of(openings + 1) / 10**length


def test_the_text_follows_from_the_limits() -> None:
    text = " ".join((section("A year of guessing") + section("Who spends which budget")).split())
    assert DISPLAY_STYLE.alphabet == LETTERS
    assert (CODE_LENGTH, BOUND_CODE_LENGTH_MIN, CODE_LENGTH_MIN, ATTEMPTS_PER_SOURCE, TO_GO) == (9, 9, 8, 5, 5)
    display_codes = len(LETTERS) ** DISPLAY_CODE_LENGTH
    [(checks, window)] = CHECKS_TOTAL
    assert window == 3600
    for stated in (
        f"After {FAILURE_GATE} wrong codes none is shown",
        f"The count is then {FAILURES_WHEN_OPENED}, so five more",
        f"at most {FAILURE_GATE} + {DAYS} + {TO_GO} × openings guesses",  # noqa: RUF001 - as the page writes it
        f"below {power(BOUND_LIMIT, 1)} a year up to {BOUND_OPENINGS} openings",
        f"below {power(PLAIN_LIMIT, 1)} a year up to {PLAIN_OPENINGS} openings",
        f"and guess it, {ATTEMPTS_PER_SOURCE} attempts each",
        f"{len(LETTERS)}^{DISPLAY_CODE_LENGTH} = {power(display_codes, 2)} possibilities",
        f"find it with {power(10_000 * CODE_LIFETIME / display_codes, 2)}",
        f"allow {checks} plain checks an hour",
        f"a chance of {power(checks * HOURS / 10**CODE_LENGTH_MIN, 2)} at eight digits",
    ):
        assert stated in text, stated
