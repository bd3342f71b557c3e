"""The names that go over the socket, and the payloads that are not a value of another room."""

from enum import StrEnum
from typing import Any

from ..access.models import Scope
from ..devices.feed import Change, Feed


class Event(StrEnum):
    """Every event there is, in either direction."""

    # home → website
    SNAPSHOT = "snapshot"
    RESUME = "resume"
    STATE = "state"
    DEVICES = "devices"
    EVENT = "event"
    REVOKED = "revoked"
    # home → panel
    CODE = "code"
    PAIRING = "pairing"
    # website → home
    AUTHENTICATE = "authenticate"
    COMMAND = "command"


def snapshot(feed: Feed, scope: Scope) -> dict[str, Any]:
    """Return all a website sees: `{epoch, seq, devices}`."""
    position, devices = feed.snapshot(scope)
    return {**dict(position), "devices": [device.as_dict() for device in devices]}


def resume(feed: Feed, changes: list[Change], scope: Scope) -> dict[str, Any]:
    """Return what a website missed: `{epoch, seq, changes: [{event, payload}]}`."""
    seen = (change.visible(scope) for change in changes)
    return {
        **dict(feed.position),
        "changes": [{"event": change.event, "payload": change.payload()} for change in seen if change],
    }
