"""The values of pairing: who requests it, its state, and the proof that redeems a bound code."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import hashlib
import hmac
import re
from typing import Any, Final

from .codes import CodeStyle

# Names and hints that websites send for displays to show: one line on a small screen.
CLIENT_TEXT_MAX: Final = 64

# A SHA-256 digest, base64url without padding (RFC 7636, section 4.2, method S256): the last character holds four bits.
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class PairingState(StrEnum):
    """The state of a pairing; the last four are final."""

    REQUESTED = "requested"  # waits until no other code is shown
    WAITING = "waiting"  # waits for "show" on a display
    SHOWN = "shown"  # displays show its code
    PAIRED = "paired"
    EXPIRED = "expired"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"  # no attempts left

    @property
    def pending(self) -> bool:
        """Whether its code is yet to be shown."""
        return self in (PairingState.REQUESTED, PairingState.WAITING)

    @property
    def live(self) -> bool:
        """Whether it can still become paired."""
        return self.pending or self is PairingState.SHOWN


class PairingKind(StrEnum):
    """How a pairing began. Codes of one kind are never redeemed as another."""

    PLAIN = "plain"  # requested without a challenge: any website may redeem the code
    BOUND = "bound"  # requested with a challenge: redeemed with its verifier only
    DISPLAY = "display"  # begun by a resident at a display


@dataclass(frozen=True, slots=True)
class Requester:
    """Who requests a code. Only `source` is observed; the rest are unverified claims."""

    source: str
    origin: str | None = None
    client_name: str | None = None
    account_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Names a bound pairing and proves that its challenge is the caller's (PKCE, RFC 7636)."""

    pairing_id: str
    verifier: str = field(repr=False)

    def answers(self, challenge: str) -> bool:
        """Whether the verifier is that of the challenge, compared in constant time (RFC 7636, section 4.6)."""
        digest = hashlib.sha256(self.verifier.encode(errors="surrogatepass")).digest()
        expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
        return hmac.compare_digest(expected, challenge.encode())


def is_challenge(text: str) -> bool:
    """Whether the text is formed like an S256 challenge: unpadded base64url of 32 bytes."""
    return CHALLENGE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Pairing:
    """One attempt to pair.

    `style` is fixed when the pairing is requested; `code` is None unless displays show it now. `deadline` is
    `expires_at` on the monotonic clock. `checked_from` is the source of the last code that was checked.
    """

    id: str
    kind: PairingKind
    requester: Requester
    state: PairingState
    requested_at: datetime
    expires_at: datetime
    deadline: float
    attempts_left: int
    style: CodeStyle
    checked_from: str | None = None
    challenge: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the payload for displays, and for displays only: it contains the code.

        `{id, state, code, bound, begun_on_panel, client_name, account_hint, origin, source, requested_at, expires_at,
        attempts_left}`: `code`, `client_name`, `account_hint` and `origin` may be null, times are ISO 8601 in UTC.
        """
        return {
            "id": self.id,
            "state": self.state,
            "code": self.code,
            "bound": self.kind is PairingKind.BOUND,
            "begun_on_panel": self.kind is PairingKind.DISPLAY,
            "client_name": self.requester.client_name,
            "account_hint": self.requester.account_hint,
            "origin": self.requester.origin,
            "source": self.requester.source,
            "requested_at": self.requested_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "attempts_left": self.attempts_left,
        }
