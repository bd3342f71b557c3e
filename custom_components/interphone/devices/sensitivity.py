"""Sensitivity: which entities open, guard, watch or track, by themselves or through what they act on.

Sensitive entities are shared only when they are named one by one, and moved only by grants that may control doors and
alarms. Interphone's own entities and actions are beyond every grant, through whatever acts on them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.event import async_track_state_added_domain, async_track_state_removed_domain
from homeassistant.util.event_type import EventType

from ..const import DOMAIN
from .deputies import (
    ACTING,
    AUTOMATION,
    HELPERS,
    SWITCH_AS_X,
    effect_of,
    triggering_helpers,
    wrapped_switches,
)
from .effect import UNKNOWN, Effect
from .faults import Faults
from .registry import CONTROLS, DOMAINS

_TRACKER: Final = "device_tracker"
# Prefix of entities that `switch_as_x` may show as another type.
_WRAPPED: Final = "switch."
# Domains whose facts change without an event: a cover may get another device class.
_SILENT: Final = (
    _WRAPPED,
    *(f"{domain}." for domain, kind in DOMAINS.items() if kind.sensitive_classes),
)
# Registries by which services find their targets.
_PLACES: Final[tuple[EventType[Any], ...]] = (
    ar.EVENT_AREA_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
    lr.EVENT_LABEL_REGISTRY_UPDATED,
)


class Reason(StrEnum):
    """Why an entity is sensitive; its words are in the translations."""

    OPENS = "opens"  # a lock, a door, a gate
    GUARDS = "guards"  # an alarm system
    WATCHES = "watches"  # a camera
    TRACKS = "tracks"  # a person, a device's place, whatever else that device says
    SAME_DEVICE = "same_device"  # a control of a device that has one of the above
    OWNER = "owner"  # the owner says so
    UNKNOWN = "unknown"  # what it acts on cannot be read
    INTERPHONE = "interphone"  # it uses Interphone itself: beyond every grant


# Of domains that are sensitive as a whole; another one opens.
_REASONS: Final = {
    "alarm_control_panel": Reason.GUARDS,
    "camera": Reason.WATCHES,
    _TRACKER: Reason.TRACKS,
    "person": Reason.TRACKS,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an entity is sensitive, None where it is not, and the entity through which it is, if not by itself."""

    reason: Reason | None = None
    through: str | None = None

    @property
    def sensitive(self) -> bool:
        """Whether it is shared and moved as doors and alarms are."""
        return self.reason is not None

    @property
    def forbidden(self) -> bool:
        """Whether no grant may control it."""
        return self.reason is Reason.INTERPHONE


HARMLESS: Final = Verdict()


