"""text: a text that can be set. A password is never read."""

from collections.abc import Mapping
import re
from typing import Any, ClassVar, Final

from ...errors import InvalidParamsError
from ..fields import TEXT_LENGTH_MAX, Shape, boolean, label, quantity, text
from ..model import Command, Ends, Entity, Json, ServiceCall, Trait
from .planning import within

_LEGIBLE: Final = "text"


def _is_secret(entity: Entity) -> bool:
    # One whose mode is not known may be a password.
    return entity.text("mode") != _LEGIBLE


def _lengths(entity: Entity) -> Ends:
    shortest, longest = entity.number("min", 0), entity.number("max", 0)
    return (None, None) if shortest is None or longest is None or shortest > longest else (shortest, longest)


def _set(entity: Entity, params: Json) -> ServiceCall:
    value = params["text"]
    within("text", len(value), _lengths(entity), " characters")
    pattern = entity.pattern("pattern")
    if pattern is not None and not _fits(pattern, value):
        raise InvalidParamsError(f"text: this device takes what fits {pattern}")
    return ServiceCall(entity.domain, "set_value", {"value": value})


def _fits(pattern: str, value: str) -> bool:
    # Like Home Assistant: `match`, which is anchored at the start only.
    try:
        return re.match(pattern, value) is not None
    except re.error:
        return True


def _wants(entity: Entity, params: Json) -> dict[str, Any]:
    return {"text": None if _is_secret(entity) else params["text"]}


class Text(Trait):
    """A text."""

    name = "text"
    attribute_fields: ClassVar[Shape] = {
        "length_min": quantity(0),
        "length_max": quantity(0),
        "pattern": label(TEXT_LENGTH_MAX),
        "secret": boolean(),
    }
    state_fields: ClassVar[Shape] = {"text": label()}
    commands: ClassVar[Mapping[str, Command]] = {"set": Command(_set, ({"text": text(minimum=0)},), wants=_wants)}

    def attributes(self, entity: Entity) -> Json:
        """Describe the lengths and the regular expression it takes, and whether it is a password."""
        shortest, longest = _lengths(entity)
        return {
            "length_min": shortest,
            "length_max": longest,
            "pattern": entity.pattern("pattern"),
            "secret": _is_secret(entity),
        }

    def read(self, entity: Entity) -> Json:
        """Read the text; a password is never read."""
        return {"text": None if _is_secret(entity) else entity.value}
