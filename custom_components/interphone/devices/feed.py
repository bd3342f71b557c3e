"""The feed: every change of the shared devices, numbered, so that a website can resume where it was cut off."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import attrgetter
import secrets
from typing import Final, TypedDict
from weakref import WeakValueDictionary

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..access.models import Scope
from ..listeners import Listeners
from .catalog import Catalog, Difference
from .changes import Batch, Change, DevicesChange, EventChange, StateChange
from .model import Device, Json
from .times import parse_instant
from .views import View

# How many numbered changes the feed keeps for sessions that resume: minutes of a busy home.
FEED_LENGTH: Final = 4096
# A ring of the doorbell is worth showing for half a minute.
EVENT_LIFETIME: Final = 30.0

# The trait of devices that report events rather than states.
_EVENT_TRAIT: Final = "event"
# The type of devices whose events are rings.
_DOORBELL: Final = "doorbell"
_END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)
# Everything of a device that a `StateChange` leaves alone. The entity id is not on the wire.
_DESCRIPTION = attrgetter(*(each.name for each in fields(Device) if each.name not in ("entity_id", "online", "state")))


class Position(TypedDict):
    """A place in the feed: all changes up to and with `seq` are known. Another `epoch` is another feed."""

    epoch: str
    seq: int


class Feed:
    """Numbers the catalog's differences: those of one turn of the loop become one batch, with one change a device.

    Reading a position, or a snapshot with it, first publishes what is pending, so that a snapshot and the changes
    after its position are complete.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog) -> None:
        """Make a feed at its beginning, with an epoch no other feed has had."""
        self._hass = hass
        self._catalog = catalog
        self._epoch = secrets.token_urlsafe(9)
        self._seq = 0
        self._log: deque[Change] = deque(maxlen=FEED_LENGTH)
        self._listeners = Listeners[Batch]("changes of devices")
        self._views: WeakValueDictionary[Scope, View] = WeakValueDictionary()
        # Devices that differ from what was last published, as they were then.
        self._pending: dict[str, Device | None] = {}
        self._events: list[EventChange] = []
        # When each device last reported an event, also while it is offline.
        self._occurred: dict[str, datetime] = {}
        self._scheduled: asyncio.Handle | None = None
        self._started = dt_util.utcnow()
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> None:
        """Number the catalog's differences from now on."""
        self._started = dt_util.utcnow()
        for device in self._catalog.devices():
            self._note_event(device)
        self._unsubscribe = self._catalog.subscribe(self._on_difference)

    @callback
    def stop(self) -> None:
        """Number nothing more; what is pending is dropped."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._scheduled is not None:
            self._scheduled.cancel()
            self._scheduled = None
        self._pending.clear()
        self._events.clear()
        self._occurred.clear()
        self._listeners = Listeners("changes of devices")

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
    def view(self, scope: Scope) -> View:
        """Return the view of a scope, shared by all equal scopes, at the feed's position."""
        self._publish()
        view = self._views.get(scope)
        if view is None:
            view = self._views[scope] = View(scope, self._epoch, self._catalog.devices())
        return view

    @callback
    def devices(self, view: View) -> list[Device]:
        """Return the devices a view sees at the feed's position, as its scope sees them."""
        self._publish()
        if view.members is None:
            members = self._catalog.devices()
        else:
            members = [device for device_id in view.members if (device := self._catalog.get(device_id))]
        return [seen for device in members if (seen := device.seen_by(view.scope))]

    @callback
    def since(self, epoch: str, seq: int) -> list[Change] | None:
        """Return all changes after a position, None when the feed no longer holds them: then take a snapshot."""
        missed = self.seq - seq
        if epoch != self._epoch or not 0 <= missed <= len(self._log):
            return None
        return list(islice(self._log, len(self._log) - missed, None))

    @callback
    def subscribe(self, listener: Callable[[Batch], None]) -> CALLBACK_TYPE:
        """Call the listener with the batch of each turn to come, in order, until the returned function is called."""
        self._publish()
        return self._listeners.subscribe(listener)

    @callback
    def rescope(self, old: Scope, new: Scope) -> DevicesChange | None:
        """Return what a change of scope adds, changes and removes for its website, at the present position.

        None for nothing.
        """
        seq = self.seq
        seen = (Difference(device.seen_by(old), device.seen_by(new)) for device in self._catalog.devices())
        differences = tuple(difference for difference in seen if difference.old != difference.new)
        return DevicesChange(seq, differences) if differences else None

    @callback
    def publish(self, event: EventChange) -> None:
        """Publish an event under the next number, whatever number it was made with."""
        self._events.append(event)
        self._schedule()

    @callback
    def _on_difference(self, difference: Difference) -> None:
        old, new = difference.old, difference.new
        device = old or new
        if device is None:
            return
        self._pending.setdefault(device.id, old)
        self._schedule()
        if new is None:
            self._occurred.pop(device.id, None)
            return
        last = self._occurred.get(device.id)
        at = self._note_event(new)
        if old is not None and at is not None and self._is_news(at, last, woken=not old.online):
            self._events.append(_event(new, at))

    def _note_event(self, device: Device) -> datetime | None:
        """Return when the device's last event was, and remember it; None when it reports none."""
        reported: Json = device.state.get(_EVENT_TRAIT, {})
        at = parse_instant(reported.get("at"))
        if at is None or reported.get("type") is None:
            return None
        self._occurred[device.id] = max(at, self._occurred.get(device.id, at))
        return at

    def _is_news(self, at: datetime, last: datetime | None, *, woken: bool) -> bool:
        """Return whether an event is newer than the last one known.

        A device that comes back may have woken to report it, or may repeat an old one: then it must be recent, too.
        """
        if last is not None and at <= last:
            return False
        if not woken:
            return True
        recent = dt_util.utcnow() - timedelta(seconds=EVENT_LIFETIME)
        return at > recent and (last is not None or at >= self._started)

    def _schedule(self) -> None:
        if self._scheduled is None:
            self._scheduled = self._hass.loop.call_soon(self._publish)

    @callback
    def _publish(self) -> None:
        """Number what is pending and hand it on as one batch."""
        if self._scheduled is None:
            return
        self._scheduled.cancel()
        self._scheduled = None
        batch = tuple(self._number())
        if not batch:
            return
        self._log.extend(batch)
        if isinstance(batch[0], DevicesChange):
            for view in list(self._views.values()):
                view.follow(batch[0])
        self._listeners.notify(batch)

    def _number(self) -> list[Change]:
        """Return what is pending as numbered changes. That of the set of devices comes first: others may need it."""
        pending, self._pending = self._pending, {}
        events, self._events = self._events, []
        differences: list[Difference] = []
        patched: list[tuple[Device, Mapping[str, Json]]] = []
        for device_id, old in pending.items():
            new = self._catalog.get(device_id)
            if old is None or new is None or _DESCRIPTION(old) != _DESCRIPTION(new):
                if old is not new:
                    differences.append(Difference(old, new))
            elif old.online != new.online or old.state != new.state:
                patched.append((new, _patch(old.state, new.state)))
        batch: list[Change] = []
        if differences:
            batch.append(DevicesChange(self._next(), tuple(differences)))
        batch += (StateChange(self._next(), device, patch) for device, patch in patched)
        batch += (replace(event, seq=self._next()) for event in events)
        return batch

    def _next(self) -> int:
        self._seq += 1
        return self._seq


def _patch(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values of the new state that are not in the old one."""
    patch: dict[str, Json] = {}
    for trait, values in new.items():
        before = old.get(trait, {})
        changed = {key: value for key, value in values.items() if key not in before or before[key] != value}
        if changed:
            patch[trait] = changed
    return patch


def _event(device: Device, at: datetime) -> EventChange:
    """Return the event that a device reports, not numbered yet."""
    lifetime = min(timedelta(seconds=EVENT_LIFETIME), _END_OF_TIME - at)
    return EventChange(
        0, device, device.state[_EVENT_TRAIT]["type"], at, at + lifetime, answerable=device.type == _DOORBELL
    )
