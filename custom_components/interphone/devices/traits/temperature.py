"""Conversion of temperatures: on the wire they are °C, whatever unit the home uses."""

from typing import Final

from homeassistant.const import UnitOfTemperature
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

from ...errors import InvalidParamsError
from ..model import Entity

CELSIUS: Final = UnitOfTemperature.CELSIUS
# Beyond any home and any boiler; the device's own range is narrower.
CELSIUS_MIN: Final = -100.0
CELSIUS_MAX: Final = 300.0


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


def from_celsius(name: str, value: float, entity: Entity, limits: tuple[str, str], unit: str) -> float:
    """Convert °C to another unit, within the range these attributes give, or raise `InvalidParamsError`."""
    low, high = limits
    lowest, highest = entity.number(low), entity.number(high)
    shown_low, shown_high = to_celsius(lowest, unit), to_celsius(highest, unit)
    if (shown_low is not None and value < shown_low) or (shown_high is not None and value > shown_high):
        raise InvalidParamsError(f"{name}: this device takes {_shown(shown_low)} to {_shown(shown_high)} °C")
    converted = value if unit == CELSIUS else round(TemperatureConverter.convert(value, CELSIUS, unit), 2)
    # The published range is rounded; clamp to the device's exact limits.
    if lowest is not None:
        converted = max(converted, lowest)
    return converted if highest is None else min(converted, highest)


def _shown(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
