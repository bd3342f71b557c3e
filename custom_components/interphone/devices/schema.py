"""The JSON Schema of the device model, rendered from the traits: what is sent, and what is accepted."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import voluptuous as vol

from .commands import CommandStatus
from .envelope import ENVELOPE
from .fields import LABEL_LENGTH_MAX, Field, Shape, object_schema
from .model import Trait
from .registry import TRAITS, TYPES
from .traits.weather import FORECAST_FIELDS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = {"type": "string", "pattern": "^[0-9a-f]{20}$"}
_NAME: Final = {"type": "string"}
_LABEL: Final = {"type": "string", "maxLength": LABEL_LENGTH_MAX}
_SEQ: Final = {"type": "integer", "minimum": 0}
_INSTANT: Final = {"type": "string", "format": "date-time"}


@cache
def json_schema() -> dict[str, Any]:
    """Return the whole as one JSON Schema (2020-12) of `$defs`.

    `device` is a device as it is listed; `state`, `devices` and `event` are the payloads of the feed. `command` is the
    envelope that is accepted: the union of `command_<trait>_<verb>`, one for each command. `result` is its result,
    `forecast` one point of a forecast. The same object each time: not to be changed.
    """
    commands = dict(_commands())
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
                id=_nullable(_ID),
                type=_NAME,
                at=_INSTANT,
                expires_at=_INSTANT,
                event_id=_NAME,
                answerable={"type": "boolean"},
                name=_nullable(_NAME),
                message=_nullable(_NAME),
            ),
            "command": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in commands]},
            **commands,
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


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _per_trait(describe: Callable[[Trait], dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: describe(trait) for name, trait in sorted(TRAITS.items())},
        "additionalProperties": False,
    }


def _attributes(trait: Trait) -> dict[str, Any]:
    return object_schema(trait.attribute_fields, nullable=True)


def _state(trait: Trait) -> dict[str, Any]:
    return object_schema(trait.state_fields, nullable=True)


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
        name=_LABEL,
        area=_nullable(_LABEL),
        floor=_nullable(_LABEL),
        labels={"type": "array", "items": _LABEL},
        part_of=_nullable(_object(id=_NAME, name=_nullable(_LABEL))),
        icon=_LABEL,
        sensitive={"type": "boolean"},
        online={"type": "boolean"},
        traits=_per_trait(_attributes),
        commands={"type": "array", "items": {"enum": _command_names()}},
        state=_per_trait(_state),
    )


def _commands() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the envelope of each command under a name that generators of clients can make an identifier of."""
    for _, trait in sorted(TRAITS.items()):
        for verb, command in sorted(trait.commands.items()):
            params = Field(command.validator, required=not any(map(_is_optional, command.shapes)))
            name = Field(vol.Equal(f"{trait.name}.{verb}"))
            yield f"command_{trait.name}_{verb}", object_schema({**ENVELOPE, "command": name, "params": params})


def _is_optional(shape: Shape) -> bool:
    return not any(field.required for field in shape.values())


def _result() -> dict[str, Any]:
    described = _object(
        id=_nullable({"type": "string"}),
        status={"enum": [str(status) for status in CommandStatus]},
        error=_NAME,
        message=_NAME,
        detail=_NAME,
        retry_after={"type": "number"},
        state=_per_trait(_state),
    )
    return {**described, "required": ["id", "status"]}


def _forecast() -> dict[str, Any]:
    described = object_schema(FORECAST_FIELDS, nullable=True)
    return {**described, "properties": described["properties"] | {"at": _INSTANT}}
