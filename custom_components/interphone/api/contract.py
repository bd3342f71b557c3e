"""The wire contract: a schema that validates what comes in also renders the published JSON Schema.

Schemas are written with voluptuous, which is probatio inside Home Assistant. What probatio cannot render by itself,
a function that checks or reads a value, is wrapped in a `Validator` that carries its JSON Schema.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
import re
from typing import Any, Final

from probatio.codecs import UNSUPPORTED, to_openapi
import voluptuous as vol

from ..devices.times import moment_of
from ..errors import InterphoneError, InvalidRequestError

type JsonSchema = Mapping[str, Any]

COMPONENTS: Final = "#/components/schemas/"


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


@dataclass(frozen=True, slots=True)
class Payload:
    """What one message, query or set of headers holds: one schema that validates it and describes it.

    `error` is what a payload that does not fit raises.
    """

    schema: Any
    error: type[InterphoneError] = InvalidRequestError

    def validate(self, data: Any) -> Any:
        """Return the data, converted and with defaults filled in.

        Raises `error`, by default `InvalidRequestError`, which names the first faulty field and the fault.
        """
        return validate(self.schema, data, self.error)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12, as OpenAPI 3.1 and AsyncAPI 3.0 embed it)."""
        return json_schema(self.schema)


def validate(schema: Any, data: Any, error: type[InterphoneError] = InvalidRequestError) -> Any:
    """Validate data by a schema. The only place where a fault that voluptuous found becomes an error of the wire.

    The error names the field and the fault, never the value.
    """
    try:
        return (schema if isinstance(schema, vol.Schema) else vol.Schema(schema))(data)
    except vol.Invalid as err:
        first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
        path = ".".join(str(part) for part in first.path)
        raise error(f"{path}: {first.error_message}" if path else first.error_message) from err


def json_schema(schema: Any) -> dict[str, Any]:
    """Render a schema as JSON Schema. Raises `probatio.SchemaError` where a constraint would be lost."""
    return to_openapi(schema, custom_serializer=_rendered, openapi_version="3.1.0", strict=True)


def _rendered(node: Any) -> Any:
    return dict(node.rendered) if isinstance(node, Validator) else UNSUPPORTED


def component(name: str) -> Validator:
    """Refer to a named schema under `components/schemas`. As a validator it accepts everything."""
    return Validator(lambda value: value, {"$ref": f"{COMPONENTS}{name}"})


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


def exactly(**fields: Any) -> vol.Schema:
    """Describe an object with exactly these fields, each required."""
    return vol.Schema(fields, required=True)


def _moment(value: Any) -> datetime:
    moment = moment_of(value) if isinstance(value, str) else None
    if moment is None:
        raise vol.Invalid("expected an ISO 8601 date and time with an offset")
    return moment


# An instant: ISO 8601 with an offset from UTC. Read as a `datetime` in UTC.
MOMENT: Final = Validator(_moment, {"type": "string", "format": "date-time"})
COUNT: Final = vol.All(int, vol.Range(min=0))
