"""Targets of a script sequence, read from its validated steps.

Home Assistant's own `referenced_entities` does not serve: it counts conditions and triggers as if they acted, and sees
nothing in a direct `script.<id>`, in `scene.apply`, in templates or in services without targets. This walk is closed by
default: a step that is not known to act on named entities only is unknown.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID, CONF_ENABLED, CONF_TARGET, ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.template import Template

from ..const import DOMAIN
from .effect import UNKNOWN, Effect
from .registry import DOMAINS

type Step = Mapping[str, Any]

_SCRIPT: Final = "script"
_SCENE: Final = "scene"
_CORE: Final = "homeassistant"

# Steps that act on nothing.
_INERT: Final = frozenset(
    {
        cv.SCRIPT_ACTION_CHECK_CONDITION,
        cv.SCRIPT_ACTION_DELAY,
        cv.SCRIPT_ACTION_SET_CONVERSATION_RESPONSE,
        cv.SCRIPT_ACTION_STOP,
        cv.SCRIPT_ACTION_VARIABLES,
        cv.SCRIPT_ACTION_WAIT_FOR_TRIGGER,
        cv.SCRIPT_ACTION_WAIT_TEMPLATE,
    }
)
# Services of the generic domain that act on the entities they name, whatever their domain.
_GENERIC: Final = frozenset({"turn_on", "turn_off", "toggle"})
# Services of scripts that act on the scripts they name. Every other service of the domain is the script of that name.
_SCRIPT_SERVICES: Final = frozenset({"turn_on", "turn_off", "toggle"})
# Every domain registers this one to read its configuration again, which may bring anything.
_RELOAD: Final = "reload"

_TARGET_KEYS: Final = (ATTR_ENTITY_ID, "device_id", "area_id", "floor_id", "label_id")


def effect_of_sequence(hass: HomeAssistant, sequence: Iterable[Step]) -> Effect:
    """Return what the validated steps of a sequence act on; `UNKNOWN` as soon as one of them is not known."""
    return Effect.union(_effect_of_step(hass, step) for step in sequence)


def _effect_of_step(hass: HomeAssistant, step: Step) -> Effect:
    if step.get(CONF_ENABLED) is False:
        return Effect()
    action = cv.determine_script_action(dict(step))
    if action in _INERT:
        return Effect()
    read = _STEPS.get(action)
    return UNKNOWN if read is None else read(hass, step)


def _nested(*paths: str) -> Callable[[HomeAssistant, Step], Effect]:
    """Read the sequences that stand under these keys of a step."""

    def read(hass: HomeAssistant, step: Step) -> Effect:
        return Effect.union(effect_of_sequence(hass, step[path]) for path in paths if step.get(path))

    return read


def _choose(hass: HomeAssistant, step: Step) -> Effect:
    options = [effect_of_sequence(hass, option["sequence"]) for option in step["choose"]]
    return Effect.union([*options, effect_of_sequence(hass, step.get("default") or ())])


def _repeat(hass: HomeAssistant, step: Step) -> Effect:
    return effect_of_sequence(hass, step["repeat"]["sequence"])


def _parallel(hass: HomeAssistant, step: Step) -> Effect:
    return Effect.union(effect_of_sequence(hass, branch["sequence"]) for branch in step["parallel"])


def _activate_scene(_hass: HomeAssistant, step: Step) -> Effect:
    scene = step["scene"]
    return Effect(frozenset({scene})) if isinstance(scene, str) else UNKNOWN


def _device_action(hass: HomeAssistant, step: Step) -> Effect:
    """Read an action of a device automation: known when it is one of an entity domain and names the entity."""
    entity_id = er.async_resolve_entity_id(er.async_get(hass), str(step.get(ATTR_ENTITY_ID, "")))
    if step.get("domain") not in DOMAINS or entity_id is None:
        return UNKNOWN
    return Effect(frozenset({entity_id}))


def _call_service(hass: HomeAssistant, step: Step) -> Effect:
    name = step.get("action", step.get("service"))
    if not isinstance(name, str):
        return UNKNOWN
    domain, _, service = name.partition(".")
    if domain == DOMAIN:
        return Effect(forbidden=True)
    if domain == _SCRIPT and service not in {*_SCRIPT_SERVICES, _RELOAD}:
        return Effect(frozenset({_script_of(hass, service)}))
    if not _acts_on_targets_only(domain, service):
        return UNKNOWN
    targets = _targets(step)
    # A service of an entity domain that names no entity acts on something else: `device_tracker.see` moves people.
    return resolve_targets(hass, targets, domain) if targets and any(targets.values()) else UNKNOWN


def _acts_on_targets_only(domain: str, service: str) -> bool:
    if domain == _CORE:
        return service in _GENERIC
    if domain == _SCENE:
        return service == "turn_on"
    return domain in DOMAINS and service != _RELOAD


def _script_of(hass: HomeAssistant, service: str) -> str:
    """Return the script that a direct `script.<id>` runs: its service keeps the id when the entity is renamed."""
    registered = er.async_get(hass).async_get_entity_id(_SCRIPT, _SCRIPT, service)
    return registered or f"{_SCRIPT}.{service}"


def _targets(step: Step) -> dict[str, list[str]] | None:
    """Return the literal targets of a service call by their key, None when a template may name any."""
    found: dict[str, list[str]] = {}
    for holder in (step, *(step.get(key) or {} for key in (CONF_TARGET, "data", "data_template"))):
        if not isinstance(holder, Mapping):
            return None
        for key in _TARGET_KEYS:
            named = holder.get(key)
            values = [named] if isinstance(named, str) else named or []
            if isinstance(values, Template) or not all(isinstance(value, str) for value in values):
                return None
            found.setdefault(key, []).extend(
                part.strip() for value in values for part in (value.split(",") if key == ATTR_ENTITY_ID else [value])
            )
        if any(isinstance(key, Template) for key in holder):
            return None
    return found


def resolve_targets(hass: HomeAssistant, targets: Mapping[str, Collection[str]], domain: str = _CORE) -> Effect:
    """Return the entities that targets name, as a service of `domain` resolves them.

    Areas, floors, labels and devices stand for their members of that domain; `all` for everything the domain has.
    """
    selection = TargetSelection({key: list(values) for key, values in targets.items() if values})
    by_place = bool(selection.device_ids or selection.area_ids or selection.floor_ids or selection.label_ids)
    grouped = any(name.startswith("group.") for name in selection.entity_ids)
    everything = ENTITY_MATCH_ALL in selection.entity_ids
    selection.entity_ids.discard(ENTITY_MATCH_ALL)
    registry = er.async_get(hass)
    selection.entity_ids = {er.async_resolve_entity_id(registry, name) or name for name in selection.entity_ids}
    selected = async_extract_referenced_entity_ids(hass, selection)
    found = set(selected.referenced)
    found |= {
        entity_id for entity_id in selected.indirectly_referenced if domain in (_CORE, entity_id.partition(".")[0])
    }
    if everything:
        found |= set(hass.states.async_entity_ids(None if domain == _CORE else domain))
    return Effect(frozenset(found), by_place=by_place or grouped or everything)


_STEPS: Final[Mapping[str, Callable[[HomeAssistant, Step], Effect]]] = {
    cv.SCRIPT_ACTION_ACTIVATE_SCENE: _activate_scene,
    cv.SCRIPT_ACTION_CALL_SERVICE: _call_service,
    cv.SCRIPT_ACTION_CHOOSE: _choose,
    cv.SCRIPT_ACTION_DEVICE_AUTOMATION: _device_action,
    cv.SCRIPT_ACTION_IF: _nested("then", "else"),
    cv.SCRIPT_ACTION_PARALLEL: _parallel,
    cv.SCRIPT_ACTION_REPEAT: _repeat,
    cv.SCRIPT_ACTION_SEQUENCE: _nested("sequence"),
}
