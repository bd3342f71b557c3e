"""text: a text that can be set. A password is never read."""

from collections.abc import Mapping
import re
from typing import Any, ClassVar, Final

from ...errors import InvalidParamsError
from ..fields import Shape, boolean, label, quantity, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import within

_LEGIBLE: Final = "text"


def _is_secret(entity: Entity) -> bool:
    # One whose mode is not known may be a password.
    return entity.text("mode") != _LEGIBLE


def _set(entity: Entity, params: Json) -> ServiceCall:
    value = params["text"]
    within("text", len(value), entity.number("min"), entity.number("max"), " characters")
    pattern = entity.text("pattern")
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
        "length_min": quantity(),
        "length_max": quantity(),
        "pattern": label(),
        "secret": boolean(),
    }
    state_fields: ClassVar[Shape] = {"text": label()}
    commands: ClassVar[Mapping[str, Command]] = {"set": Command(_set, ({"text": text(minimum=0)},), wants=_wants)}

    def attributes(self, entity: Entity) -> Json:
        """Describe the lengths and the regular expression it takes, and whether it is a password."""
        return {
            "length_min": entity.number("min"),
            "length_max": entity.number("max"),
            "pattern": entity.text("pattern"),
            "secret": _is_secret(entity),
        }

    def read(self, entity: Entity) -> Json:
        """Read the text; a password is never read."""
        return {"text": None if _is_secret(entity) else entity.value}
