"""value: the value of a sensor."""

from collections.abc import Callable
from typing import ClassVar, Final

from homeassistant.components.sensor import (
    ATTR_OPTIONS,
    ATTR_STATE_CLASS,
    NON_NUMERIC_DEVICE_CLASSES,
    SensorDeviceClass,
)
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfTemperature

from ..fields import Shape, either, label, options, parsed_number, quantity
from ..model import Entity, Json, Trait
from ..times import calendar_day, instant
from .temperature import CELSIUS, to_celsius

_TEMPERATURES: Final = frozenset(UnitOfTemperature)
_SCALAR: Final = either(quantity(), label())
_READERS: Final[dict[str | None, Callable[[object], str | None]]] = {
    SensorDeviceClass.TIMESTAMP: instant,
    SensorDeviceClass.UPTIME: instant,
    SensorDeviceClass.DATE: calendar_day,
}
_WORDS: Final = frozenset(NON_NUMERIC_DEVICE_CLASSES)


def _is_numeric(entity: Entity) -> bool:
    device_class = entity.device_class
    if device_class in _WORDS:
        return False
    attributes = entity.state.attributes
    return (
        device_class is not None or entity.label(ATTR_UNIT_OF_MEASUREMENT) is not None or ATTR_STATE_CLASS in attributes
    )


def _is_temperature(entity: Entity) -> bool:
    return (
        entity.device_class == SensorDeviceClass.TEMPERATURE and entity.text(ATTR_UNIT_OF_MEASUREMENT) in _TEMPERATURES
    )


class Value(Trait):
    """A measured value: a number with its unit (temperatures in °C), an instant in UTC, a date, or a string."""

    name = "value"
    attribute_fields: ClassVar[Shape] = {"measures": label(), "unit": label(), "options": options()}
    state_fields: ClassVar[Shape] = {"value": _SCALAR}

    def attributes(self, entity: Entity) -> Json:
        """Describe the quantity (the device class), the unit, and the options of an enum; null where not applicable."""
        return {
            "measures": entity.device_class,
            "unit": CELSIUS.value if _is_temperature(entity) else entity.label(ATTR_UNIT_OF_MEASUREMENT),
            "options": entity.options(ATTR_OPTIONS),
        }

    def read(self, entity: Entity) -> Json:
        """Read the value; null when unknown, or when it does not fit the description."""
        value = entity.value
        if value is None:
            return {"value": None}
        if reader := _READERS.get(entity.device_class):
            return {"value": reader(value)}
        if not _is_numeric(entity):
            return {"value": value}
        measured = parsed_number(value)
        if _is_temperature(entity):
            measured = to_celsius(measured, entity.text(ATTR_UNIT_OF_MEASUREMENT) or CELSIUS)
        return {"value": measured}
