import dis
import hmac
import secrets
import sys

from hypothesis import given, strategies as st
import pytest

from custom_components.interphone.pairing import codes
from custom_components.interphone.pairing.codes import DIGITS, LETTERS, CodeStyle, equal, grouped, normalise

TOOL = 4  # one of the numbers that `sys.monitoring` leaves to whoever wants one


def test_leading_zeros_are_kept() -> None:
    assert CodeStyle(8).draw(lambda _n: 0) == "00000000"


@pytest.mark.parametrize(("length", "alphabet"), [(6, DIGITS), (8, DIGITS), (10, DIGITS), (8, LETTERS), (12, LETTERS)])
def test_draws_what_fits(length: int, alphabet: str) -> None:
    style = CodeStyle(length, alphabet)
    drawn = {style.draw(secrets.randbelow) for _ in range(50)}
    assert all(style.fits(code) for code in drawn)
    assert len(drawn) > 45


def test_every_character_is_as_likely() -> None:
    """A code is its random numbers, each drawn below the length of the alphabet: none is folded or cut off."""
    asked: list[int] = []

    def randbelow(n: int) -> int:
        asked.append(n)
        return len(asked) % n

    assert CodeStyle(6).draw(randbelow) == "123456"
    assert asked == [10] * 6


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1234567",
        "123456789",
        "1234567a",
        "".join(chr(0xFF10 + digit) for digit in range(8)),
        "1234\u00b75678",
        "+12345678",
    ],
)
def test_what_is_no_code_does_not_fit(typed: str) -> None:
    assert not CodeStyle(8).fits(normalise(typed))


@pytest.mark.parametrize(
    "typed",
    [" bcdf ghjk\n", "bcdf-ghjk", "BCDF \u2013 GHJK", "b c d f\u00a0g h j k", "BCDF\u2014GHJK", "\u2212BCDF\u2010GHJK"],
)
def test_spaces_dashes_and_case_are_forgiven(typed: str) -> None:
    assert normalise(typed) == "BCDFGHJK"


@pytest.mark.parametrize(
    ("code", "shown"),
    [("12345678", "123 456 78"), ("012345678", "012 345 678"), ("BCDFGHJKLMNP", "BCDF GHJK LMNP"), ("", "")],
)
def test_groups(code: str, shown: str) -> None:
    assert grouped(code) == shown
    assert normalise(shown) == code


def test_letters_spell_no_words_and_look_alike_none() -> None:
    assert not set(LETTERS) & set("AEIOUY01")


@given(st.text(), st.text())
def test_equal_is_equality(typed: str, code: str) -> None:
    assert equal(typed, code) is (typed == code)


class Compared:
    """Stands in for `hmac`, and keeps what it was given to compare."""

    def __init__(self) -> None:
        self.lengths: set[tuple[int, int]] = set()

    def compare_digest(self, left: bytes, right: bytes) -> bool:
        self.lengths.add((len(left), len(right)))
        return left == right


@given(typed=st.text(max_size=200), code=st.text(alphabet=DIGITS, min_size=6, max_size=10))
def test_compares_digests_of_one_length(typed: str, code: str) -> None:
    compared = Compared()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "hmac", compared)
        equal(typed, code)
    assert compared.lengths == {(32, 32)}


def executed(typed: str, code: str) -> list[tuple[str, ...]]:
    """Return every instruction and every call into C that a comparison makes, in order."""
    steps: list[tuple[str, ...]] = []
    events = sys.monitoring.events
    local = events.INSTRUCTION | events.CALL
    sys.monitoring.use_tool_id(TOOL, "test")
    try:
        sys.monitoring.register_callback(
            TOOL, events.INSTRUCTION, lambda code, offset: steps.append((code.co_qualname, str(offset)))
        )
        sys.monitoring.register_callback(
            TOOL, events.CALL, lambda _code, _offset, called, _first: steps.append(("call", repr(called)))
        )
        sys.monitoring.set_local_events(TOOL, equal.__code__, local)
        equal(typed, code)
    finally:
        sys.monitoring.set_local_events(TOOL, equal.__code__, 0)
        for event in (events.INSTRUCTION, events.CALL):
            sys.monitoring.register_callback(TOOL, event, None)
        sys.monitoring.free_tool_id(TOOL)
    return steps


def test_a_right_beginning_takes_the_same_steps_as_a_wrong_one() -> None:
    """Nothing is compared but by `hmac.compare_digest`; Python's own comparisons end at the first difference."""
    code = "12345678"
    steps = executed("00000000", code)
    assert [step for step in steps if "compare_digest" in step[-1]] == [("call", repr(hmac.compare_digest))]
    assert not {"COMPARE_OP", "CONTAINS_OP", "IS_OP"} & {step.opname for step in dis.get_instructions(equal)}
    for right in range(len(code) + 1):
        assert executed(code[:right].ljust(len(code), "0"), code) == steps
