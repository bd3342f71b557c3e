"""weather: the weather outside, in units of our own choosing."""

from typing import Any, ClassVar, Final

from homeassistant.const import UnitOfLength, UnitOfPressure, UnitOfSpeed, UnitOfTemperature
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    DistanceConverter,
    PressureConverter,
    SpeedConverter,
    TemperatureConverter,
)

from ..fields import Shape, label, number, percent, quantity
from ..model import Entity, Json, Trait

# By our name: the attribute, the attribute with its unit, the converter, and our unit.
_MEASURES: Final[dict[str, tuple[str, str, type[BaseUnitConverter], str]]] = {
    "celsius": ("temperature", "temperature_unit", TemperatureConverter, UnitOfTemperature.CELSIUS),
    "feels_like_celsius": (
        "apparent_temperature",
        "temperature_unit",
        TemperatureConverter,
        UnitOfTemperature.CELSIUS,
    ),
    "dew_point_celsius": ("dew_point", "temperature_unit", TemperatureConverter, UnitOfTemperature.CELSIUS),
    "pressure_hectopascals": ("pressure", "pressure_unit", PressureConverter, UnitOfPressure.HPA),
    "wind_meters_per_second": ("wind_speed", "wind_speed_unit", SpeedConverter, UnitOfSpeed.METERS_PER_SECOND),
    "gusts_meters_per_second": ("wind_gust_speed", "wind_speed_unit", SpeedConverter, UnitOfSpeed.METERS_PER_SECOND),
    "visibility_meters": ("visibility", "visibility_unit", DistanceConverter, UnitOfLength.METERS),
}
_SHARES: Final = {"humidity_percent": "humidity", "clouds_percent": "cloud_coverage"}
_COMPASS: Final = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


class Weather(Trait):
    """Present conditions; null is what the weather service does not tell."""

    name = "weather"
    state_fields: ClassVar[Shape] = {
        "condition": label(),
        **dict.fromkeys(_MEASURES, quantity()),
        **dict.fromkeys(_SHARES, percent()),
        "wind_from_degrees": number(0, 360),
        "uv_index": quantity(),
    }

    def read(self, entity: Entity) -> Json:
        """Read the conditions, converted."""
        state: dict[str, Any] = {"condition": entity.value}
        for name, measure in _MEASURES.items():
            state[name] = _converted(entity, *measure)
        for name, attribute in _SHARES.items():
            share = entity.number(attribute)
            state[name] = None if share is None else min(max(share, 0), 100)
        state["wind_from_degrees"] = _bearing(entity)
        state["uv_index"] = entity.number("uv_index")
        return state


def _converted(
    entity: Entity, attribute: str, unit_attribute: str, converter: type[BaseUnitConverter], unit: str
) -> float | None:
    value, told = entity.number(attribute), entity.text(unit_attribute)
    if value is None or told is None:
        return None
    if told == unit:
        return value
    try:
        return round(converter.convert(value, told, unit), 2)
    except HomeAssistantError:
        return None


def _bearing(entity: Entity) -> float | None:
    degrees = entity.number("wind_bearing")
    if degrees is not None:
        return degrees % 360
    point = entity.text("wind_bearing")
    return _COMPASS.index(point) * 22.5 if point in _COMPASS else None
