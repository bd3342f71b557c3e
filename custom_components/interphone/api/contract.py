"""The wire contract: what one message holds, validated and published by one schema (see `validation`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import voluptuous as vol

from ..devices.times import parse_instant
from ..errors import InterphoneError, InvalidRequestError
from ..validation import JsonSchema, Validator, json_schema, matching, text, validate

__all__ = ["JsonSchema", "Validator", "json_schema", "matching", "text", "validate"]

COMPONENTS: Final = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Payload:
    """Content of one message, query or set of headers: one schema that validates it and describes it.

    `validate` raises `error` for data that does not fit.
    """

    schema: vol.Schema
    error: type[InterphoneError] = InvalidRequestError

    def validate(self, data: Any) -> Any:
        """Return the data, converted and with defaults filled in.

        Raises `error`, by default `InvalidRequestError`, which names the first faulty field and the fault.
        """
        return validate(self.schema, data, self.error)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12, as OpenAPI 3.1 and AsyncAPI 3.0 embed it)."""
        return json_schema(self.schema)


def component(name: str) -> Validator:
    """Refer to a named schema under `components/schemas`. As a validator it accepts everything."""
    return Validator(lambda value: value, {"$ref": f"{COMPONENTS}{name}"})


def from_text(read: Callable[[str], Any], schema: Any) -> Validator:
    """Accept the text of a query parameter or header: `read` converts it, `schema` validates and describes it."""
    return Validator(vol.Schema(vol.All(read, schema)), json_schema(schema))


def exactly(**fields: Any) -> vol.Schema:
    """Describe an object with exactly these fields, each required."""
    return vol.Schema(fields, required=True)


def _moment(value: Any) -> datetime:
    moment = parse_instant(value) if isinstance(value, str) else None
    if moment is None:
        raise vol.Invalid("expected an ISO 8601 date and time with an offset")
    return moment


# An instant: ISO 8601 with an offset from UTC. Read as a `datetime` in UTC.
MOMENT: Final = Validator(_moment, {"type": "string", "format": "date-time"})
COUNT: Final = vol.All(int, vol.Range(min=0))
