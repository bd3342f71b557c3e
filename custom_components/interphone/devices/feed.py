"""The feed: every change of the shared devices, numbered, so that a website can resume where it was cut off."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
import logging
import secrets
from typing import Any, ClassVar, Final, TypedDict

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..access.models import Scope
from .catalog import Catalog, Difference
from .model import Device, Json
from .times import moment_of

# How many numbered changes the feed keeps for sessions that resume: minutes of a busy home.
FEED_LENGTH: Final = 4096
# A ring of the doorbell is worth showing for half a minute.
EVENT_LIFETIME: Final = 30.0

_LOGGER = logging.getLogger(__name__)

# The trait of devices that tell moments rather than states.
_EVENT_TRAIT: Final = "event"
# The type of devices whose moments are rings.
_DOORBELL: Final = "doorbell"
_END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)


def _new_event_id() -> str:
    """Return a name for a moment that nobody guesses who was not told of it."""
    return secrets.token_urlsafe(12)


class Position(TypedDict):
    """A place in the feed: all changes up to and with `seq` are known. Another `epoch` is another feed."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class StateChange:
    """What changed of one device's state: only the values that did."""

    event: ClassVar[str] = "state"

    seq: int
    id: str
    online: bool
    state: Mapping[str, Json]

    def visible(self, scope: Scope) -> StateChange | None:
        """Return it when the scope sees the device."""
        return self if scope.sees(self.id) else None

    def payload(self) -> dict[str, Any]:
        """Return it as it goes over the wire."""
        return {"seq": self.seq, "id": self.id, "online": self.online, "state": self.state}


@dataclass(frozen=True, slots=True)
class DevicesChange:
    """Devices that are new, described otherwise than before, or gone."""

    event: ClassVar[str] = "devices"

    seq: int
    added: tuple[Device, ...] = ()
    changed: tuple[Device, ...] = ()
    removed: tuple[str, ...] = ()

    def visible(self, scope: Scope) -> DevicesChange | None:
        """Return the part of it the scope sees, None when it sees nothing of it."""
        if scope.devices is None:
            return self
        added = tuple(device for device in self.added if scope.sees(device.id))
        changed = tuple(device for device in self.changed if scope.sees(device.id))
        removed = tuple(device_id for device_id in self.removed if scope.sees(device_id))
        return DevicesChange(self.seq, added, changed, removed) if added or changed or removed else None

    def payload(self) -> dict[str, Any]:
        """Return it as it goes over the wire."""
        return {
            "seq": self.seq,
            "added": [device.as_dict() for device in self.added],
            "changed": [device.as_dict() for device in self.changed],
            "removed": self.removed,
        }


@dataclass(frozen=True, slots=True)
class EventChange:
    """A moment: the bell rang, a button was pressed. After `expires_at` it is history.

    `id` is the device's; None for a moment of the home as a whole, which only a scope that sees all of it sees. An
    `answerable` one is a ring: websites answer it by its `event_id`.
    """

    event: ClassVar[str] = "event"

    seq: int
    id: str | None
    type: str
    at: datetime
    expires_at: datetime
    event_id: str = field(default_factory=_new_event_id)
    answerable: bool = False
    name: str | None = None
    message: str | None = None

    def visible(self, scope: Scope) -> EventChange | None:
        """Return it when the scope sees the device."""
        seen = scope.devices is None if self.id is None else scope.sees(self.id)
        return self if seen else None

    def payload(self) -> dict[str, Any]:
        """Return it as it goes over the wire."""
        return {
            "seq": self.seq,
            "id": self.id,
            "type": self.type,
            "at": self.at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "event_id": self.event_id,
            "answerable": self.answerable,
            "name": self.name,
            "message": self.message,
        }


type Change = StateChange | DevicesChange | EventChange
type Listener = Callable[[Change], None]


