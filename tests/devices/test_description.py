import json
import re

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_dumps
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.registry import DOMAINS

from .conftest import ALL


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


async def test_nothing_but_background_entities_is_left_out(hass: HomeAssistant, catalog: Catalog) -> None:
    described = {device.entity_id for device in catalog.devices(ALL)}
    registry = er.async_get(hass)
    for entity_id in set(hass.states.async_entity_ids(DOMAINS)) - described:
        entry = registry.async_get(entity_id)
        assert entry is not None
        assert entry.entity_category is not None
    assert len(described) > 90
