"""level: a number that can be set within a range."""

from collections.abc import Mapping
from typing import ClassVar, Final

from homeassistant.components.number import NumberDeviceClass
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfTemperature

from ..fields import EXACT_INTEGER_MAX, Shape, label, number, parsed_number, quantity, step
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import on_step, within
from .temperature import CELSIUS, Scale, to_celsius

_TEMPERATURES: Final = frozenset(UnitOfTemperature)


def _unit(entity: Entity) -> str | None:
    return entity.label(ATTR_UNIT_OF_MEASUREMENT)


def _temperature_unit(entity: Entity) -> str | None:
    unit = _unit(entity)
    return unit if entity.device_class == NumberDeviceClass.TEMPERATURE and unit in _TEMPERATURES else None


def _set(entity: Entity, params: Json) -> ServiceCall:
    if _temperature_unit(entity) is not None:
        _scale(entity).check("value", params["value"])
    else:
        within("value", params["value"], entity.ends("min", "max"), f" {_unit(entity) or ''}".rstrip())
    return ServiceCall(entity.domain, "set_value", {"value": _own(entity, params["value"])})


def _scale(entity: Entity) -> Scale:
    return Scale.read(entity, ("min", "max", "step"), _temperature_unit(entity) or CELSIUS)


def _own(entity: Entity, value: float) -> float:
    """Return the nearest value that the device can be set to, in its own unit."""
    if _temperature_unit(entity) is not None:
        return _scale(entity).own(value)
    return on_step(value, entity.step("step"), *entity.ends("min", "max"))


def _wants(entity: Entity, params: Json) -> Json:
    return {"value": to_celsius(_own(entity, params["value"]), _temperature_unit(entity) or CELSIUS)}


# Each device has its own range; within this one every sender writes every integer exactly.
_VALUE: Final = number(-EXACT_INTEGER_MAX, EXACT_INTEGER_MAX)


class Level(Trait):
    """A number: a target, a limit, a setting. Temperatures are °C."""

    name = "level"
    attribute_fields: ClassVar[Shape] = {
        "min": quantity(),
        "max": quantity(),
        "step": step(),
        "unit": label(),
        "measures": label(),
    }
    state_fields: ClassVar[Shape] = {"value": quantity()}
    commands: ClassVar[Mapping[str, Command]] = {"set": Command(_set, ({"value": _VALUE},), wants=_wants)}

    def attributes(self, entity: Entity) -> Json:
        """Describe range, step, unit, and the quantity (the device class)."""
        unit = _temperature_unit(entity)
        scale = _scale(entity)
        low, high = scale.ends
        return {
            "min": low,
            "max": high,
            "step": scale.shown_step,
            "unit": CELSIUS.value if unit else _unit(entity),
            "measures": entity.device_class,
        }

    def read(self, entity: Entity) -> Json:
        """Read the value."""
        return {"value": to_celsius(parsed_number(entity.value), _temperature_unit(entity) or CELSIUS)}
