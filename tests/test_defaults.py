"""What a new home shares when its owner leaves everything as it is suggested: what residents want on a website."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.interphone.const import DOMAIN

from .devices.conftest import set_up_demo
from .test_config_flow import save_options

HELPERS: dict[str, Any] = {
    "input_boolean": {"guest_mode": {"name": "Guest mode"}},
    "input_text": {"password": {"name": "Password"}},
    "input_number": {"target": {"name": "Target", "min": 0, "max": 10}},
    "input_select": {"mode": {"name": "Mode", "options": ["a", "b"]}},
    "input_datetime": {"alarm": {"name": "Alarm", "has_time": True}},
    "input_button": {"reset": {"name": "Reset"}},
    "timer": {"laundry": {"name": "Laundry"}},
}
RARELY_WANTED = {
    "button",
    "date",
    "datetime",
    "input_button",
    "input_datetime",
    "input_number",
    "input_select",
    "input_text",
    "number",
    "select",
    "text",
    "time",
    "update",
}
BACKUP = "sensor.backup_backup_manager_state"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The demo's platforms poll, and nothing unloads them."""
    return True


@pytest.fixture
async def furnished(hass: HomeAssistant) -> HomeAssistant:
    """A home with everything that the demo has, helpers, and Home Assistant's own backups."""
    for domain, config in HELPERS.items():
        assert await async_setup_component(hass, domain, {domain: config})
    await set_up_demo(hass)
    assert await async_setup_component(hass, "backup", {})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(BACKUP)
    return hass


async def set_up(hass: HomeAssistant, **answers: Any) -> Any:
    """Go through the set-up, with what it suggests and these answers; return the entry."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"name": "Home", **answers})
    await hass.async_block_till_done()
    return result["result"]


def shared(entry: Any) -> set[str]:
    return {device.entity_id for device in entry.runtime_data.catalog.devices()}


def domains(entity_ids: set[str]) -> set[str]:
    return {entity_id.partition(".")[0] for entity_id in entity_ids}


def background(hass: HomeAssistant) -> set[str]:
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in hass.states.async_entity_ids()
        if (entry := registry.async_get(entity_id)) and (entry.entity_category or entry.hidden_by)
    }


async def test_what_residents_want_is_shared_and_nothing_else(furnished: HomeAssistant) -> None:
    found = shared(await set_up(furnished))
    assert {"light.bed_light", "switch.ac", "input_boolean.guest_mode", "climate.ecobee", "timer.laundry"} <= found
    assert {"sensor.outside_temperature", "binary_sensor.movement_backyard", "media_player.living_room"} <= found
    assert not domains(found) & RARELY_WANTED
    assert domains(set(furnished.states.async_entity_ids())) >= RARELY_WANTED
    assert not [entity_id for entity_id in found if "backup" in entity_id]
    assert not found & background(furnished)
    # Nothing else was left out but what opens, guards, watches, tracks, or can do anything.
    left_out = set(furnished.states.async_entity_ids()) - found - background(furnished)
    assert not domains(left_out) & {"light", "switch", "cover", "climate", "fan", "vacuum", "weather"} - {"cover"}
    assert {name for name in left_out if name.startswith("cover.")} == {"cover.garage_door"}


async def test_a_chosen_area_shares_them_there(furnished: HomeAssistant) -> None:
    registry = er.async_get(furnished)
    area = ar.async_get(furnished).async_create("Garden").id
    in_area = {"number.volume", "select.speed", BACKUP, "light.bed_light"}
    for entity_id in in_area:
        registry.async_update_entity(entity_id, name="Something", area_id=area)
    assert shared(await set_up(furnished, include={"areas": [area]})) == in_area


async def test_a_kind_that_is_chosen_is_shared_everywhere(furnished: HomeAssistant) -> None:
    found = shared(await set_up(furnished, domains=["button", "sensor"]))
    assert domains(found) == {"button", "sensor"}
    assert BACKUP not in found


async def test_an_entry_of_before_keeps_what_it_chose(furnished: HomeAssistant) -> None:
    entry = MockConfigEntry(
        domain=DOMAIN, title="Home", options={"origins": [], "domains": ["text", "sensor", "input_text"]}
    )
    entry.add_to_hass(furnished)
    assert await furnished.config_entries.async_setup(entry.entry_id)
    await furnished.async_block_till_done()
    before = shared(entry)
    assert {"input_text.password", BACKUP} <= before
    # Saving the form as it is suggested changes nothing.
    await save_options(furnished, entry.entry_id)
    assert shared(entry) == before
    await save_options(furnished, entry.entry_id, by_area=True)
    assert before - shared(entry) >= {BACKUP}
    assert "input_text.password" in shared(entry)
