"""humidity: target and measured humidity in percent."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.components.humidifier import HumidifierEntityFeature

from ..fields import Shape, label, listing, optional, percent, quantity, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import on_step, one_of, same, within

_MODES: Final = "available_modes"
_STEP: Final = "target_humidity_step"


def _set(entity: Entity, params: Json) -> ServiceCall:
    within("percent", params["percent"], entity.number("min_humidity"), entity.number("max_humidity"), " %")
    return ServiceCall(entity.domain, "set_humidity", {"humidity": _own(entity, params["percent"])})


def _own(entity: Entity, percent: float) -> int:
    """Return the nearest humidity that the device can be set to. Home Assistant takes whole ones."""
    low, high, step = (entity.number(name) for name in ("min_humidity", "max_humidity", _STEP))
    return round(on_step(percent, step, low, high))


def _wants(entity: Entity, params: Json) -> Json:
    return {"percent": _own(entity, params["percent"])}


def _set_mode(entity: Entity, params: Json) -> ServiceCall:
    mode = one_of("mode", params["mode"], entity.options(_MODES))
    return ServiceCall(entity.domain, "set_mode", {"mode": mode})


def _has_modes(entity: Entity) -> bool:
    return entity.domain == "humidifier" and entity.has(HumidifierEntityFeature.MODES)


class Humidity(Trait):
    """Target humidity of a humidifier, dehumidifier or thermostat."""

    name = "humidity"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"current_humidity", "humidity"})
    attribute_fields: ClassVar[Shape] = {
        "percent_min": quantity(),
        "percent_max": quantity(),
        "percent_step": quantity(),
        "modes": optional(listing(label())),
    }
    state_fields: ClassVar[Shape] = {
        "percent": percent(),
        "current_percent": percent(),
        "action": optional(label()),
        "mode": optional(label()),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({"percent": percent()},), wants=_wants),
        "set_mode": Command(_set_mode, ({"mode": text()},), _has_modes, same("mode")),
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether a target can be set: on every humidifier, and on some thermostats."""
        return entity.domain == "humidifier" or entity.has(ClimateEntityFeature.TARGET_HUMIDITY)

    def attributes(self, entity: Entity) -> Json:
        """Describe the range and step of the target, and a humidifier's modes."""
        described: dict[str, Any] = {
            "percent_min": entity.number("min_humidity"),
            "percent_max": entity.number("max_humidity"),
            "percent_step": entity.number(_STEP),
        }
        if _has_modes(entity):
            described["modes"] = entity.options(_MODES) or []
        return described

    def read(self, entity: Entity) -> Json:
        """Read the target and the measured humidity, and a humidifier's action and mode."""
        state: dict[str, Any] = {
            "percent": _share(entity.number("humidity")),
            "current_percent": _share(entity.number("current_humidity")),
        }
        if entity.domain == "humidifier":
            state["action"] = entity.text("action")
        if _has_modes(entity):
            state["mode"] = entity.text("mode")
        return state


def _share(value: float | None) -> float | None:
    return None if value is None else min(max(value, 0), 100)
