"""Strategies: entities with any attributes, and params that fit the schema of a command."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Final

from homeassistant.const import UnitOfTemperature
from homeassistant.core import Context, State
from hypothesis import strategies as st

from custom_components.interphone.devices.model import Entity
from custom_components.interphone.devices.registry import DOMAINS

EARLY, LATE = timezone(timedelta(hours=14)), timezone(timedelta(hours=-14))

# Texts that are nearly times, numbers or UTF-8. Each has made some parser fail.
WORDS: Final = [
    *("on", "off", "unknown", "°F", "hs", "color_temp", "password", "NE", "(", "", "x" * 10_000),
    *("NaN", "inf", "1e5", "-1e400", "9" * 30, "-" + "9" * 250, "٣", "²", "1_000", "0x10", " 5 "),
    *("2026-13-45", "2026-02-30", "2026-13-45T10:00:00Z", "2026-W01-1", "2026-01-01T24:00:00Z", "9999-12-31"),
    *("2026-01-01T00:00:00+25:00", "0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("24:00:00", "23:59:60", "10:00:00+05:00", "9999999999:00:00", "99999999999999999999:00:00"),
    *("1 day, 2:00:00", "999999999999 days", "P1Y", "PT99999999999999H", "-1:00:00"),
    *("\ud800", "a\udfffb", "\x00", "\u202e", "\U0001f6aa"),
]
# Values that no integration should put into an attribute, but may.
EXTREMES: Final[list[Any]] = [
    *(None, True, -1, 0, 300, 1e9, 2**53 + 1, 2**63, 2**64, -(2**70), 10**400),
    *(1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf")),
    *(date.min, time.max, timedelta.max, datetime.min.replace(tzinfo=EARLY), datetime.max.replace(tzinfo=LATE)),
    datetime(2026, 1, 1, tzinfo=UTC),
    *([], ["a", 1], ["\ud800"], [[1]], (400.0, 200.0), (1e308, 1e308), (float("nan"), 1), (10**400, 1), [1, 2, 3]),
    *({}, {"a": 1}, {1: "x"}, {"a": "\ud800"}, set(), frozenset({"hs"}), range(3), b"bytes", object(), int),
    *WORDS,
]
ODD: Final = st.one_of(
    st.sampled_from(EXTREMES),
    st.booleans(),
    st.integers(-300, 300),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=5),
    st.lists(st.sampled_from(["a", "b", 1, None, "hs", "rgbww", "\ud800"]), max_size=3),
    st.tuples(st.floats(), st.floats()),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
_ATTRIBUTES: Final = [
    "apparent_temperature app_name available_modes available_tones away_mode battery_level brightness cloud_coverage",
    "code_arm_required code_format color_mode color_temp_kelvin current_humidity current_position current_temperature",
    "current_tilt_position dew_point direction duration effect effect_list event_type event_types",
    "fan_mode fan_modes fan_speed fan_speed_list finishes_at friendly_name has_date has_time hs_color humidity",
    "hvac_action hvac_modes icon in_progress installed_version is_closed is_volume_muted last_triggered latest_version",
    "max max_color_temp_kelvin max_humidity max_temp media_album_artist media_album_name media_artist media_duration",
    "media_position media_position_updated_at media_title min min_color_temp_kelvin min_humidity min_temp mode",
    "operation_list options oscillating pattern percentage percentage_step precipitation_unit preset_mode preset_modes",
    "pressure pressure_unit remaining repeat shuffle sound_mode sound_mode_list source source_list state_class step",
    "supported_color_modes supported_features swing_horizontal_mode swing_horizontal_modes swing_mode swing_modes",
    "target_humidity_step target_temp_high target_temp_low target_temp_step temperature temperature_unit title",
    "unit_of_measurement update_percentage uv_index visibility visibility_unit volume_level wind_bearing",
    "wind_gust_speed wind_speed wind_speed_unit action device_class hvac_mode operation_mode",
]
NAMES: Final = " ".join(_ATTRIBUTES).split()
VALUES: Final = [
    *("on", "off", "unknown", "unavailable", "open", "closing", "locked", "playing", "standby", "cleaning", "heat"),
    *("armed_home", "home", "idle", "paused", "active", "21.5", "-1e400", "nan", "2026-01-01", "10:00:00"),
    "2026-01-01T00:00:00+00:00",
]
STATES: Final = [*VALUES, *(word for word in WORDS if len(word) <= 255)]
# Attributes that give an entity of any domain every feature, and units that need conversion.
CAPABLE: Final = {"supported_features": 2**24 - 1, "supported_color_modes": ["hs", "color_temp"], "color_mode": "hs"}
FOREIGN: Final = {
    "device_class": "temperature",
    "precipitation_unit": "in",
    "pressure_unit": "inHg",
    "temperature_unit": "°F",
    "unit_of_measurement": "°F",
    "visibility_unit": "mi",
    "wind_speed_unit": "Beaufort",
}
CLASSES: Final = ["temperature", "timestamp", "uptime", "date", "enum", "duration", "garage", "tv", "doorbell"]

# A context with a new id would use random numbers, which hypothesis controls.
NOBODY: Final = Context(id="nobody")


def entity(domain: str, value: str, attributes: dict[str, Any], unit: str = UnitOfTemperature.FAHRENHEIT) -> Entity:
    return Entity(State(f"{domain}.odd", value, attributes, context=NOBODY), unit)


def entities() -> st.SearchStrategy[Entity]:
    """Draw an entity of any domain, with any features and any attributes."""

    def build(domain: str, value: str, unit: str, parts: Sequence[dict[str, Any]]) -> Entity:
        return entity(domain, value, {name: item for part in parts for name, item in part.items()}, unit)

    features = st.fixed_dictionaries({"supported_features": st.integers(0, 2**23)})
    classes = st.fixed_dictionaries({}, optional={"device_class": st.sampled_from(CLASSES)})
    foreign = st.sampled_from([{}, {name: unit for name, unit in FOREIGN.items() if name != "device_class"}])
    odd = st.dictionaries(st.sampled_from(NAMES), ODD, max_size=25)
    return st.builds(
        build,
        st.sampled_from(sorted(DOMAINS)),
        st.one_of(st.sampled_from(STATES), st.text(st.characters(exclude_categories=()), max_size=10)),
        st.sampled_from([UnitOfTemperature.CELSIUS, UnitOfTemperature.FAHRENHEIT]),
        st.tuples(features, classes, foreign, odd),
    )


def params(schema: dict[str, Any], words: Sequence[str | float] = ()) -> st.SearchStrategy[Any]:
    """Draw params that fit the schema of a command, sometimes with one of these words or numbers."""
    if "anyOf" in schema:
        return st.one_of([params(one, words) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    draw = {"object": _objects, "number": _numbers, "boolean": _booleans, "string": _strings}[schema["type"]]
    return draw(schema, words)


def narrowed(schema: dict[str, Any], values: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Narrow the schema of a command's params: a param in `values` is one of those, or left out if there are none."""
    if "anyOf" in schema:
        needed = [one for one in schema["anyOf"] if all(values.get(name, True) for name in one["required"])]
        return {"anyOf": [narrowed(one, values) for one in needed]}
    properties = {
        name: {"enum": values[name]} if name in values else item
        for name, item in schema["properties"].items()
        if values.get(name, True)
    }
    return {**schema, "properties": properties}


