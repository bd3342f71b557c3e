"""Transitions of lights: the param and attribute shared by the traits that can fade."""

from typing import Any, Final

from homeassistant.components.light import ATTR_TRANSITION, DOMAIN as LIGHT, LightEntityFeature

from ...errors import InvalidParamsError
from ..fields import Shape, number, optional, quantity
from ..model import Entity, Json

_PARAM: Final = "transition_seconds"
_MAX: Final = f"{_PARAM}_max"
# The longest that Home Assistant's own dialogs offer, in seconds.
_LONGEST: Final = 300

TRANSITION_PARAMS: Final[Shape] = {_PARAM: optional(number(0, _LONGEST))}
TRANSITION_ATTRIBUTES: Final[Shape] = {_MAX: optional(quantity(0))}


def _fades(entity: Entity) -> bool:
    return entity.domain == LIGHT and entity.has(LightEntityFeature.TRANSITION)


def transition_attributes(entity: Entity) -> dict[str, Any]:
    """Describe the longest transition in seconds; nothing for an entity that cannot fade."""
    return {_MAX: _LONGEST} if _fades(entity) else {}


def transition_data(entity: Entity, params: Json) -> dict[str, Any]:
    """Return the transition's part of a service call. Raises `InvalidParamsError` for an entity that cannot fade."""
    if _PARAM not in params:
        return {}
    if not _fades(entity):
        raise InvalidParamsError(f"{_PARAM}: this device cannot fade")
    return {ATTR_TRANSITION: params[_PARAM]}
