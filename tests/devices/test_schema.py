"""Whatever Home Assistant holds, payloads fit the schema; whatever fits the schema of a command is handled."""

from collections.abc import Callable, Mapping
from dataclasses import replace
import json
from typing import Any

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.json import json_dumps
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema import Draft202012Validator
import pytest

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.describe import describes_alike
from custom_components.interphone.devices.envelope import parse
from custom_components.interphone.devices.exposure import Exposure
from custom_components.interphone.devices.model import Entity
from custom_components.interphone.devices.registry import DOMAINS, TRAITS, TYPES
from custom_components.interphone.devices.schema import json_schema
from custom_components.interphone.devices.traits.weather import read_forecast
from custom_components.interphone.errors import InvalidParamsError, InvalidRequestError

from .conftest import ALL
from .drawing import CAPABLE, CLASSES, EXTREMES, FOREIGN, NAMES, NOBODY, ODD, STATES, VALUES, entities, entity, params
from .wire import VALIDATORS, fits, validator

# Attributes of a forecast that a state does not have.
FORETOLD = ["datetime", "templow", "precipitation", "precipitation_probability", "is_daytime", "condition"]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(json_dumps(json_schema())) == json_schema()


def test_a_type_has_one_icon_wherever_it_is_named() -> None:
    for kind in DOMAINS.values():
        for type_ in (kind.type, *kind.types.values()):
            assert TYPES[type_.name] == type_
            assert type_.icon


async def test_every_device_of_the_demo_home_fits(catalog: Catalog) -> None:
    for device in catalog.devices(ALL):
        fits("device", device.as_dict())


async def test_every_device_of_the_demo_home_fits_offline(hass: HomeAssistant, catalog: Catalog) -> None:
    for state in hass.states.async_all(DOMAINS):
        hass.states.async_set(state.entity_id, "unavailable", {})
    for device in catalog.devices(ALL):
        assert not device.online
        fits("device", device.as_dict())


def assert_usable(described: Mapping[str, Any]) -> None:
    """Check what a schema cannot say of a trait: a range has both ends in order, or none."""
    for low in (name for name in described if name.endswith("min")):
        ends = described[low], described[low.removesuffix("min") + "max"]
        if low == "length_min":
            assert ends == (None, None) or ends[0] <= ends[1]
        else:
            assert ends == (None, None) or ends[0] < ends[1]


def assert_fits(odd: Entity) -> None:
    """Validate all traits of an entity by the schema."""
    kind = DOMAINS[odd.domain]
    assert kind.type_of(odd).name in TYPES
    traits = kind.traits_of(odd)
    described = {trait.name: trait.attributes(odd) for trait in traits}
    for attributes in described.values():
        assert_usable(attributes)
    fits("traits", described)
    fits("trait_states", {trait.name: trait.read(odd) for trait in traits})
    assert {name for trait in traits for name in trait.supported_commands(odd)} <= {
        f"{trait.name}.{verb}" for trait in traits for verb in trait.commands
    }


@pytest.mark.slow
@pytest.mark.parametrize("domain", sorted(DOMAINS))
def test_no_value_in_any_attribute_breaks_a_description(domain: str) -> None:
    for odd in EXTREMES:
        everywhere = dict.fromkeys(NAMES, odd)
        for value in "on", "paused", "heat":
            for attributes in everywhere, everywhere | CAPABLE, everywhere | CAPABLE | FOREIGN:
                assert_fits(entity(domain, value, attributes))


@pytest.mark.slow
# Domains whose state is parsed.
@pytest.mark.parametrize(
    "domain", ["button", "date", "datetime", "event", "input_datetime", "input_number", "number", "sensor", "time"]
)
@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
async def test_no_state_breaks_a_description(hass: HomeAssistant, domain: str, zone: str) -> None:
    await hass.config.async_set_time_zone(zone)
    fields: list[dict[str, Any]] = [{"has_date": True, "has_time": True}, {"has_date": True}, {"has_time": True}]
    for value in STATES:
        for device_class in (None, *CLASSES):
            for more in fields if domain == "input_datetime" else [{}, FOREIGN]:
                assert_fits(entity(domain, value, {**CAPABLE, **more, "device_class": device_class}))


async def test_no_entity_breaks_the_list_of_devices(
    hass: HomeAssistant, everything: Callable[[HomeAssistant], Exposure]
) -> None:
    """Names and icons too, through the catalog and as encoded on the wire."""
    for number, odd in enumerate(EXTREMES):
        for domain in DOMAINS:
            hass.states.async_set(f"{domain}.odd_{number}", "on", {**dict.fromkeys(NAMES, odd), **CAPABLE})
    catalog = Catalog(hass, everything(hass))
    catalog.start()
    devices = catalog.devices(ALL)
    assert len(devices) == len(EXTREMES) * len(DOMAINS)
    fits("devices", {"seq": 1, "added": [device.as_dict() for device in devices], "changed": [], "removed": []})
    catalog.stop()


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(entities())
def test_whatever_an_entity_holds_its_description_fits(odd: Entity) -> None:
    assert_fits(odd)


def described(odd: Entity) -> object:
    kind = DOMAINS[odd.domain]
    traits = kind.traits_of(odd)
    attributes = {trait.name: trait.attributes(odd) for trait in traits}
    return kind.type_of(odd), json_dumps(attributes), [trait.supported_commands(odd) for trait in traits]


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(entities(), st.sampled_from(VALUES), st.data())
def test_what_changes_with_use_describes_nothing(odd: Entity, value: str, data: st.DataObject) -> None:
    """A state that differs in nothing else needs no new description."""
    volatile = DOMAINS[odd.domain].volatile_attributes
    used = data.draw(st.dictionaries(st.sampled_from(sorted(volatile)), ODD, max_size=25))
    later = entity(odd.domain, value, {**odd.state.attributes, **used}, odd.temperature_unit)
    assert described(later) == described(odd)
    assert describes_alike(odd.state, later.state)
    unused = {name: item for name, item in odd.state.attributes.items() if name not in volatile}
    assert described(replace(odd, state=State(odd.state.entity_id, "on", unused, context=NOBODY))) == described(odd)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(entities(), st.dictionaries(st.sampled_from([*NAMES, *FORETOLD]), ODD, max_size=25))
