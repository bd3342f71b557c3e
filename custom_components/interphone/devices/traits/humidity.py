"""humidity: target and measured humidity in percent."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.components.humidifier import HumidifierEntityFeature

from ..fields import Shape, label, optional, options, percent, step, text
from ..model import Command, Ends, Entity, Json, ServiceCall, Trait
from .planning import on_step, one_of, same, within

_MODES: Final = "available_modes"
_STEP: Final = "target_humidity_step"


def _set(entity: Entity, params: Json) -> ServiceCall:
    within("percent", params["percent"], _ends(entity), " %")
    return ServiceCall(entity.domain, "set_humidity", {"humidity": _own(entity, params["percent"])})


def _own(entity: Entity, percent: float) -> int:
    """Return the nearest humidity that the device can be set to. Home Assistant takes whole ones."""
    return round(on_step(percent, entity.step(_STEP), *_ends(entity)))


def _ends(entity: Entity) -> Ends:
    return entity.ends("min_humidity", "max_humidity", 0, 100)


def _wants(entity: Entity, params: Json) -> Json:
    return {"percent": _own(entity, params["percent"])}


def _set_mode(entity: Entity, params: Json) -> ServiceCall:
    mode = one_of("mode", params["mode"], entity.options(_MODES))
    return ServiceCall(entity.domain, "set_mode", {"mode": mode})


def _has_modes(entity: Entity) -> bool:
    return entity.domain == "humidifier" and entity.has(HumidifierEntityFeature.MODES)


def _offers_modes(entity: Entity) -> bool:
    return _has_modes(entity) and bool(entity.options(_MODES))


class Humidity(Trait):
    """Target humidity of a humidifier, dehumidifier or thermostat."""

    name = "humidity"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"current_humidity", "humidity"})
    attribute_fields: ClassVar[Shape] = {
        "percent_min": percent(),
        "percent_max": percent(),
        "percent_step": step(),
        "modes": optional(options()),
    }
    state_fields: ClassVar[Shape] = {
        "percent": percent(),
        "current_percent": percent(),
        "action": optional(label()),
        "mode": optional(label()),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({"percent": percent()},), wants=_wants),
        "set_mode": Command(_set_mode, ({"mode": text()},), _offers_modes, same("mode")),
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether a target can be set: on every humidifier, and on some thermostats."""
        return entity.domain == "humidifier" or entity.has(ClimateEntityFeature.TARGET_HUMIDITY)

    def attributes(self, entity: Entity) -> Json:
        """Describe the range and step of the target, and a humidifier's modes."""
        low, high = _ends(entity)
        described: dict[str, Any] = {"percent_min": low, "percent_max": high, "percent_step": entity.step(_STEP)}
        if _has_modes(entity):
            described["modes"] = entity.options(_MODES)
        return described

    def read(self, entity: Entity) -> Json:
        """Read the target and the measured humidity, and a humidifier's action and mode."""
        state: dict[str, Any] = {
            "percent": entity.share("humidity"),
            "current_percent": entity.share("current_humidity"),
        }
        if entity.domain == "humidifier":
            state["action"] = entity.label("action")
        if _has_modes(entity):
            state["mode"] = entity.label("mode")
        return state
