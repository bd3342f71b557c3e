"""Sensitivity: which entities open, guard, watch or track, by themselves or through what they act on.

Sensitive entities are shared only when they are named one by one, and moved only by grants that may control doors and
alarms. Interphone's own entities and actions are beyond every grant, through whatever acts on them.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_state_added_domain, async_track_state_removed_domain

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
from .effect import Effect
from .registry import DOMAINS

_TRACKER: Final = "device_tracker"
# Controls that a device offers beside what it is: on the device of a lock, they may well be the lock's.
_CONTROLS: Final = frozenset({"button", "number", "select", "switch", "text"})


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


@dataclass(frozen=True, slots=True)
class OwnersWord:
    """What the owner says of single entities, by entity id or registry id. It wins over every rule but one.

    What uses Interphone itself stays beyond every grant.
    """

    doors: frozenset[str] = field(default_factory=frozenset)
    harmless: frozenset[str] = field(default_factory=frozenset)


class Sensitivity:
    """Judges entities and follows what changes a verdict.

    What an entity acts on is read once and kept until an event may have changed it. `now` reads everything anew, for
    the moment of a command, a picture or a stream.
    """

    def __init__(self, hass: HomeAssistant, word: OwnersWord, on_change: Callable[[Iterable[str]], None]) -> None:
        """Judge with the owner's word. `on_change` gets the entities whose verdict may be another one."""
        self._hass = hass
        self._word = word
        self._on_change = on_change
        self._entities = er.async_get(hass)
        self._effects: dict[str, Effect] = {}
        self._triggers: dict[str, frozenset[str]] | None = None
        self._wrapped: dict[str, set[str]] | None = None
        # Entities that act on others, as far as they have been judged.
        self._deputies: set[str] = set()
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

    def verdict(self, entity_id: str) -> Verdict:
        """Return the verdict on an entity, from what was read before where nothing has changed it."""
        return self._judge(entity_id, self._effect)

    def now(self, entity_id: str) -> Verdict:
        """Return the verdict on an entity from the registries and configurations as they are now."""
        # What triggers automations is forgotten by itself: an automation that is edited is a new entity.
        self._wrapped = None
        return self._judge(entity_id, self._read)

    def _judge(self, entity_id: str, effect_of_entity: Callable[[str], Effect]) -> Verdict:
        """Look for a reason in the entity and in everything that it reaches; the nearest one counts.

        Behind an entity that the owner calls harmless, only Interphone itself counts.
        """
        found: Verdict | None = None
        seen = {entity_id}
        waiting = deque([(entity_id, False)])
        while waiting:
            each, harmless = waiting.popleft()
            entry = self._entities.async_get(each)
            harmless = harmless or _named(each, entry, self._word.harmless)
            effect = effect_of_entity(each)
            if effect.forbidden or (entry is not None and entry.platform == DOMAIN):
                return Verdict(Reason.INTERPHONE, None if each == entity_id else each)
            if found is None and not harmless:
                reason = self._own_reason(each, entry) or (Reason.UNKNOWN if effect.unknown else None)
                found = Verdict(reason, None if each == entity_id else each) if reason else None
            for target in effect.targets - seen:
                seen.add(target)
                waiting.append((target, harmless))
        return found or Verdict()

    def _own_reason(self, entity_id: str, entry: er.RegistryEntry | None) -> Reason | None:
        """Return the reason that lies in the entity itself or in the device that it belongs to."""
        if reason := self._plain_reason(entity_id, entry):
            return reason
        if entry is None or entry.device_id is None:
            return None
        siblings = [
            sibling
            for sibling in er.async_entries_for_device(self._entities, entry.device_id, include_disabled_entities=True)
            if sibling.id != entry.id
        ]
        if any(sibling.domain == _TRACKER for sibling in siblings):
            return Reason.TRACKS
        if entry.domain not in _CONTROLS:
            return None
        # What the owner calls harmless gives no reason to its neighbours either.
        opening = (
            sibling
            for sibling in siblings
            if self._plain_reason(sibling.entity_id, sibling)
            and not _named(sibling.entity_id, sibling, self._word.harmless)
        )
        return Reason.SAME_DEVICE if any(opening) else None

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
        classes = {state.attributes.get(ATTR_DEVICE_CLASS) if state else None}
        if entry is not None:
            classes |= {entry.device_class, entry.original_device_class}
        return None if kind.sensitive_classes.isdisjoint(classes) else Reason.OPENS

    def _effect(self, entity_id: str) -> Effect:
        effect = self._effects.get(entity_id)
        if effect is None:
            effect = self._effects[entity_id] = self._read(entity_id)
            if effect.targets or effect.unknown or effect.forbidden:
                self._deputies.add(entity_id)
        return effect

    def _read(self, entity_id: str) -> Effect:
        """Read what an entity acts on, what acts when it changes, and what stands for it."""
        effect = effect_of(self._hass, entity_id)
        domain = entity_id.partition(".")[0]
        if domain in HELPERS:
            reacting = frozenset(name for name, helpers in self._triggering().items() if entity_id in helpers)
            return Effect.union((effect, Effect(reacting)))
        if domain == "switch" and (shown := self._wrappers().get(entity_id)):
            return Effect.union((effect, Effect(frozenset(shown))))
        return effect

    def _triggering(self) -> dict[str, frozenset[str]]:
        if self._triggers is None:
            automations = self._hass.states.async_entity_ids(AUTOMATION)
            self._triggers = {name: triggering_helpers(self._hass, name) for name in automations}
        return self._triggers

    def _wrappers(self) -> dict[str, set[str]]:
        if self._wrapped is None:
            self._wrapped = wrapped_switches(self._hass)
        return self._wrapped

    # What may change a verdict.

    @callback
    def _on_state(self, event: Event[EventStateChangedData]) -> None:
        entity_id = event.data["entity_id"]
        if entity_id.startswith(f"{AUTOMATION}."):
            self._triggers = None
            self._changed({entity_id, *self._helpers()})
        else:
            self._changed({entity_id})

    @callback
    def _on_entity_registry(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        entity_id = event.data["entity_id"]
        changed = {entity_id, str(event.data.get("old_entity_id", entity_id))}
        entry = self._entities.async_get(entity_id)
        if entry is not None and entry.device_id is not None:
            changed |= self._members([entry.device_id])
        if entry is None or entry.platform == SWITCH_AS_X:
            self._wrapped = None
            changed |= {name for name in self._effects if name.startswith("switch.")}
        self._changed(changed, places=True)

    @callback
    def _on_device_registry(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        self._changed(self._members([event.data["device_id"]]), places=True)

    def _members(self, device_ids: Iterable[str]) -> set[str]:
        return {
            entry.entity_id
            for device_id in device_ids
            for entry in er.async_entries_for_device(self._entities, device_id, include_disabled_entities=True)
        }

    def _helpers(self) -> set[str]:
        return {name for name in self._effects if name.partition(".")[0] in HELPERS}

    def _forget_all(self) -> None:
        self._effects.clear()
        self._deputies.clear()
        self._triggers = self._wrapped = None

    def _changed(self, entity_ids: Iterable[str], *, places: bool = False) -> None:
        """Read these again, with `places` also what names its targets by place, and judge whatever may reach them."""
        entity_ids = set(entity_ids)
        if places:
            entity_ids |= {name for name, effect in self._effects.items() if effect.by_place}
        for name in entity_ids:
            self._effects.pop(name, None)
        self._on_change(entity_ids | self._deputies)


def _named(entity_id: str, entry: er.RegistryEntry | None, names: frozenset[str]) -> bool:
    return bool(names) and (entity_id in names or (entry is not None and entry.id in names))
