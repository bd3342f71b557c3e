"""What the traits of a light have in common: those that can fade take the time it shall take."""

from typing import Any, Final

from homeassistant.components.light import ATTR_TRANSITION, DOMAIN as LIGHT, LightEntityFeature

from ...errors import InvalidParamsError
from ..fields import Shape, number, optional, quantity
from ..model import Entity, Json

_PARAM: Final = "transition_seconds"
_MAX: Final = f"{_PARAM}_max"
# As long as Home Assistant's own dialogs offer.
_LONGEST: Final = 300

TRANSITION_PARAMS: Final[Shape] = {_PARAM: optional(number(0, _LONGEST))}
TRANSITION_ATTRIBUTES: Final[Shape] = {_MAX: optional(quantity())}


def _fades(entity: Entity) -> bool:
    return entity.domain == LIGHT and entity.has(LightEntityFeature.TRANSITION)


def transition_attributes(entity: Entity) -> dict[str, Any]:
    """Describe how long a change may take; nothing for what cannot fade."""
    return {_MAX: _LONGEST} if _fades(entity) else {}


def transition_data(entity: Entity, params: Json) -> dict[str, Any]:
    """Return what the params add to a service call, or raise `InvalidParamsError` for what cannot fade."""
    if _PARAM not in params:
        return {}
    if not _fades(entity):
        raise InvalidParamsError(f"{_PARAM}: this device cannot fade")
    return {ATTR_TRANSITION: params[_PARAM]}
