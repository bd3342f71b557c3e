"""Whatever Home Assistant holds, what is sent fits the schema; whatever fits the schema, the home has an answer to."""

from datetime import UTC, timedelta, timezone
import json
from typing import Any

from homeassistant.const import UnitOfTemperature
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.helpers.json import json_dumps
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema import Draft202012Validator
import pytest

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.icons import icon_of
from custom_components.interphone.devices.model import Entity
from custom_components.interphone.devices.registry import DOMAINS, TRAITS, TYPES
from custom_components.interphone.devices.schema import json_schema
from custom_components.interphone.errors import InvalidParamsError

from .conftest import ALL
from .wire import VALIDATORS, fits


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(json_dumps(json_schema())) == json_schema()


def test_every_type_has_an_icon() -> None:
    assert all(icon_of(type_).startswith("mdi:") for type_ in TYPES)


async def test_every_device_of_the_demo_home_fits(catalog: Catalog) -> None:
    for device in catalog.devices(ALL):
        fits("device", device.as_dict())


async def test_every_device_of_the_demo_home_fits_offline(hass: HomeAssistant, catalog: Catalog) -> None:
    for state in hass.states.async_all(DOMAINS):
        hass.states.async_set(state.entity_id, "unavailable", {})
    for device in catalog.devices(ALL):
        assert not device.online
        fits("device", device.as_dict())


# What integrations are known to put into attributes, and what they are not.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-300, 300),
    st.integers(),
    st.floats(),
    st.sampled_from(["on", "off", "unknown", "NaN", "2026-13-45", "°F", "hs", "color_temp", "password", "NE", "(", ""]),
    st.text(max_size=5),
    st.lists(st.sampled_from(["a", "b", 1, None, "hs", "rgbww"]), max_size=3),
    st.tuples(st.floats(), st.floats()),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
ATTRIBUTES = [
    "available_modes away_mode battery_level brightness code_arm_required code_format color_mode color_temp_kelvin",
    "current_humidity current_position current_temperature current_tilt_position device_class dew_point direction",
    "duration effect effect_list event_type event_types fan_mode fan_modes fan_speed fan_speed_list finishes_at",
    "has_date has_time hs_color humidity hvac_action hvac_modes in_progress installed_version is_closed",
    "is_volume_muted last_triggered latest_version max max_color_temp_kelvin max_humidity max_temp media_duration",
    "media_position media_position_updated_at media_title min min_color_temp_kelvin min_humidity min_temp mode",
    "operation_list options oscillating pattern percentage percentage_step preset_mode preset_modes pressure",
    "pressure_unit remaining repeat shuffle sound_mode sound_mode_list source source_list state_class step",
    "supported_color_modes supported_features swing_mode swing_modes target_temp_high target_temp_low",
    "target_temp_step temperature temperature_unit title tones available_tones unit_of_measurement",
    "update_percentage uv_index volume_level wind_bearing wind_speed wind_speed_unit",
]
NAMES = " ".join(ATTRIBUTES).split()
FEATURES = st.fixed_dictionaries({"supported_features": st.integers(0, 2**23)})
CLASSES = st.fixed_dictionaries(
    {}, optional={"device_class": st.sampled_from(["temperature", "timestamp", "date", "enum", "garage", "tv"])}
)
VALUES = [
    *("on", "off", "unknown", "unavailable", "open", "closing", "locked", "playing", "standby", "cleaning", "heat"),
    *("armed_home", "home", "idle", "paused", "active", "21.5", "-1e400", "nan", "2026-01-01", "10:00:00"),
    "2026-01-01T00:00:00+00:00",
]
STATES = st.one_of(
    st.sampled_from(VALUES),
    st.text(max_size=10),
)


# A context with an id of its own would draw from the random numbers hypothesis watches.
NOBODY = Context(id="nobody")


def entities() -> st.SearchStrategy[Entity]:
    def build(domain: str, value: str, unit: str, parts: list[dict[str, Any]]) -> Entity:
        attributes = {name: item for part in parts for name, item in part.items()}
        return Entity(State(f"{domain}.odd", value, attributes, context=NOBODY), unit)

    odd = st.dictionaries(st.sampled_from(NAMES), ODD, max_size=25)
    return st.builds(
        build,
        st.sampled_from(sorted(DOMAINS)),
        STATES,
        st.sampled_from([UnitOfTemperature.CELSIUS, UnitOfTemperature.FAHRENHEIT]),
        st.tuples(FEATURES, CLASSES, odd).map(list),
    )


