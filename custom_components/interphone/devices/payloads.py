"""Payloads of the feed for one website, filtered by its scope: positions, snapshots and missed changes.

On the wire an epoch also names the scope's definition: a website whose scope was widened or narrowed, or that may do
more or less, while it was away cannot learn of that from changes, and gets a snapshot instead.
"""

from typing import Any

from ..access.models import Scope
from .feed import Feed, Position


def position(feed: Feed, scope: Scope) -> Position:
    """Return the position after everything that happened until now, as this website knows it."""
    return {"epoch": feed.view(scope).epoch, "seq": feed.seq}


def snapshot(feed: Feed, scope: Scope) -> dict[str, Any]:
    """Return everything a website sees: `{epoch, seq, devices}`."""
    view = feed.view(scope)
    return {
        "epoch": view.epoch,
        "seq": feed.seq,
        "devices": [device.as_dict() for device in feed.devices(view)],
    }


def missed(feed: Feed, scope: Scope, epoch: str, seq: int) -> dict[str, Any] | None:
    """Return what a website missed: `{epoch, seq, changes: [{event, payload}]}`; None when only a snapshot helps."""
    view = feed.view(scope)
    if epoch != view.epoch:
        return None
    changes = feed.since(feed.epoch, seq)
    if changes is None:
        return None
    seen = (change.visible(scope) for change in changes)
    return {
        "epoch": view.epoch,
        "seq": feed.seq,
        "changes": [{"event": change.event, "payload": change.payload()} for change in seen if change],
    }
