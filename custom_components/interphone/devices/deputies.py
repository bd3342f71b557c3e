"""Targets of an entity, read from the integration that made it.

A group, a scene, a script, a template switch or a helper is a deputy: a command for it reaches other entities. Each
platform that makes deputies has one reader here. `Entity` objects of Home Assistant hold what they act on in private
attributes; tests hold the shape of each, and what cannot be read is unknown.
"""

from collections.abc import Callable, Iterable, Mapping
import re
from typing import Any, Final

from homeassistant.const import CONF_ENTITY_ID, CONF_TARGET
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.helpers.group import expand_entity_ids
from homeassistant.helpers.template import Template

from .effect import UNKNOWN, Effect
from .registry import DOMAINS
from .sequences import effect_of_sequence, resolve_targets

AUTOMATION: Final = "automation"
SCENE: Final = "scene"
SCRIPT: Final = "script"
SWITCH_AS_X: Final = "switch_as_x"

# Helpers do nothing by themselves: automations act when one changes.
HELPERS: Final = frozenset(
    {
        *(f"input_{kind}" for kind in ("boolean", "button", "datetime", "number", "select", "text")),
        *("counter", "schedule", "timer", "todo"),
    }
)
_HELPER: Final = re.compile(rf"\b({'|'.join(sorted(HELPERS))})\b(?:\.([a-z0-9_]+))?")
# Events that concern any entity.
_ANY_ENTITY: Final = ("call_service", "state_changed", "state_reported", "timer.")

# Domains whose entities take commands.
ACTING: Final = frozenset(domain for domain, kind in DOMAINS.items() if any(trait.commands for trait in kind.traits))
# Domains of which some or all entities are sensitive by what they are.
_OPENING: Final = frozenset(domain for domain, kind in DOMAINS.items() if kind.sensitive or kind.sensitive_classes)

# Domains that are read at all, and those beside the registry's of which it is known that there is nothing to read.
_READ: Final = ACTING | {"group"}
_KNOWN: Final = _READ | HELPERS


def find_entity(hass: HomeAssistant, entity_id: str) -> Entity | None:
    """Return Home Assistant's object behind an entity id."""
    component = hass.data.get(DATA_INSTANCES, {}).get(entity_id.partition(".")[0])
    return component.get_entity(entity_id) if component else None


def effect_of(hass: HomeAssistant, entity_id: str) -> Effect:
    """Return what a command for this entity acts on besides the entity itself.

    Home Assistant's search is no source: it misses what this walk finds, see `sequences.py`.
    """
    domain = entity_id.partition(".")[0]
    if domain not in _KNOWN and domain not in DOMAINS:
        return UNKNOWN
    if domain not in _READ:
        return Effect()
    entity = find_entity(hass, entity_id)
    platform = entity.platform.platform_name if entity is not None and entity.platform else ""
    read = _PLATFORMS.get(platform) or _DOMAINS.get(domain)
    return Effect() if read is None else read(hass, entity)


def _group(_hass: HomeAssistant, entity: Any) -> Effect:
    members = getattr(entity, "_entity_ids", None) or getattr(entity, "tracking", None)
    return UNKNOWN if members is None else Effect(frozenset(members))


def _scene(_hass: HomeAssistant, entity: Any) -> Effect:
    config = getattr(entity, "scene_config", None)
    return UNKNOWN if config is None else Effect(frozenset(config.states))


def _foreign_scene(hass: HomeAssistant, entity: Any) -> Effect:
    """Read a scene that an integration keeps by itself: it may set whatever belongs to the same config entry."""
    registered = entity.registry_entry if entity is not None else None
    if registered is None or registered.config_entry_id is None:
        return UNKNOWN
    entries = er.async_entries_for_config_entry(er.async_get(hass), registered.config_entry_id)
    return Effect(frozenset(entry.entity_id for entry in entries if entry.domain in _OPENING), by_place=True)


def _unknown(_hass: HomeAssistant, _entity: Any) -> Effect:
    return UNKNOWN


def _script(hass: HomeAssistant, entity: Any) -> Effect:
    # One whose configuration is wrong has no script.
    script = getattr(entity, "script", None)
    return UNKNOWN if script is None else effect_of_sequence(hass, script.sequence)


