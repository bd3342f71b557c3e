"""Codes: generate, normalise, compare. Pure: randomness is a parameter."""

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
import hmac
from typing import Final

# Digits of a code. Eight are easy to read aloud, and 20 guesses (the failure gate) find one with probability 2e-7; with
# six it is 2e-5. More than ten are mistyped too often.
CODE_LENGTH: Final = 8
CODE_LENGTH_MIN: Final = 6
CODE_LENGTH_MAX: Final = 10
# Seconds that a code is valid: time to walk from a display to a computer, and no longer.
CODE_LIFETIME: Final = 300.0
CODE_LIFETIME_MIN: Final = 60.0
CODE_LIFETIME_MAX: Final = 900.0

DIGITS: Final = "0123456789"
# Consonants only, so that codes spell no words (RFC 8628, section 6.1).
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"

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
    """Return the input without surrounding white space, in upper case."""
    return raw.strip().upper()


def equal(typed: str, code: str) -> bool:
    """Compare in constant time, so that the timing reveals no prefix of the code."""
    # Of digests, which have one length whatever was typed.
    return hmac.compare_digest(hashlib.sha256(typed.encode()).digest(), hashlib.sha256(code.encode()).digest())