class Feed:
    """Numbers the catalog's differences: those of one turn of the loop become one change a device.

    Reading a position, or a snapshot with it, first numbers what is pending, so that a snapshot and the changes after
    its position are the whole truth.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog) -> None:
        """Make a feed at its beginning, with an epoch no other feed has had."""
        self._hass = hass
        self._catalog = catalog
        self._epoch = secrets.token_urlsafe(9)
        self._seq = 0
        self._ring: deque[Change] = deque(maxlen=FEED_LENGTH)
        self._listeners: list[Listener] = []
        # Devices that differ from what was last published, as they were then.
        self._pending: dict[str, Device | None] = {}
        self._moments: list[EventChange] = []
        self._turn: asyncio.Handle | None = None
        self._unwatch: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> None:
        """Number the catalog's differences from now on."""
        self._unwatch = self._catalog.watch(self._on_difference)

    @callback
    def stop(self) -> None:
        """Number nothing more; what is pending is dropped."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self._pending.clear()
        self._moments.clear()
        self._listeners.clear()

    @property
    def epoch(self) -> str:
        """The name of this feed, another after every start."""
        return self._epoch

    @property
    def seq(self) -> int:
        """The number of the last change, with everything that happened until now."""
        self._publish()
        return self._seq

    @property
    def position(self) -> Position:
        """The position after everything that happened until now."""
        return {"epoch": self._epoch, "seq": self.seq}

    @callback
    def snapshot(self, scope: Scope) -> tuple[Position, list[Device]]:
        """Return the devices the scope sees, and the position they stand at."""
        return self.position, self._catalog.devices(scope)

    @callback
    def since(self, epoch: str, seq: int) -> list[Change] | None:
        """Return all changes after a position, None when the feed no longer holds them: then take a snapshot."""
        missed = self.seq - seq
        if epoch != self._epoch or not 0 <= missed <= len(self._ring):
            return None
        return list(islice(self._ring, len(self._ring) - missed, None))

    @callback
    def subscribe(self, listener: Listener) -> CALLBACK_TYPE:
        """Call the listener with each change to come, in order, until the returned function is called."""
        self._publish()
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def rescope(self, old: Scope, new: Scope) -> DevicesChange:
        """Return what a change of scope adds and removes for its website, at the present position."""
        seq = self.seq
        seen = {device.id for device in self._catalog.devices(old)}
        sees = self._catalog.devices(new)
        kept = {device.id for device in sees}
        added = tuple(device for device in sees if device.id not in seen)
        return DevicesChange(seq, added=added, removed=tuple(sorted(seen - kept)))

    @callback
    def publish(self, moment: EventChange) -> None:
        """Publish a moment under the next number, whatever number it was made with."""
        self._moments.append(moment)
        self._schedule()

    @callback
    def _on_difference(self, difference: Difference) -> None:
        old, new = difference.old, difference.new
        device = old or new
        if device is None:
            return
        self._pending.setdefault(device.id, old)
        if moment := _moment(old, new):
            self._moments.append(moment)
        self._schedule()

    def _schedule(self) -> None:
        if self._turn is None:
            self._turn = self._hass.loop.call_soon(self._publish)

    @callback
    def _publish(self) -> None:
        """Number what is pending. Changes of the set of devices come first: they may bring those that follow."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        pending, self._pending = self._pending, {}
        moments, self._moments = self._moments, []
        now = {device_id: self._catalog.get(device_id) for device_id in pending}
        added = [new for device_id, old in pending.items() if old is None and (new := now[device_id])]
        removed = [device_id for device_id, old in pending.items() if old is not None and now[device_id] is None]
        changed: list[Device] = []
        patches: list[tuple[Device, Mapping[str, Json]]] = []
        for device_id, old in pending.items():
            new = now[device_id]
            if old is None or new is None:
                continue
            if old.description() != new.description():
                changed.append(new)
            elif old.online != new.online or old.state != new.state:
                patches.append((new, _patch(old.state, new.state)))
        if added or changed or removed:
            self._append(DevicesChange(self._next(), tuple(added), tuple(changed), tuple(removed)))
        for device, patch in patches:
            self._append(StateChange(self._next(), device.id, device.online, patch))
        for moment in moments:
            self._append(replace(moment, seq=self._next()))

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    def _append(self, change: Change) -> None:
        self._ring.append(change)
        for listener in list(self._listeners):
            try:
                listener(change)
            except Exception:  # the changes after this one must still be told
                _LOGGER.exception("A change could not be told")


def _patch(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values of the new state that are not in the old one."""
    patch: dict[str, Json] = {}
    for trait, values in new.items():
        before = old.get(trait, {})
        changed = {key: value for key, value in values.items() if key not in before or before[key] != value}
        if changed:
            patch[trait] = changed
    return patch


def _moment(old: Device | None, new: Device | None) -> EventChange | None:
    """Return the moment a device tells by this difference, not numbered yet. One that comes back tells none."""
    if old is None or new is None or not (old.online and new.online) or _EVENT_TRAIT not in new.state:
        return None
    before, now = old.state.get(_EVENT_TRAIT, {}), new.state[_EVENT_TRAIT]
    at = moment_of(now["at"])
    if at is None or now["type"] is None or now["at"] == before.get("at"):
        return None
    lifetime = min(timedelta(seconds=EVENT_LIFETIME), _END_OF_TIME - at)
    return EventChange(0, new.id, now["type"], at, at + lifetime, answerable=new.type == _DOORBELL)