def _automation(hass: HomeAssistant, entity: Any) -> Effect:
    script = getattr(entity, "action_script", None)
    return UNKNOWN if script is None else effect_of_sequence(hass, script.sequence)


def _template(hass: HomeAssistant, entity: Any) -> Effect:
    scripts = getattr(entity, "_action_scripts", None)
    if not isinstance(scripts, Mapping):
        return UNKNOWN
    return Effect.union(effect_of_sequence(hass, script.sequence) for script in scripts.values())


def _attribute(name: str) -> Callable[[HomeAssistant, Any], Effect]:
    """Read the one entity that an attribute of the object names."""

    def read(hass: HomeAssistant, entity: Any) -> Effect:
        named = getattr(entity, name, None)
        target = er.async_resolve_entity_id(er.async_get(hass), named) if isinstance(named, str) else None
        return UNKNOWN if target is None else Effect(frozenset({target}))

    return read


_PLATFORMS: Final[Mapping[str, Callable[[HomeAssistant, Any], Effect]]] = {
    AUTOMATION: _automation,
    "command_line": _unknown,
    "generic_hygrostat": _attribute("_switch_entity_id"),
    "generic_thermostat": _attribute("heater_entity_id"),
    "group": _group,
    "homeassistant": _scene,
    "rest": _unknown,
    SCRIPT: _script,
    "switch": _attribute("_switch_entity_id"),
    SWITCH_AS_X: _attribute("_switch_entity_id"),
    "template": _template,
    "universal": _unknown,
    "wake_on_lan": _unknown,
}
# Where the platform has no reader, or there is no entity.
_DOMAINS: Final[Mapping[str, Callable[[HomeAssistant, Any], Effect]]] = {
    AUTOMATION: _unknown,
    "group": _unknown,
    SCENE: _foreign_scene,
    SCRIPT: _unknown,
}


def wrapped_switches(hass: HomeAssistant) -> dict[str, set[str]]:
    """Return, for each switch that is shown as something else, the entities that it is shown as."""
    registry = er.async_get(hass)
    found: dict[str, set[str]] = {}
    for entry in hass.config_entries.async_entries(SWITCH_AS_X):
        switch = er.async_resolve_entity_id(registry, str(entry.options.get(CONF_ENTITY_ID, "")))
        if switch is not None:
            shown = {shown.entity_id for shown in er.async_entries_for_config_entry(registry, entry.entry_id)}
            found.setdefault(switch, set()).update(shown)
    return found


def triggering_helpers(hass: HomeAssistant, automation_id: str) -> frozenset[str]:
    """Return the helpers that the triggers of an automation name: in fields, templates, events, groups and places.

    A template that names a domain of helpers without an entity names all of them.
    """
    entity = find_entity(hass, automation_id)
    triggers = getattr(entity, "_trigger_config", None) or ()
    named = frozenset().union(*(_named_by(hass, trigger) for trigger in triggers))
    return frozenset(entity_id for entity_id in named if entity_id.partition(".")[0] in HELPERS)


def _named_by(hass: HomeAssistant, trigger: Mapping[str, Any]) -> set[str]:
    events = set(_strings(trigger.get("event_type", ())))
    found = _helpers_in(hass, set(_strings(trigger)) - events)
    if not found and any(event.startswith(_ANY_ENTITY) for event in events):
        found |= set(hass.states.async_entity_ids(HELPERS))
    target = trigger.get(CONF_TARGET)
    if isinstance(target, Mapping):
        lists = {key: [value] if isinstance(value, str) else value for key, value in target.items()}
        found |= resolve_targets(hass, lists).targets
    return found


def _helpers_in(hass: HomeAssistant, names: Iterable[str]) -> set[str]:
    registry = er.async_get(hass)
    found: set[str] = set()
    for name in names:
        if (entry := registry.entities.get_entry(name)) is not None:
            found.add(entry.entity_id)
        if name.startswith("group."):
            found |= set(expand_entity_ids(hass, [name]))
        for domain, object_id in _HELPER.findall(name):
            entity_id = f"{domain}.{object_id}"
            known = hass.states.get(entity_id) is not None
            found |= {entity_id} if known else set(hass.states.async_entity_ids(domain))
    return found


def _strings(value: Any) -> Iterable[str]:
    """Yield every text in a validated configuration; a template by its source."""
    if isinstance(value, Template):
        yield value.template
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _strings(item)
