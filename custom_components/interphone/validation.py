"""Schemas that validate what comes in and render the JSON Schema that is published: one object for both.

Schemas are written with voluptuous, which is probatio inside Home Assistant. What probatio cannot render by itself,
a function that checks or reads a value, is wrapped in a `Validator` that carries its JSON Schema.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import re
from typing import Any

from probatio.codecs import UNSUPPORTED, to_openapi
from probatio.error import ExtraKeysInvalid
import voluptuous as vol

from .errors import InterphoneError, InvalidRequestError

type JsonSchema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Validator:
    """A validator that is a function, with the JSON Schema of what it accepts.

    `function` returns the value to go on with, or raises `vol.Invalid`.
    """

    function: Callable[[Any], Any]
    rendered: JsonSchema

    def __call__(self, value: Any) -> Any:
        """Validate and convert one value."""
        return self.function(value)


def validate(schema: Any, data: Any, error: type[InterphoneError] = InvalidRequestError) -> Any:
    """Validate data by a schema. The only place where a fault that voluptuous found becomes an error of the wire.

    The error names the field and the fault, never the value.
    """
    try:
        return (schema if isinstance(schema, vol.Schema) else vol.Schema(schema))(data)
    except vol.Invalid as err:
        first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
        # Names of fields may come from outside, and be as long as the message they came in.
        path = ".".join(str(part)[:64] for part in first.path)
        fault = "unknown field" if isinstance(first, ExtraKeysInvalid) else first.error_message
        raise error(f"{path}: {fault}" if path else fault) from err


def json_schema(schema: Any) -> dict[str, Any]:
    """Render a schema as JSON Schema (2020-12). Raises `probatio.SchemaError` where a constraint would be lost."""
    return to_openapi(schema, custom_serializer=_rendered, openapi_version="3.1.0", strict=True)


def _rendered(node: Any) -> Any:
    return dict(node.rendered) if isinstance(node, Validator) else UNSUPPORTED


def matching(pattern: str, message: str) -> Validator:
    """Accept a string that matches the whole pattern, which must mean the same in Python and in ECMA 262."""
    whole = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str) or whole.fullmatch(value) is None:
            raise vol.Invalid(message)
        return value

    return Validator(check, {"type": "string", "pattern": f"^{pattern}$"})


def text(maximum: int, *, minimum: int = 1) -> vol.All[Any]:
    """Accept a string of so many characters."""
    return vol.All(str, vol.Length(min=minimum, max=maximum))
