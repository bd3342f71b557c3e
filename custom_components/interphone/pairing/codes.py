"""Codes: generate, normalise, compare. Pure: randomness is a parameter."""

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
import hmac
import re
from typing import Final

# Digits of a code. A year of guessing holds some 400 guesses (see `gate`): nine digits, read aloud in threes, keep them
# below 1e-6. A plain code may have eight, which keep them below 2e-5. More than ten are mistyped too often.
CODE_LENGTH: Final = 9
CODE_LENGTH_MIN: Final = 8
CODE_LENGTH_MAX: Final = 10
BOUND_CODE_LENGTH_MIN: Final = 9
# Seconds that a code is valid: time to walk from a display to a computer, and no longer.
CODE_LIFETIME: Final = 300.0
CODE_LIFETIME_MIN: Final = 60.0
CODE_LIFETIME_MAX: Final = 900.0

DIGITS: Final = "0123456789"
# Consonants only, so that codes spell no words (RFC 8628, section 6.1).
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"

# Characters of a group, as displays show a code: as many as people remember at once.
DIGITS_GROUP: Final = 3
LETTERS_GROUP: Final = 4

# White space and every dash that a keyboard or a page may put between groups.
_SEPARATORS: Final = re.compile(r"[\s\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+")

# Returns a random integer in [0, n), as `secrets.randbelow` does.
type RandBelow = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class CodeStyle:
    """The form of codes: length and alphabet."""

    length: int
    alphabet: str = DIGITS

    def draw(self, randbelow: RandBelow) -> str:
        """Generate a code, uniformly distributed; leading zeros occur."""
        return "".join(self.alphabet[randbelow(len(self.alphabet))] for _ in range(self.length))

    def fits(self, code: str) -> bool:
        """Whether a normalised input has the form of such a code."""
        return len(code) == self.length and all(character in self.alphabet for character in code)


def normalise(raw: str) -> str:
    """Return the input without white space and dashes, in upper case."""
    return _SEPARATORS.sub("", raw).upper()


def grouped(code: str) -> str:
    """Return a code as it is read aloud: digits in threes, letters in fours."""
    size = DIGITS_GROUP if code.isdigit() else LETTERS_GROUP
    return " ".join(code[start : start + size] for start in range(0, len(code), size))


def equal(typed: str, code: str) -> bool:
    """Compare in constant time, so that the timing reveals no prefix of the code."""
    # Of digests, which have one length whatever was typed.
    return hmac.compare_digest(hashlib.sha256(typed.encode()).digest(), hashlib.sha256(code.encode()).digest())
