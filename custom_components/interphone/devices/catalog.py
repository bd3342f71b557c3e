"""The catalog: the shared devices as they are now, synchronised with Home Assistant's states and registries."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from homeassistant.const import EVENT_COMPONENT_LOADED, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.event import (
    async_track_state_added_domain,
    async_track_state_change_event,
    async_track_state_report_event,
)
from homeassistant.setup import EventComponentLoaded
from homeassistant.util.event_type import EventType

from ..access.models import Scope
from ..const import DOMAIN
from ..errors import NotReadyError, UnknownDeviceError
from ..listeners import Listeners
from .describe import Describer, describes_alike, read_state
from .exposure import Exposure
from .faults import Faults
from .model import Device, Entity
from .registry import DOMAINS
from .sensitivity import Sensitivity, Verdict

# Entities described again in one turn of the loop: a few ms of work, then everything else has a turn.
_TURN: Final = 100

_EVERYTHING: Final = Scope()

# Registries whose names and links any entity may inherit.
_INHERITED: Final[tuple[EventType[Any], ...]] = (
    ar.EVENT_AREA_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
    lr.EVENT_LABEL_REGISTRY_UPDATED,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One device before and after: added where there is no `old`, removed where there is no `new`."""

    old: Device | None
    new: Device | None


class Catalog:
    """Owns the shared devices. After `start` they follow Home Assistant; subscribers get each difference at once.

    A state is applied in the turn of the loop it changes in. After a change of a registry, the entities that it may
    concern are described again from the next turn on, a few each turn. What a new exposure no longer shares is gone
    when `set_exposure` returns. An entity whose reading raises is logged once and left out until it can be read.
    """

    def __init__(self, hass: HomeAssistant, exposure: Exposure) -> None:
        """Make an empty catalog."""
        self._hass = hass
        self._exposure = exposure
        self._sensitivity = Sensitivity(hass, exposure.word, self._mark)
        self._describer = Describer(hass, self._sensitivity)
        self._devices: dict[str, Device] = {}
        self._ids: dict[str, str] = {}
        # Of the shared entities and of those that cannot be read.
        self._trackers: dict[str, CALLBACK_TYPE] = {}
        self._faults = Faults("is left out")
        self._listeners = Listeners[Difference]("devices")
        self._subscriptions: list[CALLBACK_TYPE] = []
        self._stale: dict[str, None] = {}
        self._work: asyncio.Task[None] | None = None
        self._stopped = False

    @callback
    def start(self) -> None:
        """Describe all shared entities, and follow Home Assistant from now on."""
        bus = self._hass.bus
        # First: what is described below is judged by what this forgets.
        self._sensitivity.start()
        keep = self._subscriptions.append  # one by one: should the next fail, `stop` ends those before it
        keep(async_track_state_added_domain(self._hass, DOMAINS, self._on_added))
        keep(bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._on_entity_registry))
        keep(bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._on_device_registry))
        keep(bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._on_inherited))
        keep(bus.async_listen(EVENT_COMPONENT_LOADED, self._on_component))
        for event_type in _INHERITED:
            keep(bus.async_listen(event_type, self._on_inherited))
        for entity_id in self._hass.states.async_entity_ids(DOMAINS):
            self._describe_again(entity_id)

    @callback
    def stop(self) -> None:
        """Follow nothing and forget everything, for good; subscribers are not called."""
        self._stopped = True
        self._sensitivity.stop()
        for release in (*self._subscriptions, *self._trackers.values()):
            release()
        if self._work is not None:
            self._work.cancel()
            self._work = None
        self._subscriptions.clear()
        self._trackers.clear()
        self._stale.clear()
        self._devices.clear()
        self._ids.clear()

    @callback
    def set_exposure(self, exposure: Exposure) -> None:
        """Share by these rules: removes at once what is no longer shared, adds what is from the next turn on."""
        self._exposure = exposure
        self._sensitivity.set_word(exposure.word)
        for device in list(self._devices.values()):
            state = self._hass.states.get(device.entity_id)
            if state is not None and not self._shares(state):
                self._put(device, None)
        self._mark(self._hass.states.async_entity_ids(DOMAINS))

    @callback
    def subscribe(self, listener: Callable[[Difference], None]) -> CALLBACK_TYPE:
        """Call the listener with each difference, until the returned function is called."""
        return self._listeners.subscribe(listener)

    def get(self, device_id: str) -> Device | None:
        """Return a shared device as it is now."""
        return self._devices.get(device_id)

    def find(self, entity_id: str) -> Device | None:
        """Return the shared device an entity is, as it is now."""
        return self._devices.get(self._ids.get(entity_id, ""))

    def seen(self, device_id: str, scope: Scope) -> Device:
        """Return a device as it is now, if the scope sees it where the registries say it is at this moment.

        Raises `UnknownDeviceError`, also for one the scope does not see, and `NotReadyError` once stopped.
        """
        if self._stopped:
            raise NotReadyError
        device = self._devices.get(device_id)
        if device is None or not (scope.whole_home or scope.sees(self._describer.placed(device))):
            raise UnknownDeviceError
        return device

    def present(self, device_id: str, scope: Scope) -> Device:
        """Return a device that the scope sees, judged from registries and configurations as they are at this moment.

        What waits to be described again is described now. What has just become sensitive is refused unless it is shared
        by name. Raises `UnknownDeviceError`, also for one the scope does not see, and `NotReadyError` once stopped.
        """
        known = self._devices.get(device_id)
        if known is not None and known.entity_id in self._stale:
            del self._stale[known.entity_id]
            self._describe_again(known.entity_id)
        device = self.seen(device_id, scope)
        verdict = self._sensitivity.now(device.entity_id)
        if verdict.sensitive is device.sensitive:
            return device
        state = self._hass.states.get(device.entity_id)
        if state is None or not self._exposure.shares(replace(self._describer.candidate(state), verdict=verdict)):
            raise UnknownDeviceError
        return replace(device, sensitive=verdict.sensitive)

    def verdicts(self) -> dict[str, Verdict]:
        """Return why entities are sensitive, by entity id: of all that could be shared, those that are."""
        judged = {name: self._sensitivity.verdict(name) for name in self._hass.states.async_entity_ids(DOMAINS)}
        return {name: verdict for name, verdict in judged.items() if verdict.sensitive}

    def devices(self, scope: Scope = _EVERYTHING) -> list[Device]:
        """Return the devices within the scope as they are now."""
        return [device for device in self._devices.values() if scope.sees(device)]

    def entity(self, device: Device) -> Entity | None:
        """Return the entity behind a device as traits see it; None when it is just gone."""
        state = self._hass.states.get(device.entity_id)
        return None if state is None else self._describer.entity(state)

    @callback
    def _on_state(self, event: Event[EventStateChangedData]) -> None:
        entity_id, before, now = event.data["entity_id"], event.data["old_state"], event.data["new_state"]
        if now is None:
            # Renamed or removed: the registry says which in the next turn.
            self._mark([entity_id])
            return
        try:
            self._follow(before, now)
        except Exception as error:  # noqa: BLE001 - traits read what integrations hold
            self._leave_out(entity_id, error)

    def _follow(self, before: State | None, now: State) -> None:
        """Apply a new state of an entity: to its device where it describes the same, else describe it again."""
        entity_id = now.entity_id
        entity = self._describer.entity(now)
        device = self._devices.get(self._ids.get(entity_id, ""))
        if DOMAINS[now.domain].changes_silently:
            # Values read beside the state may be updated right after the state is written, changed or not.
            self._mark([entity_id])
        if device is None or (entity.online and not (device.online and before and describes_alike(before, now))):
            self._sensitivity.forget(entity_id)
            self._describe_again(entity_id)
            return
        state = read_state(device, entity)
        if entity.online != device.online or state != device.state:
            self._put(device, replace(device, online=entity.online, state=state))

    @callback
    def _on_report(self, event: Event[EventStateReportedData]) -> None:
        self._mark([event.data["entity_id"]])

    @callback
    def _on_component(self, event: Event[EventComponentLoaded]) -> None:
        component = event.data["component"]
        for domain, kind in DOMAINS.items():
            if kind.beside_state is not None and kind.beside_state.component == component:
                self._mark(self._hass.states.async_entity_ids(domain))

    @callback
    def _on_added(self, event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] not in self._ids:
            self._mark([event.data["entity_id"]])

    @callback
    def _on_entity_registry(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        data = event.data
        entity_id = data["entity_id"]
        if data["action"] == "update" and (old := data.get("old_entity_id")) in self._ids:
            self._rename(old, entity_id)
        elif entity_id.partition(".")[0] in DOMAINS:
            self._mark([entity_id])

    @callback
    def _on_device_registry(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        data = event.data
        if data["action"] != "update":
            return
        if "area_id" in data["changes"]:
            # Devices that are part of this one may inherit its area.
            self._on_inherited(event)
            return
        registry = er.async_get(self._hass)
        self._mark(entry.entity_id for entry in er.async_entries_for_device(registry, data["device_id"]))

    @callback
    def _on_inherited(self, _event: Event[Any]) -> None:
        self._mark(self._hass.states.async_entity_ids(DOMAINS))

    def _rename(self, old: str, new: str) -> None:
        """Follow an entity that got another entity id; Home Assistant removes its state and adds it again."""
        device_id = self._ids.pop(old)
        self._trackers.pop(old)()
        self._stale.pop(old, None)
        self._ids[new] = device_id
        self._trackers[new] = self._track(new)
        self._devices[device_id] = replace(self._devices[device_id], entity_id=new)

    def _track(self, entity_id: str) -> CALLBACK_TYPE:
        """Follow an entity's states; with `changes_silently` also when one is only reported again: see `_on_state`."""
        release = async_track_state_change_event(self._hass, entity_id, self._on_state)
        if not DOMAINS[entity_id.partition(".")[0]].changes_silently:
            return release
        release_reports = async_track_state_report_event(self._hass, entity_id, self._on_report)

        def release_both() -> None:
            release()
            release_reports()

        return release_both

    def _mark(self, entity_ids: Iterable[str]) -> None:
        self._stale.update((entity_id, None) for entity_id in entity_ids if entity_id.partition(".")[0] in DOMAINS)
        if self._stale and self._work is None:
            self._work = self._hass.async_create_task(self._refresh(), f"{DOMAIN} catalog", eager_start=False)

    async def _refresh(self) -> None:
        """Describe everything stale again, a few entities each turn of the loop."""
        try:
            while self._stale:
                for _ in range(min(_TURN, len(self._stale))):
                    entity_id = next(iter(self._stale))
                    del self._stale[entity_id]
                    self._describe_again(entity_id)
                await asyncio.sleep(0)
        finally:
            self._work = None

    def _describe_again(self, entity_id: str) -> None:
        """Describe an entity again and apply the difference."""
        old = self._devices.get(self._ids.get(entity_id, ""))
        try:
            new = self._describe(self._hass.states.get(entity_id), old)
        except Exception as error:  # noqa: BLE001 - traits read what integrations hold
            self._leave_out(entity_id, error)
            return
        if old is not None and new is not None and old.id != new.id:
            self._put(old, None)
            old = None
        if old != new:
            self._put(old, new)
        elif new is None and (release := self._trackers.pop(entity_id, None)):
            release()  # it could not be read before, and is not shared now

    def _leave_out(self, entity_id: str, error: Exception) -> None:
        """Share nothing of an entity that cannot be read, and try again at its next state."""
        self._faults.report(entity_id, error)
        if device := self.find(entity_id):
            self._put(device, None)
        if entity_id not in self._trackers:
            self._trackers[entity_id] = self._track(entity_id)

    def _shares(self, state: State) -> bool:
        try:
            return self._exposure.shares(self._describer.candidate(state))
        except Exception as error:  # noqa: BLE001 - as everywhere an entity is read
            self._faults.report(state.entity_id, error)
            return False

    def _describe(self, state: State | None, known: Device | None) -> Device | None:
        if state is None or state.domain not in DOMAINS:
            return None
        candidate = self._describer.candidate(state)
        return self._describer.describe(state, candidate, known) if self._exposure.shares(candidate) else None

    def _put(self, old: Device | None, new: Device | None) -> None:
        """Replace one device by another; the only place that changes what is shared."""
        if new is not None:
            self._devices[new.id] = new
        elif old is not None:
            del self._devices[old.id]
            del self._ids[old.entity_id]
            self._trackers.pop(old.entity_id)()
        if old is None and new is not None:
            self._ids[new.entity_id] = new.id
            if new.entity_id not in self._trackers:
                self._trackers[new.entity_id] = self._track(new.entity_id)
        self._listeners.notify(Difference(old, new))
