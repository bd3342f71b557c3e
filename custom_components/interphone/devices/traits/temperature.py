"""Conversion of temperatures: on the wire they are °C, whatever unit the home uses."""

from dataclasses import dataclass
from typing import Final, Self

from homeassistant.const import UnitOfTemperature
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

from ...errors import InvalidParamsError
from ..model import Entity
from .planning import on_step

CELSIUS: Final = UnitOfTemperature.CELSIUS
# Beyond any home and any boiler; the device's own range is narrower.
CELSIUS_MIN: Final = -100.0
CELSIUS_MAX: Final = 300.0

_STEP: Final = 0.1
_FAHRENHEIT_STEP: Final = 0.56


def to_celsius(value: float | None, unit: str) -> float | None:
    """Convert a temperature to °C, to a hundredth; one already in °C stays as it is."""
    if value is None or unit == CELSIUS:
        return value
    return round(TemperatureConverter.convert(value, unit, CELSIUS), 2)


def step_to_celsius(step: float | None, unit: str) -> float | None:
    """Convert a difference of temperatures to °C."""
    if step is None or unit == CELSIUS:
        return step
    return round(TemperatureDeltaConverter.convert(step, unit, CELSIUS), 2)


@dataclass(frozen=True, slots=True)
class Scale:
    """The temperatures that a device can be set to, in its own unit: the ends of its range and its step.

    Steps are counted from `base`, else from the low end.
    """

    unit: str
    low: float | None
    high: float | None
    step: float | None
    base: float | None

    @classmethod
    def read(cls, entity: Entity, attributes: tuple[str, str, str], unit: str, base: float | None = None) -> Self:
        """Read it from the attributes of these names: low end, high end, step."""
        low, high, step = (entity.number(name) for name in attributes)
        return cls(unit, low, high, step, base)

    def check(self, name: str, celsius: float) -> None:
        """Raise `InvalidParamsError` for a temperature beyond the published range."""
        low, high = to_celsius(self.low, self.unit), to_celsius(self.high, self.unit)
        if (low is not None and celsius < low) or (high is not None and celsius > high):
            raise InvalidParamsError(f"{name}: this device takes {_shown(low)} to {_shown(high)} °C")

    def own(self, celsius: float) -> float:
        """Return the nearest temperature that the device can be set to, in its own unit."""
        value = celsius
        if self.unit != CELSIUS:
            # A hundredth of a degree Celsius is what is published; a tenth of another unit tells as much.
            value = round(TemperatureConverter.convert(celsius, CELSIUS, self.unit), 1)
        # The published range is rounded; the device's limits are exact.
        if self.low is not None:
            value = max(value, self.low)
        if self.high is not None:
            value = min(value, self.high)
        return on_step(value, self.step, self.low, self.high, self.base)

    def shown(self, celsius: float) -> float | None:
        """Return what is read once the device is set to this temperature."""
        return to_celsius(self.own(celsius), self.unit)

    @property
    def half_step(self) -> float:
        """Half the step in °C. A device without one shows tenths, or whole degrees Fahrenheit."""
        step = step_to_celsius(self.step, self.unit) if self.step and self.step > 0 else None
        if step is None:
            step = _STEP if self.unit == CELSIUS else _FAHRENHEIT_STEP
        return step / 2


def _shown(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
