"""A new trait is one class and one row of the registry: everything else follows from the two."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import ClassVar

from homeassistant.core import HomeAssistant, ServiceCall as HomeAssistantCall, State
from homeassistant.setup import ATTR_COMPONENT, EVENT_COMPONENT_LOADED
from jsonschema import Draft202012Validator
import pytest

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.commands import Commands, CommandStatus
from custom_components.interphone.devices.describe import describes_alike
from custom_components.interphone.devices.exposure import Exposure
from custom_components.interphone.devices.feed import Feed
from custom_components.interphone.devices.fields import Shape, label, percent
from custom_components.interphone.devices.model import BesideState, Command, Entity, Json, ServiceCall, Trait
from custom_components.interphone.devices.payloads import snapshot
from custom_components.interphone.devices.registry import DOMAINS, TRAITS, TYPES, Kind, Type
from custom_components.interphone.devices.schema import json_schema
from custom_components.interphone.devices.traits.planning import same

from .conftest import ALL, grant

FOUNTAIN = "fountain.garden"
WATER = {"garden": "rain"}


def read_water(_hass: HomeAssistant, state: State) -> Json:
    return {"water": WATER[state.object_id]}


class Jet(Trait):
    """How high the water rises, and which water it is."""

    name = "jet"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"height"})
    attribute_fields: ClassVar[Shape] = {"water": label()}
    state_fields: ClassVar[Shape] = {"percent": percent()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(
            lambda entity, params: ServiceCall(entity.domain, "rise", {"height": params["percent"]}),
            ({"percent": percent()},),
            wants=same("percent"),
        )
    }

    def attributes(self, entity: Entity) -> Json:
        return {"water": entity.beside["water"]}

    def read(self, entity: Entity) -> Json:
        return {"percent": entity.number("height")}


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kind]:
    """The row of the registry, and what the registry makes of its rows."""
    kind = Kind(
        Type("fountain", "fountain"),
        (Jet(),),
        {"bath": Type("bird_bath", "bird")},
        beside_state=BesideState(read_water, silent=True, component="rain_barrel"),
    )
    monkeypatch.setitem(DOMAINS, "fountain", kind)
    monkeypatch.setitem(TRAITS, Jet.name, kind.traits[0])
    for type_ in (kind.type, *kind.types.values()):
        monkeypatch.setitem(TYPES, type_.name, type_)
    json_schema.cache_clear()
    yield kind
    json_schema.cache_clear()


@pytest.fixture
async def catalog(hass: HomeAssistant, kind: Kind) -> AsyncIterator[Catalog]:
    assert kind
    hass.states.async_set(FOUNTAIN, "on", {"height": 10})
    hass.states.async_set("fountain.basin", "unavailable", {"device_class": "bath", "icon": "mdi:duck"})
    WATER["basin"] = "tap"
    catalog = Catalog(hass, Exposure(frozenset({"fountain"})))
    catalog.start()
    yield catalog
    catalog.stop()


def fits(name: str, payload: object) -> bool:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": json_schema()["$defs"]}).is_valid(payload)


async def test_it_is_in_the_snapshot_with_its_icon_as_the_schema_says(hass: HomeAssistant, catalog: Catalog) -> None:
    feed = Feed(hass, catalog)
    feed.start()
    seen = {device["type"]: device for device in snapshot(feed, ALL)["devices"]}
    feed.stop()
    fountain, bath = seen["fountain"], seen["bird_bath"]
    assert (fountain["icon"], bath["icon"]) == ("mdi:fountain", "mdi:duck")
    assert (fountain["traits"], fountain["state"]) == ({"jet": {"water": "rain"}}, {"jet": {"percent": 10}})
    assert (fountain["commands"], fountain["sensitive"]) == (("jet.set",), False)
    assert bath["state"] == {"jet": {"percent": None}}
    for device in (fountain, bath):
        published = {**device, "commands": list(device["commands"]), "labels": list(device["labels"])}
        assert fits("device", published)
        assert not fits("device", {**published, "state": {"jet": {"percent": 101}}})


async def test_its_command_is_checked_called_and_confirmed(hass: HomeAssistant, catalog: Catalog) -> None:
    async def rise(call: HomeAssistantCall) -> None:
        hass.states.async_set(FOUNTAIN, "on", {"height": call.data["height"]})

    hass.services.async_register("fountain", "rise", rise)
    commands = Commands(hass, catalog)
    device = catalog.find(FOUNTAIN)
    assert device is not None
    envelope = {"id": "1", "device": device.id, "command": "jet.set", "params": {"percent": 60}}
    assert fits("command", envelope)
    assert fits("command_jet_set", envelope)
    result = await commands.run(grant(), envelope)
    assert (result.status, result.state) == (CommandStatus.CONFIRMED, {"jet": {"percent": 60}})
    too_high = {**envelope, "id": "2", "params": {"percent": 101}}
    assert not fits("command", too_high)
    assert (await commands.run(grant(), too_high)).as_dict()["error"] == "invalid_params"


async def test_it_is_described_anew_only_when_it_must(
    hass: HomeAssistant, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def water() -> object:
        device = catalog.find(FOUNTAIN)
        assert device is not None
        return device.traits["jet"]["water"]

    for water_now, happens in (
        ("well", lambda: hass.states.async_set(FOUNTAIN, "on", {"height": 10})),  # reported again as it was
        ("tap", lambda: hass.bus.async_fire(EVENT_COMPONENT_LOADED, {ATTR_COMPONENT: "rain_barrel"})),
    ):
        monkeypatch.setitem(WATER, "garden", water_now)
        assert water() != water_now
        happens()
        await hass.async_block_till_done()
        assert water() == water_now


def test_what_changes_with_use_describes_nothing(kind: Kind) -> None:
    assert kind
    before, now, other = (State(FOUNTAIN, "on", attributes) for attributes in ({"height": 1}, {"height": 2}, {"x": 1}))
    assert describes_alike(before, now)
    assert not describes_alike(before, other)