def _objects(schema: dict[str, Any], words: Sequence[str | float]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:  # with any content
        texts = [word for word in words if isinstance(word, str)]
        names = st.one_of(st.text(max_size=3), *([st.sampled_from(texts)] if texts else []))
        return st.dictionaries(names, st.one_of(st.none(), st.booleans(), st.text(max_size=3)), max_size=2)
    properties = {name: params(item, words) for name, item in schema["properties"].items()}
    needed = {name: item for name, item in properties.items() if name in schema.get("required", ())}
    return st.fixed_dictionaries(
        needed, optional={name: item for name, item in properties.items() if name not in needed}
    )


def _booleans(_schema: dict[str, Any], _words: Sequence[str | float]) -> st.SearchStrategy[Any]:
    return st.booleans()


def _numbers(schema: dict[str, Any], words: Sequence[str | float]) -> st.SearchStrategy[Any]:
    # Every number has a range: without one the schema would accept integers that no reader of JSON has to hold.
    low, high = schema["minimum"], schema["maximum"]
    known = [word for word in words if not isinstance(word, str) and low <= word <= high]
    return st.one_of(
        st.floats(low, high, allow_nan=False, allow_infinity=False),
        st.integers(int(low), int(high)),
        st.sampled_from([low, high, *known]),
    )


def _strings(schema: dict[str, Any], words: Sequence[str | float]) -> st.SearchStrategy[Any]:
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if schema.get("format") == "date-time":
        zones = st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30)), EARLY, LATE])
        ages = datetime(1000, 1, 1), datetime(2999, 12, 31)  # noqa: DTZ001 - bounds, which have no zone
        return st.datetimes(*ages, timezones=zones).map(lambda instant: instant.isoformat(timespec="seconds"))
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii")).map(str.strip)
    free = st.text(min_size=schema["minLength"], max_size=min(schema["maxLength"], 30))
    texts = [word for word in words if isinstance(word, str)]
    fitting = [word for word in texts if schema["minLength"] <= len(word) <= schema["maxLength"]]
    return st.one_of(st.sampled_from(fitting), free) if fitting else free
