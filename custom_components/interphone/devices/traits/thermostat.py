"""thermostat: climate devices and water heaters. All temperatures are °C."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.components.water_heater import WaterHeaterEntityFeature

from ...errors import InvalidParamsError
from ..fields import Shape, boolean, label, number, optional, options, percent, quantity, step, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import one_of, same
from .temperature import CELSIUS_MAX, CELSIUS_MIN, COLDEST, Scale, possible, to_celsius


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
    return Scale.read(
        entity,
        ("min_temp", "max_temp", "target_temp_step"),
        entity.temperature_unit,
        base=0,
        limits=(CELSIUS_MIN, CELSIUS_MAX),
    )


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
        return _offers(name, entity) and bool(entity.options(choice.options))

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
        "modes": options(),
        "celsius_min": quantity(CELSIUS_MIN, CELSIUS_MAX),
        "celsius_max": quantity(CELSIUS_MIN, CELSIUS_MAX),
        "celsius_step": step(),
        "target": boolean(),
        "target_range": boolean(),
        **{f"{name}s": optional(options()) for name in _CHOICES},
    }
    state_fields: ClassVar[Shape] = {
        "mode": label(),
        "action": label(),
        "current_celsius": quantity(COLDEST),
        "current_humidity_percent": percent(),
        **dict.fromkeys(_TARGETS, optional(quantity(COLDEST))),
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
        scale = _scale(entity)
        low, high = scale.ends
        described: dict[str, Any] = {
            "modes": entity.options(_WORDS[entity.domain].modes),
            "celsius_min": low,
            "celsius_max": high,
            "celsius_step": scale.shown_step,
            "target": _has_target(entity),
            "target_range": _has_range(entity),
        }
        for name, choice in _CHOICES.items():
            if _offers(name, entity):
                described[f"{name}s"] = entity.options(choice.options)
        return described

    def tolerances(self, entity: Entity, _wanted: Json) -> Mapping[str, float]:
        """Return half the step of the targets."""
        return dict.fromkeys(_TARGETS, _scale(entity).half_step)

    def read(self, entity: Entity) -> Json:
        """Read measured values, targets and settings; those the device does not have are absent."""

        def temperature(attribute: str) -> float | None:
            return possible(to_celsius(entity.number(attribute), entity.temperature_unit))

        state: dict[str, Any] = {
            "mode": entity.value,
            "action": entity.label("hvac_action"),
            "current_celsius": temperature("current_temperature"),
            "current_humidity_percent": entity.share("current_humidity"),
        }
        if _has_target(entity):
            state["celsius"] = temperature("temperature")
        if _has_range(entity):
            state["low_celsius"] = temperature("target_temp_low")
            state["high_celsius"] = temperature("target_temp_high")
        for name, choice in _CHOICES.items():
            if _offers(name, entity):
                state[name] = entity.label(choice.attribute)
        if _has_away(entity):
            state["away"] = {"on": True, "off": False}.get(entity.text("away_mode") or "")
        return state
