"""The window that a resident opens for requests by "Connect a website", and the order of what waits. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .models import Pairing, PairingState

# Seconds that the window is open: time to walk to a computer and press "Connect" there.
WINDOW: Final = 120.0
# Pairings that wait at most while the window is open: a list to scroll, not one to search.
WINDOW_LIST_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Open until `until`, by the monotonic clock, for whoever asks. `website` is the origin the resident waits for."""

    until: float
    website: str | None = None


def in_order(pairings: Iterable[Pairing], website: str | None) -> tuple[Pairing, ...]:
    """Return pairings as displays list them: of the website that is waited for, proven, then the rest by age."""
    return tuple(
        sorted(
            pairings,
            key=lambda pairing: (
                website is None or pairing.requester.origin != website,
                not pairing.requester.proven,
                pairing.requested_at,
            ),
        )
    )


def to_push_out(pairings: Iterable[Pairing]) -> Pairing | None:
    """Return the newest unproven pairing of the window that waits, which a proven request may push out."""
    waiting = (
        pairing
        for pairing in pairings
        if pairing.in_window and not pairing.requester.proven and pairing.state is PairingState.WAITING
    )
    return max(waiting, key=lambda pairing: pairing.requested_at, default=None)
