"""Conversion of temperatures: on the wire they are °C, whatever unit the home uses."""

from dataclasses import dataclass
import math
from typing import Final, Self

from homeassistant.const import UnitOfTemperature
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

from ..model import Ends, Entity
from .planning import on_step, within

CELSIUS: Final = UnitOfTemperature.CELSIUS
# Beyond any home and any boiler; the device's own range is narrower.
CELSIUS_MIN: Final = -100.0
CELSIUS_MAX: Final = 300.0

# Absolute zero.
COLDEST: Final = -273.15

_STEP: Final = 0.1
_FAHRENHEIT_STEP: Final = 0.56


def to_celsius(value: float | None, unit: str) -> float | None:
    """Convert a temperature to °C, to a hundredth; one already in °C stays as it is."""
    if value is None or unit == CELSIUS:
        return value
    return round(TemperatureConverter.convert(value, unit, CELSIUS), 2)


def possible(celsius: float | None) -> float | None:
    """Return a temperature if there can be one so low."""
    return celsius if celsius is not None and celsius >= COLDEST else None


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
    def read(
        cls,
        entity: Entity,
        attributes: tuple[str, str, str],
        unit: str,
        *,
        base: float | None = None,
        limits: tuple[float, float] = (COLDEST, math.inf),
    ) -> Self:
        """Read it from the attributes of these names: low end, high end, step. `limits` bound the ends, in °C."""
        low, high = entity.ends(attributes[0], attributes[1])
        if not all(end is None or limits[0] <= (to_celsius(end, unit) or 0) <= limits[1] for end in (low, high)):
            low = high = None
        return cls(unit, low, high, entity.step(attributes[2]), base)

    @property
    def ends(self) -> Ends:
        """The range in °C, as it is published: both ends, or neither."""
        low, high = to_celsius(self.low, self.unit), to_celsius(self.high, self.unit)
        return (None, None) if low is None or high is None or not low < high else (low, high)

    @property
    def shown_step(self) -> float | None:
        """The step in °C, as it is published."""
        return step_to_celsius(self.step, self.unit) or None

    def check(self, name: str, celsius: float) -> None:
        """Raise `InvalidParamsError` for a temperature beyond the published range."""
        within(name, celsius, self.ends, " °C")

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
        step = self.shown_step
        if step is None:
            step = _STEP if self.unit == CELSIUS else _FAHRENHEIT_STEP
        return step / 2