@dataclass(frozen=True, slots=True)
class OwnersWord:
    """The owner's settings for single entities, by entity id or registry id. It wins over every rule but one.

    What uses Interphone itself stays beyond every grant.
    """

    doors: frozenset[str] = field(default_factory=frozenset)
    harmless: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class _Fact:
    """Facts on one entity by itself: a reason of its own, its effect, and the owner's setting."""

    effect: Effect
    reason: Reason | None
    forbidden: bool
    harmless: bool


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The entities of one device that make its other entities sensitive."""

    trackers: frozenset[str]
    opening: frozenset[str]


class Sensitivity:
    """Judges entities and follows what changes a verdict.

    Facts of single entities are read once and kept until an event may have changed them; such events arrive in the turn
    of the loop in which Home Assistant changes. Verdicts on all entities come from one pass over the facts.
    """

    def __init__(self, hass: HomeAssistant, word: OwnersWord, on_change: Callable[[Iterable[str]], None]) -> None:
        """Judge with the owner's word. `on_change` gets the entities whose verdict may be another one."""
        self._hass = hass
        self._word = word
        self._on_change = on_change
        self._entities = er.async_get(hass)
        self._faults = Faults("is judged as something that can do anything")
        self._facts: dict[str, _Fact] = {}
        self._devices: dict[str, _Neighbours] = {}
        # Verdicts that are not harmless, None until the facts have been gone through again.
        self._verdicts: dict[str, Verdict] | None = None
        self._triggers: dict[str, frozenset[str]] | None = None
        self._wrapped: dict[str, set[str]] | None = None
        self._subscriptions: list[CALLBACK_TYPE] = []

    @callback
    def start(self) -> None:
        """Follow states and registries from now on."""
        listen = self._hass.bus.async_listen
        self._subscriptions = [
            async_track_state_added_domain(self._hass, ACTING, self._on_state),
            async_track_state_removed_domain(self._hass, ACTING, self._on_state),
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._on_entity_registry),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._on_device_registry),
            *(listen(event_type, self._on_places) for event_type in _PLACES),
        ]

    @callback
    def stop(self) -> None:
        """Follow nothing and forget what was read."""
        while self._subscriptions:
            self._subscriptions.pop()()
        self._forget_all()

    @callback
    def set_word(self, word: OwnersWord) -> None:
        """Judge with another word of the owner."""
        self._word = word
        self._forget_all()

    def verdict(self, entity_id: str) -> Verdict:
        """Return the verdict on an entity."""
        if self._verdicts is None:
            self._verdicts = self._judge_all()
        known = self._verdicts.get(entity_id)
        return HARMLESS if known is None else known

    def now(self, entity_id: str) -> Verdict:
        """Return the verdict on an entity for a command at this moment.

        Targets by place, group members and switches that are shown as something else are read anew.
        """
        self._wrapped = None
        found = HARMLESS
        seen = {entity_id}
        waiting = deque([(entity_id, False)])
        while waiting:
            each, harmless = waiting.popleft()
            fact = self._read(each)
            through = None if each == entity_id else each
            if fact.forbidden:
                return Verdict(Reason.INTERPHONE, through)
            harmless = harmless or fact.harmless
            if not harmless and fact.reason is not None and found is HARMLESS:
                found = Verdict(fact.reason, through)
            for target in fact.effect.targets - seen:
                seen.add(target)
                waiting.append((target, harmless))
        return found

    @callback
    def forget(self, entity_id: str) -> None:
        """Read the facts on an entity again: it describes itself otherwise than before."""
        if entity_id.startswith(_SILENT):
            self._changed({entity_id})

    def _judge_all(self) -> dict[str, Verdict]:
        """Go back from every entity with a reason of its own to whatever reaches it; the nearest reason counts.

        Behind an entity that the owner calls harmless, only Interphone itself counts.
        """
        acting: dict[str, list[str]] = {}
        waiting = deque(self._hass.states.async_entity_ids(DOMAINS))
        known = set(waiting)
        while waiting:
            each = waiting.popleft()
            targets = self._fact(each).effect.targets
            for target in targets:
                acting.setdefault(target, []).append(each)
            waiting.extend(targets - known)
            known |= targets
        verdicts = self._reached(acting, [name for name in known if self._facts[name].forbidden], forbidden=True)
        reasons = [
            name for name in known if (fact := self._facts[name]).reason and not fact.harmless and name not in verdicts
        ]
        return self._reached(acting, reasons, forbidden=False) | verdicts

    def _reached(self, acting: Mapping[str, list[str]], names: list[str], *, forbidden: bool) -> dict[str, Verdict]:
        verdicts = {name: Verdict(Reason.INTERPHONE if forbidden else self._facts[name].reason, None) for name in names}
        waiting = deque((name, name, verdicts[name].reason) for name in names)
        while waiting:
            each, origin, reason = waiting.popleft()
            for deputy in acting.get(each, ()):
                if deputy not in verdicts and (forbidden or not self._facts[deputy].harmless):
                    verdicts[deputy] = Verdict(reason, origin)
                    waiting.append((deputy, origin, reason))
        return verdicts

    def _own_reason(self, entity_id: str, entry: er.RegistryEntry | None) -> Reason | None:
        """Return the reason that lies in the entity itself or in the device that it belongs to."""
        if reason := self._plain_reason(entity_id, entry):
            return reason
        if entry is None or entry.device_id is None:
            return None
        neighbours = self._neighbours(entry.device_id)
        if neighbours.trackers - {entity_id}:
            return Reason.TRACKS
        if entry.domain in CONTROLS and neighbours.opening - {entity_id}:
            return Reason.SAME_DEVICE
        return None

    def _neighbours(self, device_id: str) -> _Neighbours:
        known = self._devices.get(device_id)
        if known is None:
            entries = er.async_entries_for_device(self._entities, device_id, include_disabled_entities=True)
            known = self._devices[device_id] = _Neighbours(
                frozenset(entry.entity_id for entry in entries if entry.domain == _TRACKER),
                # An entity that the owner calls harmless gives no reason to its neighbours either.
                frozenset(
                    entry.entity_id
                    for entry in entries
                    if self._plain_reason(entry.entity_id, entry)
                    and not _named(entry.entity_id, entry, self._word.harmless)
                ),
            )
        return known

    def _plain_reason(self, entity_id: str, entry: er.RegistryEntry | None) -> Reason | None:
        """Return the reason that domain, device class or the owner's word give.

        All the device classes that it has had count: overriding a garage door's class does not make it a blind.
        """
        if _named(entity_id, entry, self._word.doors):
            return Reason.OWNER
        domain = entity_id.partition(".")[0]
        kind = DOMAINS.get(domain)
        if kind is None:
            return None
        if kind.sensitive:
            return _REASONS.get(domain, Reason.OPENS)
        if not kind.sensitive_classes:
            return None
        state = self._hass.states.get(entity_id)
        claimed = state.attributes.get(ATTR_DEVICE_CLASS) if state else None
        classes = {claimed if isinstance(claimed, str) else None}  # attributes may be anything
        if entry is not None:
            classes |= {entry.device_class, entry.original_device_class}
        return None if kind.sensitive_classes.isdisjoint(classes) else Reason.OPENS

    def _fact(self, entity_id: str) -> _Fact:
        fact = self._facts.get(entity_id)
        return self._read(entity_id) if fact is None else fact

    def _read(self, entity_id: str) -> _Fact:
        """Return the facts on an entity, read anew where no event reports a change."""
        known = self._facts.get(entity_id)
        if known is not None and not known.effect.by_place and not entity_id.startswith(_SILENT):
            return known
        entry = self._entities.async_get(entity_id)
        try:
            effect = self._effect(entity_id)
        except Exception as error:  # noqa: BLE001 - configurations and entities are other integrations'
            self._faults.report(entity_id, error)
            effect = UNKNOWN
        fact = self._facts[entity_id] = _Fact(
            effect,
            self._own_reason(entity_id, entry) or (Reason.UNKNOWN if effect.unknown else None),
            effect.forbidden or (entry is not None and entry.platform == DOMAIN),
            _named(entity_id, entry, self._word.harmless),
        )
        return fact

    def _effect(self, entity_id: str) -> Effect:
        """Read what an entity acts on, what acts when it changes, and what stands for it."""
        effect = effect_of(self._hass, entity_id)
        domain = entity_id.partition(".")[0]
        if domain in HELPERS:
            reacting = frozenset(name for name, helpers in self._triggering().items() if entity_id in helpers)
            return Effect.union((effect, Effect(reacting)))
        if entity_id.startswith(_WRAPPED) and (shown := self._wrappers().get(entity_id)):
            return Effect.union((effect, Effect(frozenset(shown))))
        return effect

    def _triggering(self) -> dict[str, frozenset[str]]:
        if self._triggers is None:
            automations = self._hass.states.async_entity_ids(AUTOMATION)
            self._triggers = {name: self._helpers_of(name) for name in automations}
        return self._triggers

    def _helpers_of(self, automation_id: str) -> frozenset[str]:
        try:
            return triggering_helpers(self._hass, automation_id)
        except Exception as error:  # noqa: BLE001 - as above
            self._faults.report(automation_id, error)
            return frozenset(self._hass.states.async_entity_ids(HELPERS))

    def _wrappers(self) -> dict[str, set[str]]:
        if self._wrapped is None:
            self._wrapped = wrapped_switches(self._hass)
        return self._wrapped

    # Listeners for events that may change a verdict.

    @callback
    def _on_state(self, event: Event[EventStateChangedData]) -> None:
        entity_id = event.data["entity_id"]
        if entity_id.startswith(f"{AUTOMATION}."):
            self._triggers = None
            self._changed({entity_id, *(name for name in self._facts if name.partition(".")[0] in HELPERS)})
        else:
            self._changed({entity_id})

    @callback
    def _on_entity_registry(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        entity_id = event.data["entity_id"]
        changed = {entity_id, str(event.data.get("old_entity_id", entity_id))}
        entry = self._entities.async_get(entity_id)
        if entry is not None and entry.device_id is not None:
            changed |= self._members(entry.device_id)
        if entry is None or entry.platform == SWITCH_AS_X:
            self._wrapped = None
            changed |= {name for name in self._facts if name.startswith(_WRAPPED)}
        self._changed(changed | self._by_place())

    @callback
    def _on_device_registry(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        self._changed(self._members(event.data["device_id"]) | self._by_place())

    @callback
    def _on_places(self, _event: Event[Any]) -> None:
        self._changed(self._by_place())

    def _members(self, device_id: str) -> set[str]:
        entries = er.async_entries_for_device(self._entities, device_id, include_disabled_entities=True)
        return {entry.entity_id for entry in entries}

    def _by_place(self) -> set[str]:
        return {name for name, fact in self._facts.items() if fact.effect.by_place}

    def _forget_all(self) -> None:
        self._facts.clear()
        self._devices.clear()
        self._verdicts = self._triggers = self._wrapped = None

    def _changed(self, entity_ids: set[str]) -> None:
        """Read these again, and have whatever acts on others be judged again."""
        for name in entity_ids:
            self._facts.pop(name, None)
        self._devices.clear()
        self._verdicts = None
        self._on_change(entity_ids | {name for name, fact in self._facts.items() if fact.effect.targets})


def _named(entity_id: str, entry: er.RegistryEntry | None, names: frozenset[str]) -> bool:
    return bool(names) and (entity_id in names or (entry is not None and entry.id in names))
