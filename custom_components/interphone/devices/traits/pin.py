"""PINs of locks and alarms: whether one is needed, and what it must look like. A PIN is passed on and never stored."""

import re
from typing import Any, Final

from homeassistant.const import ATTR_CODE
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er

from ...errors import InvalidParamsError
from ..fields import Shape, optional, text
from ..model import BesideState, Entity, Json

# Devices take some ten digits, Home Assistant's own alarms any text.
PIN_LENGTH_MAX: Final = 64
PIN_PARAM: Final[Shape] = {"pin": optional(text(PIN_LENGTH_MAX))}

_DEFAULT: Final = "default_code"


def _default_code(hass: HomeAssistant, state: State) -> Json:
    """Return whether the owner stored a PIN, which Home Assistant then uses where none is given."""
    entry = er.async_get(hass).async_get(state.entity_id)
    options = entry.options.get(state.domain) if entry is not None else None
    stored = options.get(_DEFAULT) if options else None
    known = isinstance(stored, str) and bool(stored)
    # Locks ignore a stored PIN that has another format.
    return {_DEFAULT: known and (state.domain != "lock" or fits(state.attributes.get("code_format"), str(stored)))}


DEFAULT_CODE: Final = BesideState(_default_code)


def has_default(entity: Entity) -> bool:
    """Return whether Home Assistant knows a PIN for this entity."""
    return entity.beside.get(_DEFAULT) is True


def fits(pattern: object, pin: str) -> bool:
    """Return whether a PIN has the format of a device: a regular expression, or `number` for digits alone."""
    if not isinstance(pattern, str) or pattern == "text":
        return True
    if pattern == "number":
        return pin.isascii() and pin.isdecimal()
    try:
        # As Home Assistant matches it: anchored at the start only.
        return re.match(pattern, pin) is not None
    except re.error:
        return True


def pin_data(params: Json, pattern: str | None, *, required: bool) -> dict[str, Any]:
    """Return the part of a service call that holds the PIN. Raises `InvalidParamsError`, which never quotes the PIN."""
    pin = params.get("pin")
    if pin is None:
        if required:
            raise InvalidParamsError("pin: this device needs its PIN")
        return {}
    if not fits(pattern, pin):
        raise InvalidParamsError(f"pin: this device takes what fits {pattern}")
    return {ATTR_CODE: pin}
