"""fan_speed: suction of a vacuum, by its own names."""

from collections.abc import Mapping
from typing import ClassVar, Final

from homeassistant.components.vacuum import VacuumEntityFeature

from ..fields import Shape, label, options, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import offers, one_of, same

_SPEEDS: Final = "fan_speed_list"


def _set(entity: Entity, params: Json) -> ServiceCall:
    speed = one_of("fan_speed", params["fan_speed"], entity.options(_SPEEDS))
    return ServiceCall(entity.domain, "set_fan_speed", {"fan_speed": speed})


class FanSpeed(Trait):
    """The suction a vacuum is set to."""

    name = "fan_speed"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"fan_speed"})
    attribute_fields: ClassVar[Shape] = {"fan_speeds": options()}
    state_fields: ClassVar[Shape] = {"fan_speed": label()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({"fan_speed": text()},), offers(_SPEEDS), same("fan_speed"))
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the vacuum has speeds."""
        return entity.has(VacuumEntityFeature.FAN_SPEED)

    def attributes(self, entity: Entity) -> Json:
        """Describe the speeds."""
        return {"fan_speeds": entity.options(_SPEEDS)}

    def read(self, entity: Entity) -> Json:
        """Read the speed."""
        return {"fan_speed": entity.label("fan_speed")}
