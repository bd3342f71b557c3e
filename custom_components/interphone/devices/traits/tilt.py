"""tilt: angle of slats. 100 percent is open."""

from collections.abc import Mapping
from typing import ClassVar

from homeassistant.components.cover import ATTR_CURRENT_TILT_POSITION, ATTR_TILT_POSITION, CoverEntityFeature

from ..fields import Shape, percent
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import calls, rounded, supports, wish


def _set(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "set_cover_tilt_position", {ATTR_TILT_POSITION: round(params["percent"])})


class Tilt(Trait):
    """Tilt of the slats of a cover."""

    name = "tilt"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"current_tilt_position"})
    state_fields: ClassVar[Shape] = {"percent": percent()}
    commands: ClassVar[Mapping[str, Command]] = {
        "open": Command(
            calls("open_cover_tilt"), supported=supports(CoverEntityFeature.OPEN_TILT), wants=wish(percent=100)
        ),
        "close": Command(
            calls("close_cover_tilt"), supported=supports(CoverEntityFeature.CLOSE_TILT), wants=wish(percent=0)
        ),
        "stop": Command(calls("stop_cover_tilt"), supported=supports(CoverEntityFeature.STOP_TILT)),
        "set": Command(
            _set, ({"percent": percent()},), supports(CoverEntityFeature.SET_TILT_POSITION), rounded("percent")
        ),
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the cover has slats to tilt."""
        return bool(self.supported_commands(entity))

    def read(self, entity: Entity) -> Json:
        """Read `percent`, null where the angle is not reported."""
        position = entity.share(ATTR_CURRENT_TILT_POSITION)
        return {"percent": None if position is None else round(position)}
