"""weather: present weather and forecasts, in fixed units."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from homeassistant.components.weather import WeatherEntityFeature
from homeassistant.const import (
    STATE_UNKNOWN,
    UnitOfLength,
    UnitOfPrecipitationDepth,
    UnitOfPressure,
    UnitOfSpeed,
    UnitOfTemperature,
)
from homeassistant.core import State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.unit_conversion import (
    BaseUnitConverter,
    DistanceConverter,
    PressureConverter,
    SpeedConverter,
    TemperatureConverter,
)

from ..fields import Shape, boolean, choice, label, listing, number, percent, quantity, utc_instant
from ..model import Entity, Json, Trait
from ..times import instant, local_instant
from .temperature import COLDEST

# By name: the attribute, the attribute with its unit, the converter, and the unit on the wire.
type _Measures = Mapping[str, tuple[str, str, type[BaseUnitConverter], str]]

_CELSIUS: Final = ("temperature_unit", TemperatureConverter, UnitOfTemperature.CELSIUS)
_METERS_PER_SECOND: Final = ("wind_speed_unit", SpeedConverter, UnitOfSpeed.METERS_PER_SECOND)
_MEASURES: Final[_Measures] = {
    "celsius": ("temperature", *_CELSIUS),
    "feels_like_celsius": ("apparent_temperature", *_CELSIUS),
    "dew_point_celsius": ("dew_point", *_CELSIUS),
    "pressure_hectopascals": ("pressure", "pressure_unit", PressureConverter, UnitOfPressure.HPA),
    "wind_meters_per_second": ("wind_speed", *_METERS_PER_SECOND),
    "gusts_meters_per_second": ("wind_gust_speed", *_METERS_PER_SECOND),
}
_PRESENT: Final[_Measures] = {
    "visibility_meters": ("visibility", "visibility_unit", DistanceConverter, UnitOfLength.METERS)
}
_FORECAST_MEASURES: Final[_Measures] = {
    "low_celsius": ("templow", *_CELSIUS),
    "precipitation_millimeters": (
        "precipitation",
        "precipitation_unit",
        DistanceConverter,
        UnitOfPrecipitationDepth.MILLIMETERS,
    ),
}
# Temperatures end at absolute zero, everything else at nothing.
_LEAST: Final = {
    name: COLDEST if name.endswith("celsius") else 0 for name in (*_MEASURES, *_PRESENT, *_FORECAST_MEASURES)
}
_UNITS: Final = {unit for _attribute, unit, *_ in (*_MEASURES.values(), *_FORECAST_MEASURES.values())}
_SHARES: Final = {"humidity_percent": "humidity", "clouds_percent": "cloud_coverage"}
_FORECAST_SHARES: Final = {"precipitation_percent": "precipitation_probability"}
_COMPASS: Final = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")

# Fields of both the present weather and a forecast.
_COMMON_FIELDS: Final[Shape] = {
    "condition": label(),
    **{name: quantity(_LEAST[name]) for name in _MEASURES},
    **dict.fromkeys(_SHARES, percent()),
    "wind_from_degrees": number(0, 360),
    "uv_index": quantity(0),
}

# The kinds of forecast, and the feature that offers each.
FORECASTS: Final = {
    "daily": WeatherEntityFeature.FORECAST_DAILY,
    "twice_daily": WeatherEntityFeature.FORECAST_TWICE_DAILY,
    "hourly": WeatherEntityFeature.FORECAST_HOURLY,
}
# One point of a forecast; all but `at` may be null.
FORECAST_FIELDS: Final[Shape] = {
    "at": utc_instant(),
    "daytime": boolean(),
    **_COMMON_FIELDS,
    **{name: quantity(_LEAST[name]) for name in _FORECAST_MEASURES},
    **dict.fromkeys(_FORECAST_SHARES, percent()),
}


class Weather(Trait):
    """Present conditions, and the kinds of forecast; null where the weather service does not report a value."""

    name = "weather"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset(
        {
            *("apparent_temperature", "cloud_coverage", "dew_point", "humidity", "pressure", "temperature"),
            *("uv_index", "visibility", "wind_bearing", "wind_gust_speed", "wind_speed"),
        }
    )
    attribute_fields: ClassVar[Shape] = {"forecasts": listing(choice(*FORECASTS))}
    state_fields: ClassVar[Shape] = {**_COMMON_FIELDS, **{name: quantity(_LEAST[name]) for name in _PRESENT}}

    def attributes(self, entity: Entity) -> Json:
        """Describe the kinds of forecast."""
        return {"forecasts": [name for name, feature in FORECASTS.items() if entity.has(feature)]}

    def read(self, entity: Entity) -> Json:
        """Read the conditions, converted."""
        return {"condition": entity.value, **_conditions(entity), **_measured(entity, _PRESENT)}


def read_forecast(entity: Entity, raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read one point of an entity's forecast: `FORECAST_FIELDS`; None for a point without a time."""
    at = instant(raw.get("datetime")) or local_instant(raw.get("datetime"))
    if at is None:
        return None
    # A point has the attributes of a state, but not their units: those are the entity's.
    units = {unit: entity.state.attributes.get(unit) for unit in _UNITS}
    point = Entity(State(entity.state.entity_id, STATE_UNKNOWN, {**units, **raw}, validate_entity_id=False))
    return {
        "at": at,
        "daytime": point.flag("is_daytime"),
        "condition": point.label("condition"),
        **_conditions(point),
        **_measured(point, _FORECAST_MEASURES),
        **_shares(point, _FORECAST_SHARES),
    }


def _conditions(entity: Entity) -> dict[str, Any]:
    return {
        **_measured(entity, _MEASURES),
        **_shares(entity, _SHARES),
        "wind_from_degrees": _bearing(entity),
        "uv_index": entity.number("uv_index", 0),
    }


def _measured(entity: Entity, measures: _Measures) -> dict[str, float | None]:
    read = {name: _converted(entity, *measure) for name, measure in measures.items()}
    return {name: value if value is not None and value >= _LEAST[name] else None for name, value in read.items()}


def _shares(entity: Entity, shares: Mapping[str, str]) -> dict[str, float | None]:
    return {name: entity.share(attribute) for name, attribute in shares.items()}


def _converted(
    entity: Entity, attribute: str, unit_attribute: str, converter: type[BaseUnitConverter], unit: str
) -> float | None:
    value, own_unit = entity.number(attribute), entity.text(unit_attribute)
    if value is None or own_unit is None:
        return None
    if own_unit == unit:
        return value
    try:
        return round(converter.convert(value, own_unit, unit), 2)
    except HomeAssistantError, OverflowError, TypeError:  # an unknown unit; an overflow; a negative Beaufort
        return None


def _bearing(entity: Entity) -> float | None:
    degrees = entity.number("wind_bearing")
    if degrees is not None:
        return degrees % 360
    point = entity.text("wind_bearing")
    return _COMPASS.index(point) * 22.5 if point in _COMPASS else None
