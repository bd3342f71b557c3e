"""lock: the lock of a door. Its PIN is passed on and never stored."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from homeassistant.components.lock import LockEntityFeature, LockState
from homeassistant.const import ATTR_CODE, ATTR_CODE_FORMAT

from ..fields import Shape, boolean, choice, label, optional, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import supports, wish

_STATES: Final = frozenset(LockState)
_SHUT: Final = {LockState.LOCKED: True, LockState.UNLOCKED: False, LockState.OPEN: False, LockState.UNLOCKING: False}
_PIN: Final = {"pin": optional(text(64))}


def _verb(service: str) -> Callable[[Entity, Json], ServiceCall]:
    def plan(entity: Entity, params: Json) -> ServiceCall:
        return ServiceCall(entity.domain, service, {ATTR_CODE: params["pin"]} if "pin" in params else {})

    return plan


class Lock(Trait):
    """Whether a door is locked. `open` also draws the latch."""

    name = "lock"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"changed_by"})
    attribute_fields: ClassVar[Shape] = {"pin_required": boolean(), "pin_pattern": label()}
    state_fields: ClassVar[Shape] = {"locked": boolean(), "state": choice(*LockState)}
    commands: ClassVar[Mapping[str, Command]] = {
        "lock": Command(_verb("lock"), (_PIN,), wants=wish(locked=True)),
        "unlock": Command(_verb("unlock"), (_PIN,), wants=wish(locked=False, state=LockState.UNLOCKED.value)),
        "open": Command(
            _verb("open"), (_PIN,), supports(LockEntityFeature.OPEN), wish(locked=False, state=LockState.OPEN.value)
        ),
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe whether a PIN is required, and the regular expression it must match."""
        pattern = entity.text(ATTR_CODE_FORMAT)
        return {"pin_required": pattern is not None, "pin_pattern": pattern}

    def read(self, entity: Entity) -> Json:
        """Read the lock; `locked` is null while it is jammed, moving, or unknown."""
        value = entity.value
        if value not in _STATES:
            return {"locked": None, "state": None}
        return {"locked": _SHUT.get(LockState(value)), "state": value}
