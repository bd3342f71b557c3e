"""What the feed says to one website: positions, snapshots and missed changes, within its scope.

On the wire an epoch also names the scope: a website whose sight was widened or narrowed while it was away cannot learn
of that from changes, and gets a snapshot instead.
"""

import hashlib
from typing import Any

from ..access.models import Scope
from .feed import Feed, Position


def position(feed: Feed, scope: Scope) -> Position:
    """Return the position after everything that happened until now, as this website knows it."""
    return {"epoch": _epoch(feed, scope), "seq": feed.seq}


def snapshot(feed: Feed, scope: Scope) -> dict[str, Any]:
    """Return all a website sees: `{epoch, seq, devices}`."""
    now, devices = feed.snapshot(scope)
    return {
        "epoch": _epoch(feed, scope),
        "seq": now["seq"],
        "devices": [device.as_dict() for device in devices],
    }


def missed(feed: Feed, scope: Scope, epoch: str, seq: int) -> dict[str, Any] | None:
    """Return what a website missed: `{epoch, seq, changes: [{event, payload}]}`; None when only a snapshot helps."""
    if epoch != _epoch(feed, scope):
        return None
    changes = feed.since(feed.epoch, seq)
    if changes is None:
        return None
    seen = (change.visible(scope) for change in changes)
    return {
        **position(feed, scope),
        "changes": [{"event": change.event, "payload": change.payload()} for change in seen if change],
    }


def _epoch(feed: Feed, scope: Scope) -> str:
    if scope.devices is None:
        return feed.epoch
    mark = hashlib.sha256("\n".join(sorted(scope.devices)).encode()).hexdigest()[:12]
    return f"{feed.epoch}.{mark}"
