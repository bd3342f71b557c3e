"""Codes: drawn, normalised, compared. Pure: randomness is handed in."""

from collections.abc import Callable
from dataclasses import dataclass
import hashlib
import hmac
from typing import Final

# Codes. Eight digits: easy to read aloud, and 20 guesses between two taps find one with 2e-7.
CODE_LENGTH: Final = 8
CODE_LENGTH_MIN: Final = 6
CODE_LENGTH_MAX: Final = 10
CODE_LIFETIME: Final = 300.0
CODE_LIFETIME_MIN: Final = 60.0
CODE_LIFETIME_MAX: Final = 900.0

DIGITS: Final = "0123456789"
# Consonants that are told apart when read aloud, and that spell no words (RFC 8628, section 6.1).
LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"

# What `draw` needs: a whole number in [0, n), as `secrets.randbelow` gives.
type RandBelow = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class CodeStyle:
    """What codes look like: how many characters, out of which."""

    length: int
    alphabet: str = DIGITS

    def draw(self, randbelow: RandBelow) -> str:
        """Draw a code; every code of this style is equally likely, leading zeros included."""
        return "".join(self.alphabet[randbelow(len(self.alphabet))] for _ in range(self.length))

    def fits(self, code: str) -> bool:
        """Tell whether a normalised input could be a code of this style at all."""
        return len(code) == self.length and all(character in self.alphabet for character in code)


def normalise(raw: str) -> str:
    """Return what was typed, ready to compare: outer white space gone, letters in upper case."""
    return raw.strip().upper()


def equal(typed: str, code: str) -> bool:
    """Compare in constant time, so that the answer's timing says nothing of a right beginning."""
    # Digests have one length whatever was typed.
    return hmac.compare_digest(hashlib.sha256(typed.encode()).digest(), hashlib.sha256(code.encode()).digest())
