"""Fields of traits: each is one validator, which checks what is received and renders the published JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
import math
import re
from typing import Any, Final, TypeGuard

import voluptuous as vol

from ..validation import Validator, json_schema, matching
from .times import parse_instant

type Shape = Mapping[str, Field]

# What conversions of units and of floats may add.
_FLOAT_ERROR: Final = 1e-6

# Integers of more than 64 bits cannot be sent: neither our JSON encoder nor most readers hold them.
_INTEGER_MAX: Final = 2**63 - 1
# Up to here floats hold every integer, and every reader of JSON reads the same one (RFC 8259, section 6).
EXACT_INTEGER_MAX: Final = 2**53

# Characters of a text that the home sends, as of a state in Home Assistant; longer ones are cut.
LABEL_LENGTH_MAX: Final = 255
# Options of one setting; a screen can show no more.
OPTIONS_MAX: Final = 1024
# A year of playback, or of a countdown.
SPAN_SECONDS_MAX: Final = 366 * 86400

# Strings in commands: names of presets and sources, texts of `text` entities.
TEXT_LENGTH_MAX: Final = 1024

_MONTH_AND_DAY: Final = "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_DAY: Final = re.compile(f"[0-9]{{4}}-{_MONTH_AND_DAY}")
_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
# RFC 3339, section 5.6, and what libraries write beside it: a space for the T, no seconds, an offset without a colon.
# Years have their limits because an offset may move the first and the last out of the calendar.
_INSTANT: Final = re.compile(
    f"[12][0-9]{{3}}-{_MONTH_AND_DAY}[Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
    "([Zz]|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?)"
)


@dataclass(frozen=True, slots=True)
class Field:
    """One value: its validator (voluptuous), whether it may be left out, and how numbers compare.

    `tolerance` is how far from the wanted number a device may come to rest: at most half a step of its own. `period` is
    that of a circle, on which both ends are the same.
    """

    validator: Any
    required: bool = True
    tolerance: float = 0.0
    period: float | None = None

    def equal(self, wanted: object, seen: object, tolerance: float = 0.0) -> bool:
        """Return whether the seen value is the wanted one, numbers within a tolerance."""
        if not is_number(wanted) or not is_number(seen):
            return wanted == seen
        distance = abs(float(wanted) - float(seen))
        if self.period is not None:
            distance = min(distance % self.period, -distance % self.period)
        return distance <= tolerance + _FLOAT_ERROR


def is_number(value: object) -> TypeGuard[float]:
    """Return whether this is a finite number that can be sent as JSON: no bool, no NaN, no string of digits."""
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
    whole = abs(parsed) <= EXACT_INTEGER_MAX and parsed.is_integer() and value.lstrip("+-").isdecimal()
    return int(parsed) if whole else parsed


def _finite(value: float) -> float:
    """Accept a number. The type hint is what is published."""
    if not is_number(value):
        raise vol.Invalid("expected a number")
    return value


def number(minimum: float, maximum: float, *, tolerance: float = 0.0, period: float | None = None) -> Field:
    """Describe a number within a range."""

    def check(value: object) -> float:
        if not is_number(value) or not minimum <= value <= maximum:
            raise vol.Invalid(f"expected a number from {minimum:g} to {maximum:g}")
        return value

    rendered = {"type": "number", "minimum": minimum, "maximum": maximum}
    return Field(Validator(check, rendered), tolerance=tolerance, period=period)


def percent() -> Field:
    """Describe a percentage, 0 to 100, which is mostly read in whole steps."""
    return number(0, 100, tolerance=0.5)


def quantity(minimum: float | None = None, maximum: float | None = None) -> Field:
    """Describe a finite number that the home sends, within its meaning. One that is received has a range: `number`."""
    if minimum is None and maximum is None:
        return Field(_finite)
    return Field(vol.All(_finite, vol.Range(min=minimum, max=maximum)))


def step() -> Field:
    """Describe the step of a range that the home sends: above 0."""
    return Field(Validator(_step, {"type": "number", "exclusiveMinimum": 0}))


def span() -> Field:
    """Describe a span of time in seconds that the home sends."""
    return quantity(0, SPAN_SECONDS_MAX)


def boolean() -> Field:
    """Describe true or false."""
    return Field(vol.Msg(bool, "expected true or false"))


def text(maximum: int = TEXT_LENGTH_MAX, *, minimum: int = 1) -> Field:
    """Describe a string of so many characters."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not minimum <= len(value) <= maximum:
            raise vol.Invalid(f"expected a string of {minimum} to {maximum} characters")
        return value

    return Field(Validator(check, {"type": "string", "minLength": minimum, "maxLength": maximum}))


