"""lock: the lock of a door."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from homeassistant.components.lock import LockEntityFeature, LockState
from homeassistant.const import ATTR_CODE_FORMAT

from ..fields import TEXT_LENGTH_MAX, Shape, boolean, choice, label
from ..model import Command, Entity, Json, ServiceCall, Trait
from .pin import PIN_PARAM, fits, has_default, pin_data
from .planning import supports, wish

_STATES: Final = frozenset(LockState)
_SHUT: Final = {LockState.LOCKED: True, LockState.UNLOCKED: False, LockState.OPEN: False, LockState.UNLOCKING: False}


def _pin_required(entity: Entity) -> bool:
    pattern = entity.pattern(ATTR_CODE_FORMAT)
    return pattern is not None and not has_default(entity) and not fits(pattern, "")


def _verb(service: str) -> Callable[[Entity, Json], ServiceCall]:
    def plan(entity: Entity, params: Json) -> ServiceCall:
        data = pin_data(params, entity.pattern(ATTR_CODE_FORMAT), required=_pin_required(entity))
        return ServiceCall(entity.domain, service, data)

    return plan


class Lock(Trait):
    """Whether a door is locked. `open` also draws the latch."""

    name = "lock"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"changed_by"})
    attribute_fields: ClassVar[Shape] = {"pin_required": boolean(), "pin_pattern": label(TEXT_LENGTH_MAX)}
    state_fields: ClassVar[Shape] = {"locked": boolean(), "state": choice(*LockState)}
    commands: ClassVar[Mapping[str, Command]] = {
        "lock": Command(_verb("lock"), (PIN_PARAM,), wants=wish(locked=True)),
        "unlock": Command(_verb("unlock"), (PIN_PARAM,), wants=wish(locked=False, state=LockState.UNLOCKED.value)),
        "open": Command(
            _verb("open"),
            (PIN_PARAM,),
            supports(LockEntityFeature.OPEN),
            wish(locked=False, state=LockState.OPEN.value),
        ),
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe whether a PIN is required, and the regular expression it must match."""
        return {"pin_required": _pin_required(entity), "pin_pattern": entity.pattern(ATTR_CODE_FORMAT)}

    def read(self, entity: Entity) -> Json:
        """Read the lock; `locked` is null while it is jammed, moving, or unknown."""
        value = entity.value
        if value not in _STATES:
            return {"locked": None, "state": None}
        return {"locked": _SHUT.get(LockState(value)), "state": value}
