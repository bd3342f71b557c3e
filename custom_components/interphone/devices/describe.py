"""Describes entities: makes a `Device` of a state and Home Assistant's registries."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from homeassistant.const import ATTR_FRIENDLY_NAME, ATTR_ICON
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)

from .exposure import Candidate
from .model import NOTHING, Appliance, Device, Entity, Json, bounded, opaque_id
from .registry import DOMAINS, TRAITS
from .sensitivity import Sensitivity


def describes_alike(before: State, now: State) -> bool:
    """Return whether two states of an online entity differ only in what changes with use: then no description does."""
    old, new = before.attributes, now.attributes
    if old == new:
        return True
    volatile = DOMAINS[now.domain].volatile_attributes
    return all(
        name in volatile or (name in old and name in new and _same(old[name], new[name])) for name in old.keys() | new
    )


def _same(old: object, new: object) -> bool:
    """Compare as containers do: identity first, so that NaN equals itself."""
    return old is new or old == new


class Describer:
    """Reads Home Assistant's registries. Has no state of its own."""

    def __init__(self, hass: HomeAssistant, sensitivity: Sensitivity) -> None:
        """Look the registries up once; Home Assistant keeps them for its lifetime."""
        self._hass = hass
        self._sensitivity = sensitivity
        self._entities = er.async_get(hass)
        self._devices = dr.async_get(hass)
        self._areas = ar.async_get(hass)
        self._floors = fr.async_get(hass)
        self._labels = lr.async_get(hass)

    def device_id(self, entity_id: str) -> str:
        """Return the entity's id on the wire: stable across renames where there is a registry entry."""
        entry = self._entities.async_get(entity_id)
        origin = f"entity:{entity_id}" if entry is None else f"registry:{entry.id}"
        return opaque_id(origin)

    def entity(self, state: State) -> Entity:
        """Return the entity as traits see it."""
        beside = DOMAINS[state.domain].beside_state
        return Entity(
            state, self._hass.config.units.temperature_unit, beside.read(self._hass, state) if beside else NOTHING
        )

    def candidate(self, state: State) -> Candidate:
        """Return the entity with everything that exposure depends on."""
        return replace(
            self._placed(state.entity_id),
            verdict=self._sensitivity.verdict(state.entity_id),
            device_class=Entity(state).device_class,
        )

    def _placed(self, entity_id: str) -> Candidate:
        """Return the entity with its places and labels, not judged."""
        entry = self._entities.async_get(entity_id)
        appliance = self._appliance(entry)
        area_id = self._area_id(entry, appliance)
        area = self._areas.async_get_area(area_id) if area_id else None
        labels: set[str] = set()
        for holder in (entry, appliance, area):
            labels |= holder.labels if holder else set()
        return Candidate(
            entity_id=entity_id,
            entry=entry,
            of_service=isinstance(appliance, dr.DeviceEntry) and appliance.entry_type is dr.DeviceEntryType.SERVICE,
            device_id=appliance.id if appliance else None,
            area_id=area_id,
            floor_id=area.floor_id if area else None,
            labels=frozenset(labels),
        )

    def placed(self, device: Device) -> Device:
        """Return a device with the places and labels that the registries give it at this moment."""
        found = self._placed(device.entity_id)
        return replace(device, area_id=found.area_id, floor_id=found.floor_id, label_ids=found.labels)

    def describe(self, state: State, candidate: Candidate, known: Device | None = None) -> Device:
        """Return the entity as a device with its present state.

        An unavailable entity has fewer attributes: then traits and commands are those of `known`.
        """
        entity = self.entity(state)
        appliance = self._appliance(candidate.entry)
        area = self._areas.async_get_area(candidate.area_id) if candidate.area_id else None
        floor = self._floors.async_get_floor(candidate.floor_id) if candidate.floor_id else None
        kind = DOMAINS[state.domain]
        traits = kind.traits_of(entity)
        type_ = kind.type_of(entity)
        device = Device(
            id=self.device_id(state.entity_id),
            entity_id=state.entity_id,
            type=type_.name,
            name=entity.text(ATTR_FRIENDLY_NAME) or state.object_id.replace("_", " "),
            area=bounded(area.name) if area else None,
            floor=bounded(floor.name) if floor else None,
            labels=tuple(sorted(self._label_names(candidate.labels))),
            part_of=_part_of(appliance),
            icon=entity.text(ATTR_ICON) or f"mdi:{type_.icon}",
            sensitive=candidate.verdict.sensitive,
            online=entity.online,
            traits={trait.name: trait.attributes(entity) for trait in traits},
            commands=tuple(command for trait in traits for command in trait.supported_commands(entity)),
            state={},
            area_id=candidate.area_id,
            floor_id=candidate.floor_id,
            label_ids=candidate.labels,
        )
        if known is not None and not entity.online:
            device = replace(device, traits=known.traits, commands=known.commands)
        return replace(device, state=read_state(device, entity))

    def _label_names(self, label_ids: Iterable[str]) -> Iterable[str]:
        for label_id in label_ids:
            if label := self._labels.async_get_label(label_id):
                yield bounded(label.name)

    def _appliance(self, entry: er.RegistryEntry | None) -> dr.AnyDeviceEntry | None:
        return self._devices.async_get(entry.device_id) if entry and entry.device_id else None

    def _area_id(self, entry: er.RegistryEntry | None, appliance: dr.AnyDeviceEntry | None) -> str | None:
        if entry and entry.area_id:
            return entry.area_id
        return dr.async_get_effective_area_id(self._hass, appliance) if appliance else None


def _part_of(appliance: dr.AnyDeviceEntry | None) -> Appliance | None:
    if appliance is None:
        return None
    name = appliance.name_by_user or appliance.name
    return Appliance(appliance.id, bounded(name) if name else None)


def read_state(device: Device, entity: Entity) -> Mapping[str, Json]:
    """Return `{trait: state}`. While the device is offline, every value is null, and always those that are secret.

    What is secret is asked of the device as it is now: a past state may lack what says so.
    """
    read = {name: TRAITS[name].read(entity) for name in device.traits}
    return {
        name: state if entity.online and not device.traits[name].get("secret") else dict.fromkeys(state)
        for name, state in read.items()
    }
