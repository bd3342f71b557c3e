"""activate: entities that are run: scenes, scripts, automations, buttons."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.service import async_get_cached_service_description

from ...errors import InvalidParamsError
from ..fields import TEXT_LENGTH_MAX, Shape, anything, boolean, label, listing, optional, record, utc_instant
from ..model import BesideState, Command, Entity, Json, ServiceCall, Trait, bounded
from ..times import instant

_RUN: Final = {
    "scene": "turn_on",
    "script": "turn_on",
    "automation": "trigger",
    "button": "press",
    "input_button": "press",
}
# The attribute with the time of the last run. The state of the other domains is that time.
_LAST_RUN: Final = {"script": "last_triggered", "automation": "last_triggered"}
_SCRIPT: Final = "script"

_FIELD: Final[Shape] = {
    "id": label(),
    "name": label(),
    "description": label(TEXT_LENGTH_MAX),
    "required": boolean(),
    "selector": label(),
}


def _script_fields(hass: HomeAssistant, state: State) -> Json:
    """Read a script's fields where services are described: its state does not have them."""
    entry = er.async_get(hass).async_get(state.entity_id)
    name = state.object_id if entry is None else entry.unique_id
    described = async_get_cached_service_description(hass, _SCRIPT, name) or {}
    return {"fields": described.get("fields", {})}


SCRIPT_FIELDS: Final = BesideState(_script_fields)


def _fields(entity: Entity) -> Json:
    fields: Json = entity.beside.get("fields", {})
    return fields


def _run(entity: Entity, params: Json) -> ServiceCall:
    given: Json = params.get("fields", {})
    fields = _fields(entity)
    for name in given:
        if name not in fields:
            known = ", ".join(fields) or "none"
            raise InvalidParamsError(f"fields: {str(name)[:64]} is unknown; the fields are: {known}")
    for name, described in fields.items():
        if described.get("required") and name not in given:
            raise InvalidParamsError(f"fields: {name} is required")
    return ServiceCall(entity.domain, _RUN[entity.domain], {"variables": dict(given)} if given else {})


def _stop(entity: Entity, _params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "turn_off", {})


def _is_script(entity: Entity) -> bool:
    return entity.domain == _SCRIPT


def _describe(name: str, described: Json) -> dict[str, Any]:
    selector = described.get("selector")
    return {
        "id": name,
        "name": bounded(str(described.get("name") or name)),
        "description": bounded(str(described.get("description") or ""), TEXT_LENGTH_MAX),
        "required": bool(described.get("required")),
        "selector": str(next(iter(selector))) if isinstance(selector, Mapping) and selector else "any",
    }


class Activate(Trait):
    """Runs an entity; `last_run` is when it last ran. Scripts also have fields, `running`, and can be stopped."""

    name = "activate"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"last_triggered"})
    attribute_fields: ClassVar[Shape] = {"fields": optional(listing(record(_FIELD)))}
    state_fields: ClassVar[Shape] = {"last_run": utc_instant(), "running": optional(boolean())}
    commands: ClassVar[Mapping[str, Command]] = {
        "run": Command(_run, ({"fields": optional(anything())},)),
        "stop": Command(_stop, supported=_is_script),
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe a script's fields: `[{id, name, description, required, selector}]`, `selector` by its type."""
        if not _is_script(entity):
            return {}
        return {"fields": [_describe(name, described) for name, described in _fields(entity).items()]}

    def read(self, entity: Entity) -> Json:
        """Read `last_run`, and `running` of scripts."""
        attribute = _LAST_RUN.get(entity.domain)
        value = entity.state.attributes.get(attribute) if attribute else entity.value
        state: dict[str, object] = {"last_run": instant(value)}
        if _is_script(entity):
            state["running"] = {"on": True, "off": False}.get(entity.value or "")
        return state
