"""The values of pairing: who requests it, its state, and the proof that redeems a bound code."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
import hashlib
import hmac
import re
from typing import Any, Final, Self

from .codes import CodeStyle

# Names and hints that websites send for displays to show: one line on a small screen.
CLIENT_TEXT_MAX: Final = 64

# Home Assistant's own port, as opposed to a link to a hub.
LOCAL_DOOR: Final = "local"

# The longest code verifier (RFC 7636, section 4.1).
VERIFIER_LENGTH_MAX: Final = 128
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
    """Origin of a pairing: the way it began. Codes of one kind are never redeemed as another."""

    PLAIN = "plain"  # requested without a challenge: any website may redeem the code
    BOUND = "bound"  # requested with a challenge: redeemed with its verifier only
    DISPLAY = "display"  # begun by a resident at a display


@dataclass(frozen=True, slots=True)
class Requester:
    """The sender of a request for a code, or of a check. Only `source` and `door` are observed.

    `proven` says that a live grant of this origin was presented with the request; without it, origin, name and account
    are claims.
    """

    source: str
    origin: str | None = None
    client_name: str | None = None
    account_hint: str | None = None
    door: str = LOCAL_DOOR
    proven: bool = False

    @property
    def triple(self) -> tuple[str, str | None, str | None]:
        """Return the key that distinguishes the requests of one source."""
        return self.source, self.origin, self.account_hint

    def may_redeem(self, shown: Requester) -> bool:
        """Whether a check of this sender may redeem what displays show as requested by `shown`.

        It may not name another origin or come through another door. One without an origin is a backend's; a request
        without one may be checked by any page that the home lists.
        """
        return self.door == shown.door and (self.origin is None or shown.origin in (None, self.origin))


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


@dataclass(frozen=True, slots=True)
class Pairing:
    """One attempt to pair.

    `style` is fixed when the pairing is requested; `code` is None unless displays show it now. `deadline` is
    `expires_at` on the monotonic clock. `checked_from` is the source of the last code that was checked, `failures` how
    many of this pairing the gate counts. `in_window` says that a resident had opened the window. `shared` says that
    another party requested the same plain code. `quiet` asks displays for no more than a banner, `wakes` lets them wake
    and chime. `answered_state` is what the home did by itself, and `answered_until` the deadline counted from the
    request: what an unproven requester may know.
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
    answered_until: float
    answered_state: PairingState = PairingState.WAITING
    in_window: bool = False
    shared: bool = False
    quiet: bool = False
    wakes: bool = True
    failures: int = 0
    checked_from: str | None = None
    challenge: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)

    @property
    def hidden(self) -> bool:
        """Whether its requester must not notice what residents do: burglars would learn that somebody is awake."""
        return self.kind is PairingKind.BOUND and not self.in_window and not self.requester.proven

    def as_dict(self) -> dict[str, Any]:
        """Return the payload for displays, and for displays only: it contains the code.

        `{id, state, code, code_length, bound, begun_on_panel, client_name, account_hint, origin, source, door, proven,
        in_window, shared, quiet, wakes, requested_at, expires_at, attempts_left}`: `code`, `client_name`,
        `account_hint` and `origin` may be null, times are ISO 8601 in UTC.
        """
        return {
            "id": self.id,
            "state": self.state,
            "code": self.code,
            "code_length": self.style.length,
            "bound": self.kind is PairingKind.BOUND,
            "begun_on_panel": self.kind is PairingKind.DISPLAY,
            "client_name": self.requester.client_name,
            "account_hint": self.requester.account_hint,
            "origin": self.requester.origin,
            "source": self.requester.source,
            "door": self.requester.door,
            "proven": self.requester.proven,
            "in_window": self.in_window,
            "shared": self.shared,
            "quiet": self.quiet,
            "wakes": self.wakes,
            "requested_at": self.requested_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "attempts_left": self.attempts_left,
        }


@dataclass(frozen=True, slots=True)
class Status:
    """Status of a bound pairing for its requester. `shown` is None where it must not know; times are in seconds."""

    state: PairingState
    shown: bool | None
    expires_in: int
    attempts_left: int

    @classmethod
    def of(cls, pairing: Pairing, now: float) -> Self:
        """Return what the requester of this pairing may know now.

        That of a hidden one is what the home did by itself, as if no resident had acted since, until its own check
        ended it.
        """
        if not pairing.hidden:
            left = max(0, round(pairing.deadline - now)) if pairing.state.live else 0
            return cls(pairing.state, pairing.state is PairingState.SHOWN, left, pairing.attempts_left)
        if pairing.state in (PairingState.PAIRED, PairingState.EXHAUSTED):
            return cls(pairing.state, None, 0, pairing.attempts_left)
        left = max(0, round(pairing.answered_until - now))
        state = pairing.answered_state if now < pairing.answered_until else PairingState.EXPIRED
        return cls(state, None, left, pairing.attempts_left)
