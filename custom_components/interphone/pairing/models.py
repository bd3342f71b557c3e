"""The values of pairing: what was asked for, how far it got, what the website proves."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import hashlib
import hmac
import re
from typing import Any, Final

# Names and hints that strangers send for the panels to show.
CLIENT_TEXT_MAX: Final = 64

# A SHA-256 digest, base64url without padding (RFC 7636, section 4.2, method S256): the last character holds four bits.
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class PairingState(StrEnum):
    """How far a pairing got."""

    REQUESTED = "requested"  # waits for its turn
    WAITING = "waiting"  # waits for a tap on a panel
    SHOWN = "shown"  # its code is on the panels
    PAIRED = "paired"
    EXPIRED = "expired"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"  # guessed at too often

    @property
    def pending(self) -> bool:
        """Tell whether it waits for its code to be shown."""
        return self in (PairingState.REQUESTED, PairingState.WAITING)

    @property
    def live(self) -> bool:
        """Tell whether it can still become paired."""
        return self.pending or self is PairingState.SHOWN


class Lane(StrEnum):
    """The three namespaces of codes; a code of one is never redeemed in another."""

    PLAIN = "plain"  # the contract of 2021: one code for whoever types it
    BOUND = "bound"  # redeemed only by who holds the verifier of the challenge it was asked with
    PANEL = "panel"  # begun by a resident on a panel


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a code, as far as the home can tell. Name and hint are a stranger's words."""

    source: str
    origin: str | None = None
    client_name: str | None = None
    account_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What redeems a bound code besides the code itself."""

    pairing_id: str
    verifier: str = field(repr=False)

    def answers(self, challenge: str) -> bool:
        """Tell whether the verifier is the one behind the challenge, in constant time (RFC 7636, section 4.6)."""
        digest = hashlib.sha256(self.verifier.encode(errors="surrogatepass")).digest()
        expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
        return hmac.compare_digest(expected, challenge.encode())


def is_challenge(text: str) -> bool:
    """Tell whether this could be an S256 challenge: base64url of 32 bytes, unpadded."""
    return CHALLENGE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Pairing:
    """One attempt to be let in. The code is None unless it is on the panels right now."""

    id: str
    lane: Lane
    asker: Asker
    state: PairingState
    requested_at: datetime
    expires_at: datetime
    deadline: float
    attempts_left: int
    checked_from: str | None = None
    challenge: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the full state for panels, and for panels only: it holds the code."""
        return {
            "id": self.id,
            "state": self.state,
            "code": self.code,
            "bound": self.lane is Lane.BOUND,
            "begun_on_panel": self.lane is Lane.PANEL,
            "client_name": self.asker.client_name,
            "account_hint": self.asker.account_hint,
            "origin": self.asker.origin,
            "source": self.asker.source,
            "requested_at": self.requested_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "attempts_left": self.attempts_left,
        }
