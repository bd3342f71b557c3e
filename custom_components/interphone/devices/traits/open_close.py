"""open_close: position of covers and valves. 100 percent is open."""

from collections.abc import Callable, Mapping
from enum import IntFlag
from typing import ClassVar, Final

from homeassistant.components.cover import (
    ATTR_CURRENT_POSITION,
    ATTR_IS_CLOSED,
    ATTR_POSITION,
    CoverEntityFeature,
    CoverState,
)
from homeassistant.components.valve import ValveEntityFeature

from ..fields import Shape, boolean, choice, percent
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import rounded, wish

_FEATURES: Final[dict[str, type[IntFlag]]] = {"cover": CoverEntityFeature, "valve": ValveEntityFeature}
_MOVEMENT: Final = {
    CoverState.OPENING: "opening",
    CoverState.CLOSING: "closing",
    CoverState.OPEN: "stopped",
    CoverState.CLOSED: "stopped",
}


def _can(feature: str) -> Callable[[Entity], bool]:
    def supported(entity: Entity) -> bool:
        return entity.has(_FEATURES[entity.domain][feature])

    return supported


def _verb(verb: str) -> Callable[[Entity, Json], ServiceCall]:
    def plan(entity: Entity, _params: Json) -> ServiceCall:
        return ServiceCall(entity.domain, f"{verb}_{entity.domain}", {})

    return plan


def _set(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, f"set_{entity.domain}_position", {ATTR_POSITION: round(params["percent"])})


def _wants_open(entity: Entity, _params: Json) -> Json:
    # A cover that reports its position counts as opened once it is fully open, not once it moves.
    known = entity.share(ATTR_CURRENT_POSITION) is not None
    return {"percent": 100} if known else {"open": True, "movement": "stopped"}


class OpenClose(Trait):
    """Position of a cover or valve, and whether it moves."""

    name = "open_close"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"current_position"})
    state_fields: ClassVar[Shape] = {
        "open": boolean(),
        "percent": percent(),
        "movement": choice("opening", "closing", "stopped"),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "open": Command(_verb("open"), supported=_can("OPEN"), wants=_wants_open),
        "close": Command(_verb("close"), supported=_can("CLOSE"), wants=wish(open=False, movement="stopped")),
        "stop": Command(_verb("stop"), supported=_can("STOP"), wants=wish(movement="stopped")),
        "set": Command(_set, ({"percent": percent()},), _can("SET_POSITION"), rounded("percent")),
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether it opens: some covers only tilt."""
        return any(_can(feature)(entity) for feature in ("OPEN", "CLOSE", "SET_POSITION"))

    def read(self, entity: Entity) -> Json:
        """Read whether and how far it is open; `percent` is null where the position is not reported."""
        position = entity.share(ATTR_CURRENT_POSITION)
        return {
            "open": _is_open(entity),
            "percent": None if position is None else round(position),
            "movement": _MOVEMENT.get(CoverState(entity.value)) if entity.value in _MOVEMENT else None,
        }


def _is_open(entity: Entity) -> bool | None:
    if entity.value not in _MOVEMENT:
        return None
    closed = entity.flag(ATTR_IS_CLOSED)
    # A moving cover is not closed.
    return not closed if closed is not None else entity.value != CoverState.CLOSED
