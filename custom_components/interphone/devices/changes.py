"""Numbered changes of the shared devices: what the feed keeps, and what each scope sees of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import secrets
from typing import Any, ClassVar

from ..access.models import Scope
from .catalog import Difference
from .model import Device, Json


def _new_event_id() -> str:
    """Return an unguessable id for an event."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True)
class StateChange:
    """A device whose state or reachability changed; `state` has only the values that did.

    Nothing else of the device changed, so whoever sees it now saw it before.
    """

    event: ClassVar[str] = "state"

    seq: int
    device: Device
    state: Mapping[str, Json]

    def visible(self, scope: Scope) -> StateChange | None:
        """Return it when the scope sees the device."""
        return self if scope.sees(self.device) else None

    def payload(self) -> dict[str, Any]:
        """Return `{seq, id, online, state}`."""
        return {"seq": self.seq, "id": self.device.id, "online": self.device.online, "state": self.state}


@dataclass(frozen=True, slots=True)
class DevicesChange:
    """Devices that are new, described otherwise than before, or gone; one difference a device."""

    event: ClassVar[str] = "devices"

    seq: int
    differences: tuple[Difference, ...]

    def visible(self, scope: Scope) -> DevicesChange | None:
        """Return what the scope sees of it, None for nothing.

        The scope is compared with both sides of each difference: a device that moves into the scope is added, one
        that moves out is removed. Of the commands, those are seen that the scope permits.
        """
        seen: list[Difference] = []
        whole = True
        for difference in self.differences:
            old = difference.old and difference.old.seen_by(scope)
            new = difference.new and difference.new.seen_by(scope)
            if old is difference.old and new is difference.new:
                seen.append(difference)
                continue
            whole = False
            if old or new:
                seen.append(Difference(old, new))
        if whole:
            return self
        return DevicesChange(self.seq, tuple(seen)) if seen else None

    @property
    def added(self) -> list[Device]:
        """The devices that are new."""
        return [difference.new for difference in self.differences if difference.new and not difference.old]

    @property
    def changed(self) -> list[Device]:
        """The devices that are described otherwise than before, as they are now."""
        return [difference.new for difference in self.differences if difference.new and difference.old]

    @property
    def removed(self) -> list[str]:
        """The ids of the devices that are gone."""
        return [difference.old.id for difference in self.differences if difference.old and not difference.new]

    def payload(self) -> dict[str, Any]:
        """Return `{seq, added, changed, removed}`: devices in full, and the ids of those that are gone."""
        return {
            "seq": self.seq,
            "added": [device.as_dict() for device in self.added],
            "changed": [device.as_dict() for device in self.changed],
            "removed": self.removed,
        }


@dataclass(frozen=True, slots=True)
class EventChange:
    """An event: the bell rang, a button was pressed. Clients ignore it after `expires_at`.

    `device` is None for an event of the home as a whole, which only a scope of the whole home sees. An `answerable`
    one is a ring: websites answer it by its `event_id`.
    """

    event: ClassVar[str] = "event"

    seq: int
    device: Device | None
    type: str
    at: datetime
    expires_at: datetime
    event_id: str = field(default_factory=_new_event_id)
    answerable: bool = False
    name: str | None = None
    message: str | None = None

    def visible(self, scope: Scope) -> EventChange | None:
        """Return it when the scope sees the device."""
        seen = scope.whole_home if self.device is None else scope.sees(self.device)
        return self if seen else None

    def payload(self) -> dict[str, Any]:
        """Return `{seq, id, type, at, expires_at, event_id, answerable, name, message}`, times as RFC 3339."""
        return {
            "seq": self.seq,
            "id": self.device and self.device.id,
            "type": self.type,
            "at": self.at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "event_id": self.event_id,
            "answerable": self.answerable,
            "name": self.name,
            "message": self.message,
        }


type Change = StateChange | DevicesChange | EventChange
# The changes of one turn of the loop, in order. A change of the set of devices is the first.
type Batch = tuple[Change, ...]
