"""choice: one of a few options."""

from collections.abc import Mapping
from typing import ClassVar, Final

from ..fields import Shape, label, options, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import offers, one_of, same

_OPTIONS: Final = "options"


def _set(entity: Entity, params: Json) -> ServiceCall:
    option = one_of("option", params["option"], entity.options(_OPTIONS))
    return ServiceCall(entity.domain, "select_option", {"option": option})


class Choice(Trait):
    """The chosen option."""

    name = "choice"
    attribute_fields: ClassVar[Shape] = {"options": options()}
    state_fields: ClassVar[Shape] = {"option": label()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({"option": text()},), offers(_OPTIONS), same("option"))
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe the options."""
        return {"options": entity.options(_OPTIONS)}

    def read(self, entity: Entity) -> Json:
        """Read the chosen option."""
        return {"option": entity.value or None}