def label(maximum: int = LABEL_LENGTH_MAX) -> Field:
    """Describe a text that the home sends, of so many characters at most."""
    return text(maximum, minimum=0)


def options() -> Field:
    """Describe what can be chosen: texts, each once, at least one. Where there is none, the attribute is null."""
    return Field(Validator(_options, _OPTIONS))


def choice(*options: str) -> Field:
    """Describe one of a few fixed words."""
    return Field(vol.Msg(vol.In(options), f"expected one of {', '.join(options)}"))


def listing(of: Field) -> Field:
    """Describe a list."""
    return Field([of.validator])


def record(of: Shape) -> Field:
    """Describe an object with exactly these fields."""
    return Field(object_of(of))


def anything() -> Field:
    """Describe an object with any content."""
    return Field(vol.Msg(dict, "expected an object"))


def either(*fields: Field) -> Field:
    """Describe a value that is one or the other."""
    return Field(vol.Any(*(field.validator for field in fields)))


def utc_instant() -> Field:
    """Describe a point in time that the home sends: ISO 8601 in UTC."""
    return Field(Validator(_instant, {"type": "string", "format": "date-time"}))


def instant_with_offset() -> Field:
    """Describe a point in time that is received: ISO 8601 with an offset from UTC (RFC 3339), of a day that exists."""
    rendered = {"type": "string", "format": "date-time", "pattern": f"^{_INSTANT.pattern}$"}
    return Field(Validator(_instant, rendered))


def day() -> Field:
    """Describe a calendar date, ISO 8601."""
    return Field(Validator(_day, {"type": "string", "format": "date", "pattern": f"^{_DAY.pattern}$"}))


def clock_time() -> Field:
    """Describe a time of day without an offset, by the home's own clock: hh:mm or hh:mm:ss."""
    return Field(matching(_CLOCK, "expected a time hh:mm or hh:mm:ss"))


def optional(of: Field) -> Field:
    """Describe a field that may be left out."""
    return replace(of, required=False)


def object_of(shape: Shape, *, nullable: bool = False) -> vol.Schema:
    """Return the schema of an object with exactly these fields; with `nullable` each may be null."""
    return vol.Schema(
        {
            (vol.Required if field.required else vol.Optional)(name): (
                vol.Maybe(field.validator) if nullable else field.validator
            )
            for name, field in shape.items()
        }
    )


def object_schema(shape: Shape, *, nullable: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of an object with exactly these fields; with `nullable` each may be null."""
    return json_schema(object_of(shape, nullable=nullable))


_OPTIONS: Final = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": LABEL_LENGTH_MAX},
    "minItems": 1,
    "maxItems": OPTIONS_MAX,
    "uniqueItems": True,
}


def _options(value: object) -> object:
    if not isinstance(value, list) or not 0 < len(set(value)) == len(value) <= OPTIONS_MAX:
        raise vol.Invalid("expected different options")
    if not all(isinstance(option, str) and 0 < len(option) <= LABEL_LENGTH_MAX for option in value):
        raise vol.Invalid("expected options that are texts")
    return value


def _step(value: float) -> float:
    if not is_number(value) or value <= 0:
        raise vol.Invalid("expected a number above 0")
    return value


def _day(value: object) -> str:
    if isinstance(value, str) and _DAY.fullmatch(value) is not None:
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise vol.Invalid("expected an ISO 8601 date")


def _instant(value: object) -> str:
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None or parse_instant(value) is None:
        raise vol.Invalid("expected an ISO 8601 date and time with an offset")
    return value