def test_whatever_a_forecast_holds_its_points_fit(odd: Entity, raw: dict[str, Any]) -> None:
    for time in {"datetime": "2026-11-26T12:00:00Z"}, {}:
        point = read_forecast(odd, {**raw, **time})
        if point is not None:
            fits("forecast", point)
        assert point is not None or not time


@st.composite
def commands_of_entities(draw: st.DrawFn) -> tuple[Entity, str, Any]:
    drawn = draw(entities())
    traits = DOMAINS[drawn.domain].traits_of(drawn)
    names = [name for trait in traits for name in trait.supported_commands(drawn)]
    if not names:
        return drawn, "", None
    name = draw(st.sampled_from(names))
    trait, _, verb = name.partition(".")
    return drawn, name, draw(params(TRAITS[trait].commands[verb].schema()))


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(commands_of_entities())
def test_a_command_that_fits_is_planned_or_refused_with_a_reason(drawn: tuple[Entity, str, Any]) -> None:
    odd, name, given_params = drawn
    if not name:
        return
    trait, _, verb = name.partition(".")
    command = TRAITS[trait].commands[verb]
    VALIDATORS["command"].validate({"id": "1", "device": "d", "command": name, "params": given_params})
    checked = command.check(given_params)
    try:
        call = command.plan(odd, checked)
    except InvalidParamsError as error:
        explained = bool(error.detail)
    else:
        explained = call.domain == odd.domain
        json_dumps(call.data)
    assert explained
    if command.wants is not None:
        wanted = command.wants(odd, checked)
        assert wanted.keys() <= TRAITS[trait].state_fields.keys()
        TRAITS[trait].reached(wanted, TRAITS[trait].read(odd))


@pytest.mark.slow
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
            # What the check accepts, the schema accepts. NaN is no JSON.
            assert schema.is_valid(raw)


# Values at the edges of what fields accept, and just beyond them.
EDGES: list[Any] = [
    *(None, True, False, 0, 1, -1, 0.5, 100, 100.0, 100.5, 300, 301, 20000, 86400, -100),
    *(2**53, 2**53 + 1, -(2**53) - 2, 2**63, 10**30, -(10**400), 1e300),
    *("", "a", "x" * 64, "x" * 65, "x" * 1024, "x" * 1025, [], ["a"], {}, {"a": 1}),
    *("forward", "night", "2026-02-28", "2026-02-30", "0000-01-01", "2026-1-1", "2026-W01-1", "20260101"),
    *("10:00", "10:00:00", "24:00", "10:00:60", "9:00", "10:00:00Z"),
    *("2026-02-28T10:00:00Z", "2026-02-28t10:00:00z", "2026-02-28 10:00+01", "2026-02-28T10:00:00.123456789+01:00"),
    *("2026-02-30T10:00:00Z", "2026-02-28T10:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("2026-02-28T24:00:00Z", "20260228T100000Z", "2026-02-28T10:00:00+24:00", "2026-02-28T23:59:60Z"),
]


def schemas_in(schema: dict[str, Any]) -> list[dict[str, Any]]:
    shapes: list[dict[str, Any]] = schema.get("anyOf", [schema])
    return shapes


@st.composite
def nearly_params(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, Any]:
    """Draw params with any of the names there are, each with a value that fits or one at an edge."""
    known = {name: item for shape in schemas_in(schema) for name, item in shape["properties"].items()}
    names = draw(st.sets(st.sampled_from([*known, "unknown"])))
    edge = st.sampled_from(EDGES)
    return {name: draw(st.one_of(edge, params(known[name])) if name in known else edge) for name in sorted(names)}


COMMANDS = {f"{trait.name}.{verb}": command for trait in TRAITS.values() for verb, command in trait.commands.items()}

PARAMS = {name: command.schema() for name, command in COMMANDS.items()}
PUBLISHED = {name: validator(f"command_{name.replace('.', '_')}") for name in COMMANDS}


def accepts(check: Callable[[Any], object], value: object) -> bool:
    try:
        check(value)
    except InvalidParamsError, InvalidRequestError:
        return False
    return True


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(COMMANDS)).flatmap(lambda name: st.tuples(st.just(name), nearly_params(PARAMS[name]))))
def test_a_command_accepts_exactly_what_its_schema_does(drawn: tuple[str, dict[str, Any]]) -> None:
    name, given_params = drawn
    envelope = {"id": "1", "device": "d", "command": name, "params": given_params}
    assert accepts(COMMANDS[name].check, given_params) == PUBLISHED[name].is_valid(envelope)


@pytest.mark.parametrize("name", ["id", "device", "expires_at", "surplus"])
def test_an_envelope_is_accepted_exactly_when_its_schema_does(name: str) -> None:
    for value in EDGES:
        envelope = {"id": "1", "device": "d", "command": "on_off.set", "params": {"on": True}, name: value}
        assert accepts(parse, envelope) == VALIDATORS["command"].is_valid(envelope), value


def test_each_command_has_a_schema_of_its_own() -> None:
    named = [f"command_{name.replace('.', '_')}" for name in COMMANDS]
    assert len(set(named)) == len(COMMANDS)
    assert sorted(named) == sorted(name for name in json_schema()["$defs"] if name.startswith("command_"))
    assert all(name.isidentifier() for name in named)
