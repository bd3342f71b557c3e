"""Fields: what a value on the wire may be, said once and used twice: to check commands and to write the JSON Schema."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
import math
import re
from typing import Any, Final, TypeGuard

from ..errors import InvalidParamsError
from .times import moment_of

type Shape = Mapping[str, Field]

# JSON knows no bounds of integers, and those who write and read it do: no more than what has 64 bits.
_INTEGER_MAX: Final = 2**63 - 1
# Floats count in whole numbers up to here; beyond, a state that spells one is as near as a float comes.
_WHOLE_MAX: Final = 2**53

# Strings in commands: names of presets, sources, PINs, texts of `text` entities.
TEXT_LENGTH_MAX: Final = 1024

_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK: Final = re.compile("([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")


@dataclass(frozen=True, slots=True)
class Field:
    """One value: its JSON Schema, the check for incoming values, and how near counts as equal."""

    schema: Mapping[str, Any]
    needs: str
    accepts: Callable[[object], bool]
    required: bool = True
    tolerance: float = 0.0

    def check(self, name: str, value: object) -> Any:
        """Return the value, or raise `InvalidParamsError` naming the field and what it needs."""
        if not self.accepts(value):
            raise InvalidParamsError(f"{name}: {self.needs} is needed")
        return value

    def equal(self, wanted: object, seen: object) -> bool:
        """Tell whether the seen value is the wanted one, as near as the device can be expected to come."""
        if self.tolerance and is_number(wanted) and is_number(seen):
            return abs(float(wanted) - float(seen)) <= self.tolerance
        return wanted == seen


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether this is a real, finite number that JSON can hold: no bool, no NaN, no string of digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= _INTEGER_MAX if isinstance(value, int) else value - value == 0


def parsed_number(value: str | None) -> float | None:
    """Return the finite number a state spells, whole ones as int; None for anything else."""
    if value is None:
        return None
    try:
        parsed = float(value)
    except ValueError:
        return None
    if not math.isfinite(parsed):
        return None
    whole = abs(parsed) <= _WHOLE_MAX and parsed.is_integer() and value.lstrip("+-").isdecimal()
    return int(parsed) if whole else parsed


def number(minimum: float, maximum: float, *, tolerance: float = 0.0) -> Field:
    """Describe a real number within a range."""
    return Field(
        {"type": "number", "minimum": minimum, "maximum": maximum},
        f"a number from {minimum:g} to {maximum:g}",
        lambda value: is_number(value) and minimum <= value <= maximum,
        tolerance=tolerance,
    )


def percent() -> Field:
    """Describe a share of the whole, 0 to 100. Devices round it to their own steps."""
    return number(0, 100, tolerance=1)


def quantity(*, tolerance: float = 0.0) -> Field:
    """Describe a finite number without a range of its own."""
    return Field({"type": "number"}, "a number", is_number, tolerance=tolerance)


def boolean() -> Field:
    """Describe true or false."""
    return Field({"type": "boolean"}, "true or false", lambda value: isinstance(value, bool))


def text(maximum: int = TEXT_LENGTH_MAX, *, minimum: int = 1) -> Field:
    """Describe a string."""
    return Field(
        {"type": "string", "minLength": minimum, "maxLength": maximum},
        f"a string of {minimum} to {maximum} characters",
        lambda value: isinstance(value, str) and minimum <= len(value) <= maximum,
    )


def label() -> Field:
    """Describe a string the home sends: any length, and never checked, since it is never received."""
    return Field({"type": "string"}, "a string", lambda value: isinstance(value, str))


def choice(*options: str) -> Field:
    """Describe one of a few fixed words."""
    return Field(
        {"enum": list(options)},
        f"one of {', '.join(options)}",
        lambda value: isinstance(value, str) and value in options,
    )


def listing(of: Field) -> Field:
    """Describe a list."""
    return Field(
        {"type": "array", "items": of.schema},
        f"a list, each {of.needs},",
        lambda value: isinstance(value, list | tuple) and all(of.accepts(item) for item in value),
    )


def record(of: Shape) -> Field:
    """Describe an object the home sends."""
    return Field(object_schema(of), "an object", lambda value: isinstance(value, dict))


def anything() -> Field:
    """Describe an object of whatever content."""
    return Field({"type": "object"}, "an object", lambda value: isinstance(value, dict))


def moment() -> Field:
    """Describe an instant: ISO 8601 with a zone, sent in UTC."""
    return Field({"type": "string", "format": "date-time"}, "an ISO 8601 date and time with a zone", _is_moment)


def day() -> Field:
    """Describe a calendar date, ISO 8601."""
    return Field({"type": "string", "format": "date"}, "an ISO 8601 date", _is_day)


def clock_time() -> Field:
    """Describe a time of day without a zone: the home's own clock, hh:mm or hh:mm:ss."""
    return Field(
        {"type": "string", "pattern": f"^{_CLOCK.pattern}$"},
        "a time hh:mm or hh:mm:ss",
        lambda value: isinstance(value, str) and _CLOCK.fullmatch(value) is not None,
    )


def optional(of: Field) -> Field:
    """Describe a field that may be left out."""
    return replace(of, required=False)


def nullable(of: Field) -> dict[str, Any]:
    """Return the JSON Schema of a field whose value may be unknown."""
    return {"anyOf": [dict(of.schema), {"type": "null"}]}


def object_schema(shape: Shape, *, unknowns: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of an object with exactly these fields; with `unknowns` each may be null."""
    return {
        "type": "object",
        "properties": {name: nullable(field) if unknowns else dict(field.schema) for name, field in shape.items()},
        "required": [name for name, field in shape.items() if field.required],
        "additionalProperties": False,
    }


def check_shape(shape: Shape, params: Mapping[Any, Any]) -> None:
    """Check that params have this shape, or raise `InvalidParamsError` naming the first fault."""
    for name in params:
        if name not in shape:
            known = ", ".join(shape) or "none"
            raise InvalidParamsError(f"{str(name)[:64]}: unknown; this command's parameters: {known}")
    for name, field in shape.items():
        if name in params:
            field.check(name, params[name])
        elif field.required:
            raise InvalidParamsError(f"{name}: {field.needs} is needed")


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and moment_of(value) is not None