def assert_fits(entity: Entity) -> None:
    """Hold all traits of an entity against the schema."""
    kind = DOMAINS[entity.domain]
    assert kind.type_of(entity) in TYPES
    traits = kind.traits_of(entity)
    fits("traits", {trait.name: trait.attributes(entity) for trait in traits})
    fits("trait_states", {trait.name: trait.read(entity) for trait in traits})
    assert {name for trait in traits for name in trait.supported_commands(entity)} <= {
        f"{trait.name}.{verb}" for trait in traits for verb in trait.commands
    }


@pytest.mark.parametrize("domain", sorted(DOMAINS))
def test_no_value_in_any_attribute_breaks_a_description(domain: str) -> None:
    capable = {"supported_features": 2**24 - 1, "supported_color_modes": ["hs", "color_temp"], "color_mode": "hs"}
    for odd in (None, True, -5, 300, 1e9, float("nan"), float("inf"), "odd", ["a", 1], {"a": 1}, (400.0, 200.0)):
        everywhere = dict.fromkeys(NAMES, odd)
        for value in VALUES:
            for attributes in (everywhere, everywhere | capable, capable):
                for unit in UnitOfTemperature.CELSIUS, UnitOfTemperature.FAHRENHEIT:
                    assert_fits(Entity(State(f"{domain}.odd", value, attributes, context=NOBODY), unit))


@settings(max_examples=500, deadline=None)
@given(entities())
def test_whatever_an_entity_holds_its_description_fits(entity: Entity) -> None:
    assert_fits(entity)


def params(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw what fits the schema of a command's params."""
    if "oneOf" in schema:
        return st.one_of([params(one) for one in schema["oneOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return {"object": objects, "number": numbers, "boolean": lambda _: st.booleans(), "string": strings}[
        schema["type"]
    ](schema)


def objects(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    properties = {name: params(item) for name, item in schema.get("properties", {}).items()}
    needed = {name: item for name, item in properties.items() if name in schema["required"]} if properties else {}
    return st.fixed_dictionaries(
        needed, optional={name: item for name, item in properties.items() if name not in needed}
    )


def numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    return st.one_of(st.floats(low, high, allow_nan=False, allow_infinity=False), st.integers(low, high))


def strings(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])).map(
            lambda moment: moment.isoformat(timespec="seconds")
        )
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii")).map(str.strip)
    return st.text(min_size=schema["minLength"], max_size=30)


@st.composite
def commands_of_entities(draw: st.DrawFn) -> tuple[Entity, str, Any]:
    entity = draw(entities())
    traits = DOMAINS[entity.domain].traits_of(entity)
    names = [name for trait in traits for name in trait.supported_commands(entity)]
    if not names:
        return entity, "", None
    name = draw(st.sampled_from(names))
    trait, _, verb = name.partition(".")
    return entity, name, draw(params(TRAITS[trait].commands[verb].schema()))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(commands_of_entities())
def test_a_command_that_fits_is_planned_or_refused_with_a_reason(drawn: tuple[Entity, str, Any]) -> None:
    entity, name, given_params = drawn
    if not name:
        return
    trait, _, verb = name.partition(".")
    command = TRAITS[trait].commands[verb]
    VALIDATORS["command"].validate({"id": "1", "device": "d", "command": name, "params": given_params})
    checked = command.check(given_params)
    try:
        call = command.plan(entity, checked)
    except InvalidParamsError as error:
        explained = bool(error.detail)
    else:
        explained = call.domain == entity.domain
        json_dumps(call.data)
    assert explained
    if command.wants is not None:
        wanted = command.wants(entity, checked)
        assert wanted.keys() <= TRAITS[trait].state_fields.keys()
        TRAITS[trait].reached(wanted, TRAITS[trait].read(entity))


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(ODD, lambda inner: st.dictionaries(st.sampled_from(["id", "device", "command", "params", "x"]), inner))
)
def test_whatever_does_not_fit_is_refused_before_anything_is_planned(raw: Any) -> None:
    for trait in TRAITS.values():
        for command in trait.commands.values():
            schema = Draft202012Validator(command.schema())
            try:
                command.check(raw)
            except InvalidParamsError:
                continue
            # JSON Schema counts 1.0 and 1 as one, and knows no NaN; whatever passes us passes it.
            assert schema.is_valid(raw)
