"""thermostat: climate devices and water heaters. All temperatures are °C."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.components.water_heater import WaterHeaterEntityFeature

from ...errors import InvalidParamsError
from ..fields import Shape, boolean, label, listing, number, optional, percent, quantity, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import one_of, same
from .temperature import CELSIUS_MAX, CELSIUS_MIN, Scale, step_to_celsius, to_celsius


@dataclass(frozen=True, slots=True)
class _Words:
    """Names of the same things in one domain."""

    modes: str
    set_mode: str
    mode: str
    target: int
    target_range: int | None


_WORDS: Final = {
    "climate": _Words(
        "hvac_modes",
        "set_hvac_mode",
        "hvac_mode",
        ClimateEntityFeature.TARGET_TEMPERATURE,
        ClimateEntityFeature.TARGET_TEMPERATURE_RANGE,
    ),
    "water_heater": _Words(
        "operation_list", "set_operation_mode", "operation_mode", WaterHeaterEntityFeature.TARGET_TEMPERATURE, None
    ),
}


@dataclass(frozen=True, slots=True)
class _Choice:
    """A setting that a climate device may have beside its mode."""

    attribute: str
    options: str
    feature: int
    service: str


# By the name on the wire; its plural names the options.
_CHOICES: Final = {
    "preset": _Choice("preset_mode", "preset_modes", ClimateEntityFeature.PRESET_MODE, "set_preset_mode"),
    "fan_mode": _Choice("fan_mode", "fan_modes", ClimateEntityFeature.FAN_MODE, "set_fan_mode"),
    "swing_mode": _Choice("swing_mode", "swing_modes", ClimateEntityFeature.SWING_MODE, "set_swing_mode"),
    "swing_horizontal_mode": _Choice(
        "swing_horizontal_mode",
        "swing_horizontal_modes",
        ClimateEntityFeature.SWING_HORIZONTAL_MODE,
        "set_swing_horizontal_mode",
    ),
}


def _offers(name: str, entity: Entity) -> bool:
    return entity.domain == "climate" and entity.has(_CHOICES[name].feature)


def _has_target(entity: Entity) -> bool:
    return entity.has(_WORDS[entity.domain].target)


def _has_range(entity: Entity) -> bool:
    feature = _WORDS[entity.domain].target_range
    return feature is not None and entity.has(feature)


def _has_modes(entity: Entity) -> bool:
    if entity.domain == "water_heater" and not entity.has(WaterHeaterEntityFeature.OPERATION_MODE):
        return False
    return bool(entity.options(_WORDS[entity.domain].modes))


def _set_mode(entity: Entity, params: Json) -> ServiceCall:
    words = _WORDS[entity.domain]
    mode = one_of("mode", params["mode"], entity.options(words.modes))
    return ServiceCall(entity.domain, words.set_mode, {words.mode: mode})


def _scale(entity: Entity) -> Scale:
    # Whole and half degrees are counted from nought, whatever the low end is: that of 43.3 °C is one in °F.
    return Scale.read(entity, ("min_temp", "max_temp", "target_temp_step"), entity.temperature_unit, base=0)


def _set_temperature(entity: Entity, params: Json) -> ServiceCall:
    scale = _scale(entity)

    def converted(name: str) -> float:
        scale.check(name, params[name])
        return scale.own(params[name])

    if "celsius" in params:
        if not _has_target(entity):
            raise InvalidParamsError("celsius: this device has no single target; set low_celsius and high_celsius")
        return ServiceCall(entity.domain, "set_temperature", {"temperature": converted("celsius")})
    if not _has_range(entity):
        raise InvalidParamsError("low_celsius: this device has no target range; set celsius")
    if params["low_celsius"] > params["high_celsius"]:
        raise InvalidParamsError("low_celsius: must not be above high_celsius")
    band = {"target_temp_low": converted("low_celsius"), "target_temp_high": converted("high_celsius")}
    return ServiceCall(entity.domain, "set_temperature", band)


def _wants_temperature(entity: Entity, params: Json) -> dict[str, Any]:
    scale = _scale(entity)
    return {name: scale.shown(value) for name, value in params.items()}


def _setter(name: str) -> Command:
    choice = _CHOICES[name]

    def plan(entity: Entity, params: Json) -> ServiceCall:
        option = one_of(name, params[name], entity.options(choice.options))
        return ServiceCall(entity.domain, choice.service, {choice.attribute: option})

    def supported(entity: Entity) -> bool:
        return _offers(name, entity)

    return Command(plan, ({name: text()},), supported, same(name))


def _set_away(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "set_away_mode", {"away_mode": params["away"]})


def _has_away(entity: Entity) -> bool:
    return entity.domain == "water_heater" and entity.has(WaterHeaterEntityFeature.AWAY_MODE)


_CELSIUS: Final = number(CELSIUS_MIN, CELSIUS_MAX)
_TARGETS: Final = ("celsius", "low_celsius", "high_celsius")


class Thermostat(Trait):
    """Measured and target values of a thermostat or boiler, its mode and its action."""

    name = "thermostat"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset(
        {
            *("current_humidity", "current_temperature", "fan_mode", "hvac_action", "preset_mode", "swing_mode"),
            *("target_temp_high", "target_temp_low", "temperature"),
        }
    )
    attribute_fields: ClassVar[Shape] = {
        "modes": listing(label()),
        "celsius_min": quantity(),
        "celsius_max": quantity(),
        "celsius_step": quantity(),
        "target": boolean(),
        "target_range": boolean(),
        **{f"{name}s": optional(listing(label())) for name in _CHOICES},
    }
    state_fields: ClassVar[Shape] = {
        "mode": label(),
        "action": label(),
        "current_celsius": quantity(),
        "current_humidity_percent": percent(),
        **dict.fromkeys(_TARGETS, optional(quantity())),
        **{name: optional(label()) for name in _CHOICES},
        "away": optional(boolean()),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "set_mode": Command(_set_mode, ({"mode": text()},), _has_modes, same("mode")),
        "set_temperature": Command(
            _set_temperature,
            ({"celsius": _CELSIUS}, {"low_celsius": _CELSIUS, "high_celsius": _CELSIUS}),
            lambda entity: _has_target(entity) or _has_range(entity),
            _wants_temperature,
        ),
        **{f"set_{name}": _setter(name) for name in _CHOICES},
        "set_away": Command(_set_away, ({"away": boolean()},), _has_away, same("away")),
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe modes, the range and step of targets, and whether it has one target, a range, or both."""
        unit = entity.temperature_unit
        described: dict[str, Any] = {
            "modes": entity.options(_WORDS[entity.domain].modes) or [],
            "celsius_min": to_celsius(entity.number("min_temp"), unit),
            "celsius_max": to_celsius(entity.number("max_temp"), unit),
            "celsius_step": step_to_celsius(entity.number("target_temp_step"), unit),
            "target": _has_target(entity),
            "target_range": _has_range(entity),
        }
        for name, choice in _CHOICES.items():
            if _offers(name, entity):
                described[f"{name}s"] = entity.options(choice.options) or []
        return described

    def tolerances(self, entity: Entity, _wanted: Json) -> Mapping[str, float]:
        """Return half the step of the targets."""
        return dict.fromkeys(_TARGETS, _scale(entity).half_step)

    def read(self, entity: Entity) -> Json:
        """Read measured values, targets and settings; those the device does not have are absent."""
        unit = entity.temperature_unit
        humidity = entity.number("current_humidity")
        state: dict[str, Any] = {
            "mode": entity.value,
            "action": entity.text("hvac_action"),
            "current_celsius": to_celsius(entity.number("current_temperature"), unit),
            "current_humidity_percent": None if humidity is None else min(max(humidity, 0), 100),
        }
        if _has_target(entity):
            state["celsius"] = to_celsius(entity.number("temperature"), unit)
        if _has_range(entity):
            state["low_celsius"] = to_celsius(entity.number("target_temp_low"), unit)
            state["high_celsius"] = to_celsius(entity.number("target_temp_high"), unit)
        for name, choice in _CHOICES.items():
            if _offers(name, entity):
                state[name] = entity.text(choice.attribute)
        if _has_away(entity):
            state["away"] = {"on": True, "off": False}.get(entity.text("away_mode") or "")
        return state
