"""What docs/security.md says of a year of guessing follows from const.py."""

from pathlib import Path

import pytest

from custom_components.interphone.const import CODE_LENGTH, CODE_LIFETIME, FAILURE_GATE, PANEL_CODE_LENGTH
from custom_components.interphone.pairing.codes import LETTERS
from custom_components.interphone.pairing.desk import PANEL_STYLE

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text()


def chance(taps: int) -> float:
    """Return the chance that a year of guessing finds a code, when someone at home opens the gate so many times."""
    guesses = FAILURE_GATE * max(1, taps)
    return float(guesses / 10**CODE_LENGTH)


def test_a_plain_code() -> None:
    assert chance(0) == 2e-7
    assert chance(96) < 2e-5
    assert "| 20 | 2e-7 |" in PAGE
    assert "more than about 96 times" in PAGE


@pytest.mark.parametrize(("taps", "guesses", "told"), [(104, "2,080", "2.1e-5"), (52, "1,040", "1.04e-5")])
def test_the_table(taps: int, guesses: str, told: str) -> None:
    assert f"{FAILURE_GATE * taps:,}" == guesses
    assert chance(taps) == pytest.approx(float(told), rel=0.02)
    assert guesses in PAGE
    assert told in PAGE


def test_a_bound_code_of_the_attackers_own() -> None:
    assert chance(4) < 1e-6
    assert "more than four times" in PAGE


def test_a_panels_code() -> None:
    assert PANEL_STYLE.alphabet == LETTERS
    possibilities = len(LETTERS) ** PANEL_CODE_LENGTH
    guesses = 10_000 * CODE_LIFETIME
    assert guesses / possibilities == pytest.approx(7.3e-10, rel=0.02)
    assert "7.3e-10" in PAGE
