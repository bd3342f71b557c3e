from collections.abc import Callable
from dataclasses import replace
import json
import re

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_dumps
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.exposure import Exposure, Places
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.registry import DOMAINS

from .conftest import ALL
from .test_commands_helpers import sent


@pytest.fixture
def everything(everything: Callable[[HomeAssistant], Exposure]) -> Callable[[HomeAssistant], Exposure]:
    """Share what is in the background too: each entity by name."""

    def exposure(hass: HomeAssistant) -> Exposure:
        return replace(everything(hass), include=Places(entities=frozenset(hass.states.async_entity_ids())))

    return exposure


def on_the_wire(device: Device) -> object:
    """The device as JSON, without what differs from run to run."""
    assert re.fullmatch(r"[0-9a-f]{20}", device.id)
    wire = json.loads(json_dumps(device.as_dict()))
    del wire["id"]
    if wire["part_of"]:
        del wire["part_of"]["id"]
    return without_instants(wire)


def without_instants(value: object) -> object:
    """Blank the instants, which differ from run to run; all are in UTC."""
    if isinstance(value, dict):
        return {key: without_instants(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_instants(item) for item in value]
    if isinstance(value, str) and re.match(r"20\d\d-\d\d-\d\dT", value):
        assert value.endswith("+00:00")
        return "<instant>"
    return value


@pytest.mark.parametrize("domain", sorted(DOMAINS))
async def test_every_demo_entity_is_described(catalog: Catalog, snapshot: SnapshotAssertion, domain: str) -> None:
    described = {d.entity_id: on_the_wire(d) for d in catalog.devices(ALL) if d.entity_id.startswith(f"{domain}.")}
    assert described == snapshot


async def test_no_entity_is_left_out(hass: HomeAssistant, catalog: Catalog) -> None:
    described = {device.entity_id for device in catalog.devices(ALL)}
    assert described == set(hass.states.async_entity_ids(DOMAINS))
    assert len(described) > 100


async def test_nothing_but_background_entities_is_left_out_by_default(
    hass: HomeAssistant, catalog: Catalog, everything: Callable[[HomeAssistant], Exposure]
) -> None:
    catalog.set_exposure(replace(everything(hass), include=Places()))
    described = {device.entity_id for device in catalog.devices(ALL)}
    registry = er.async_get(hass)
    for entity_id in set(hass.states.async_entity_ids(DOMAINS)) - described:
        entry = registry.async_get(entity_id)
        assert entry is not None
        assert entry.entity_category is not None
    assert len(described) > 90


async def test_every_command_the_demo_home_offers_is_given_to_it(catalog: Catalog) -> None:
    offered = {(d.entity_id.partition(".")[0], command) for d in catalog.devices(ALL) for command in d.commands}
    # What the demo home offers and cannot do is done by machines of the tests' own.
    assert offered <= sent()
