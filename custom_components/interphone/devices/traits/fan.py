"""fan: speed, preset, oscillation and direction of a fan."""

from collections.abc import Mapping
import math
from typing import Any, ClassVar, Final

from homeassistant.components.fan import (
    ATTR_DIRECTION,
    ATTR_OSCILLATING,
    ATTR_PERCENTAGE,
    ATTR_PERCENTAGE_STEP,
    ATTR_PRESET_MODE,
    ATTR_PRESET_MODES,
    DIRECTION_FORWARD,
    DIRECTION_REVERSE,
    FanEntityFeature,
)

from ..fields import Shape, boolean, choice, label, listing, number, optional, options, percent, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import one_of, same, supports

_FULL: Final = 100
_DIRECTIONS: Final = (DIRECTION_FORWARD, DIRECTION_REVERSE)


def _has_presets(entity: Entity) -> bool:
    return bool(entity.options(ATTR_PRESET_MODES))


def _set_speed(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "set_percentage", {ATTR_PERCENTAGE: _own(entity, params["percent"])})


def _own(entity: Entity, percent: float) -> int:
    """Return the percentage of the speed that a fan takes for this one: Home Assistant takes the next speed above."""
    step = entity.number(ATTR_PERCENTAGE_STEP)
    speeds = round(_FULL / step) if step and step >= 1 else _FULL
    if not 0 < speeds < _FULL:
        return round(percent)
    # The advertised step is rounded, and so is a multiple of it that a website sends.
    rounding = min(0.49, 0.0001 * speeds + 0.00005 * speeds * speeds)
    speed = min(speeds, max(0, math.ceil(percent * speeds / _FULL - rounding)))
    return speed * _FULL // speeds


def _wants_speed(entity: Entity, params: Json) -> Json:
    return {"percent": _own(entity, params["percent"])}


def _set_preset(entity: Entity, params: Json) -> ServiceCall:
    preset = one_of("preset", params["preset"], entity.options(ATTR_PRESET_MODES))
    return ServiceCall(entity.domain, "set_preset_mode", {ATTR_PRESET_MODE: preset})


def _oscillate(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "oscillate", {ATTR_OSCILLATING: params["oscillating"]})


def _set_direction(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "set_direction", {ATTR_DIRECTION: params["direction"]})


class Fan(Trait):
    """Settings of a fan. Speeds are percent; a fan with three speeds has a step of 33.3."""

    name = "fan"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"oscillating", "percentage", "preset_mode"})
    attribute_fields: ClassVar[Shape] = {
        "percent_step": optional(number(0.01, 100)),
        "presets": optional(options()),
        "directions": optional(listing(choice(*_DIRECTIONS))),
    }
    state_fields: ClassVar[Shape] = {
        "percent": optional(percent()),
        "preset": optional(label()),
        "oscillating": optional(boolean()),
        "direction": optional(choice(*_DIRECTIONS)),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "set_speed": Command(_set_speed, ({"percent": percent()},), supports(FanEntityFeature.SET_SPEED), _wants_speed),
        "set_preset": Command(_set_preset, ({"preset": text()},), _has_presets, same("preset")),
        "oscillate": Command(
            _oscillate, ({"oscillating": boolean()},), supports(FanEntityFeature.OSCILLATE), same("oscillating")
        ),
        "set_direction": Command(
            _set_direction,
            ({"direction": choice(*_DIRECTIONS)},),
            supports(FanEntityFeature.DIRECTION),
            same("direction"),
        ),
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the fan has more than on and off."""
        return bool(self.supported_commands(entity))

    def attributes(self, entity: Entity) -> Json:
        """Describe the settings; those the fan does not have are absent."""
        described: dict[str, Any] = {}
        if entity.has(FanEntityFeature.SET_SPEED):
            step = entity.number(ATTR_PERCENTAGE_STEP, 0.01, _FULL)
            described["percent_step"] = None if step is None else round(step, 2)
        if _has_presets(entity):
            described["presets"] = entity.options(ATTR_PRESET_MODES)
        if entity.has(FanEntityFeature.DIRECTION):
            described["directions"] = list(_DIRECTIONS)
        return described

    def tolerances(self, entity: Entity, _wanted: Json) -> Mapping[str, float]:
        """Return half the step between two speeds."""
        step = entity.number(ATTR_PERCENTAGE_STEP)
        return {} if step is None or not 0 < step <= _FULL else {"percent": step / 2}

    def read(self, entity: Entity) -> Json:
        """Read the settings; those the fan does not have are absent."""
        state: dict[str, Any] = {}
        if entity.has(FanEntityFeature.SET_SPEED):
            speed = entity.share(ATTR_PERCENTAGE)
            state["percent"] = None if speed is None else round(speed)
        if _has_presets(entity):
            state["preset"] = entity.label(ATTR_PRESET_MODE)
        if entity.has(FanEntityFeature.OSCILLATE):
            state["oscillating"] = entity.flag(ATTR_OSCILLATING)
        if entity.has(FanEntityFeature.DIRECTION):
            direction = entity.text(ATTR_DIRECTION)
            state["direction"] = direction if direction in _DIRECTIONS else None
        return state
