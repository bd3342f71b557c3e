"""brightness: brightness of a light in percent."""

from collections.abc import Mapping
from typing import ClassVar

from homeassistant.components.light import ATTR_BRIGHTNESS, ATTR_SUPPORTED_COLOR_MODES
from homeassistant.components.light.const import COLOR_MODES_BRIGHTNESS

from ..fields import Shape, percent
from ..model import Command, Entity, Json, ServiceCall, Trait
from .transition import TRANSITION_ATTRIBUTES, TRANSITION_PARAMS, transition_attributes, transition_data

_FULL = 255


def _set(entity: Entity, params: Json) -> ServiceCall:
    data = {"brightness_pct": params["percent"], **transition_data(entity, params)}
    return ServiceCall(entity.domain, "turn_on", data)


def _shown(level: float) -> int:
    """Return a level of Home Assistant, 0 to 255, in percent: at least 1 unless it is 0."""
    return max(round(level / _FULL * 100), 1 if level else 0)


def _wants(_entity: Entity, params: Json) -> Json:
    return {"percent": _shown(round(params["percent"] / 100 * _FULL))}


class Brightness(Trait):
    """Brightness of a light. Setting it switches the light on; 0 switches it off."""

    name = "brightness"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"brightness"})
    attribute_fields: ClassVar[Shape] = TRANSITION_ATTRIBUTES
    state_fields: ClassVar[Shape] = {"percent": percent()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({"percent": percent(), **TRANSITION_PARAMS},), wants=_wants)
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the light can be dimmed."""
        return not COLOR_MODES_BRIGHTNESS.isdisjoint(entity.options(ATTR_SUPPORTED_COLOR_MODES) or ())

    def attributes(self, entity: Entity) -> Json:
        """Describe the longest transition; nothing for a light that cannot fade."""
        return transition_attributes(entity)

    def read(self, entity: Entity) -> Json:
        """Read `percent`: 0 when off, at least 1 when on."""
        if entity.value == "off":
            return {"percent": 0}
        level = entity.number(ATTR_BRIGHTNESS)
        if level is None:
            return {"percent": None}
        # One that is on and says 0 is at its lowest.
        return {"percent": _shown(min(max(level, 1), _FULL))}
