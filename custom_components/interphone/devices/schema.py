"""The JSON Schema of the device model, made from the traits themselves: what is sent, and what is taken."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from .commands import CommandStatus
from .envelope import ENVELOPE
from .fields import Shape, object_schema
from .model import Trait
from .registry import TRAITS, TYPES
from .traits.weather import FORECAST_FIELDS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = {"type": "string", "pattern": "^[0-9a-f]{20}$"}
_NAME: Final = {"type": "string"}
_SEQ: Final = {"type": "integer", "minimum": 0}
_MOMENT: Final = {"type": "string", "format": "date-time"}


@cache
def json_schema() -> dict[str, Any]:
    """Return the whole as one JSON Schema (2020-12) of `$defs`.

    `device` is a device as it is listed; `state`, `devices` and `event` are the payloads of the feed; `command` is an
    envelope that is taken, `result` its answer; `forecast` is one point of a forecast. The same object each time: not
    to be changed.
    """
    return {
        "$schema": _DIALECT,
        "title": "Interphone devices",
        "$ref": "#/$defs/device",
        "$defs": {
            "device": _device(),
            "state": _object(seq=_SEQ, id=_ID, online={"type": "boolean"}, state=_patch()),
            "devices": _object(
                seq=_SEQ,
                added={"type": "array", "items": {"$ref": "#/$defs/device"}},
                changed={"type": "array", "items": {"$ref": "#/$defs/device"}},
                removed={"type": "array", "items": _ID},
            ),
            "event": _object(
                seq=_SEQ,
                id=_maybe(_ID),
                type=_NAME,
                at=_MOMENT,
                expires_at=_MOMENT,
                event_id=_NAME,
                answerable={"type": "boolean"},
                name=_maybe(_NAME),
                message=_maybe(_NAME),
            ),
            "command": _command(),
            "result": _result(),
            "forecast": _forecast(),
        },
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _per_trait(describe: Callable[[Trait], dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: describe(trait) for name, trait in sorted(TRAITS.items())},
        "additionalProperties": False,
    }


def _attributes(trait: Trait) -> dict[str, Any]:
    return object_schema(trait.attribute_fields, unknowns=True)


def _state(trait: Trait) -> dict[str, Any]:
    return object_schema(trait.state_fields, unknowns=True)


def _changed(trait: Trait) -> dict[str, Any]:
    return {**_state(trait), "required": [], "minProperties": 1}


def _patch() -> dict[str, Any]:
    return _per_trait(_changed)


def _command_names() -> list[str]:
    return sorted(f"{trait.name}.{verb}" for trait in TRAITS.values() for verb in trait.commands)


def _device() -> dict[str, Any]:
    return _object(
        id=_ID,
        type={"enum": sorted(TYPES)},
        name=_NAME,
        area=_maybe(_NAME),
        floor=_maybe(_NAME),
        labels={"type": "array", "items": _NAME},
        part_of=_maybe(_object(id=_NAME, name=_maybe(_NAME))),
        icon=_NAME,
        sensitive={"type": "boolean"},
        online={"type": "boolean"},
        traits=_per_trait(_attributes),
        commands={"type": "array", "items": {"enum": _command_names()}},
        state=_per_trait(_state),
    )


def _command() -> dict[str, Any]:
    """Describe the envelope; which params fit depends on the command in it."""
    envelope = object_schema(ENVELOPE)
    envelope["properties"] |= {"command": {"enum": _command_names()}}
    return {
        **envelope,
        "oneOf": [
            {
                "properties": {"command": {"const": f"{trait.name}.{verb}"}, "params": command.schema()},
                "required": [] if any(_takes_nothing(shape) for shape in command.shapes) else ["params"],
            }
            for _, trait in sorted(TRAITS.items())
            for verb, command in sorted(trait.commands.items())
        ],
    }


def _takes_nothing(shape: Shape) -> bool:
    return not any(field.required for field in shape.values())


def _result() -> dict[str, Any]:
    described = _object(
        id=_maybe({"type": "string"}),
        status={"enum": [str(status) for status in CommandStatus]},
        error=_NAME,
        message=_NAME,
        detail=_NAME,
        retry_after={"type": "number"},
        state=_per_trait(_state),
    )
    return {**described, "required": ["id", "status"]}


def _forecast() -> dict[str, Any]:
    described = object_schema(FORECAST_FIELDS, unknowns=True)
    return {**described, "properties": described["properties"] | {"at": _MOMENT}}
