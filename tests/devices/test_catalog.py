"""The catalog follows Home Assistant, live."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.util.unit_system import METRIC_SYSTEM, US_CUSTOMARY_SYSTEM
import pytest

from custom_components.interphone.devices.catalog import Catalog, Difference
from custom_components.interphone.devices.exposure import DEFAULT_DOMAINS, SHAREABLE_DOMAINS, Exposure, Places
from custom_components.interphone.devices.model import Device

from .conftest import ALL, only

LIGHT = "light.ceiling_lights"


@pytest.fixture
def platforms() -> list[str]:
    return ["light", "lock", "cover", "climate", "sensor", "fan"]


@pytest.fixture
async def differences(catalog: Catalog) -> AsyncIterator[list[Difference]]:
    """What a watcher hears from here on."""
    heard: list[Difference] = []
    unsubscribe = catalog.subscribe(heard.append)
    yield heard
    unsubscribe()


def entity_ids(catalog: Catalog) -> set[str]:
    return {device.entity_id for device in catalog.devices(ALL)}


async def test_a_rename_of_the_entity_id_keeps_the_device(
    hass: HomeAssistant,
    registry: er.EntityRegistry,
    device: Callable[[str], Device],
    catalog: Catalog,
    differences: list[Difference],
) -> None:
    before = device(LIGHT)
    registry.async_update_entity(LIGHT, new_entity_id="light.attic")
    await hass.async_block_till_done()
    after = device("light.attic")
    assert after.id == before.id
    assert after == replace(before, entity_id="light.attic")
    assert LIGHT not in entity_ids(catalog)
    assert differences == []  # nothing of it is said to a website

    await hass.services.async_call("light", "turn_off", {"entity_id": "light.attic"}, blocking=True)
    assert device("light.attic").state["on_off"] == {"on": False}


async def test_a_new_name_area_floor_label_and_icon(
    hass: HomeAssistant, registry: er.EntityRegistry, device: Callable[[str], Device]
) -> None:
    areas, floors, labels = ar.async_get(hass), fr.async_get(hass), lr.async_get(hass)
    floor = floors.async_create("Upstairs")
    area = areas.async_create("Attic", floor_id=floor.floor_id)
    guests = labels.async_create("Guests")
    night = labels.async_create("Night")
    entry = registry.async_get(LIGHT)
    assert entry is not None
    assert entry.device_id is not None
    dr.async_get(hass).async_update_device(entry.device_id, area_id=area.id, labels={night.label_id})
    registry.async_update_entity(LIGHT, name="Big lamp", icon="mdi:lamp", labels={guests.label_id})
    await hass.async_block_till_done()
    lamp = device(LIGHT)
    assert (lamp.name, lamp.area, lamp.floor, lamp.labels) == ("Big lamp", "Attic", "Upstairs", ("Guests", "Night"))
    assert lamp.icon == "mdi:lamp"
    assert lamp.part_of is not None
    assert lamp.part_of.name == "Ceiling Lights"

    areas.async_update(area.id, name="Loft")
    floors.async_update(floor.floor_id, name="Top")
    labels.async_update(guests.label_id, name="Visitors")
    dr.async_get(hass).async_update_device(entry.device_id, name_by_user="Chandelier")
    await hass.async_block_till_done()
    lamp = device(LIGHT)
    assert (lamp.area, lamp.floor, lamp.labels) == ("Loft", "Top", ("Night", "Visitors"))
    assert lamp.part_of is not None
    assert lamp.part_of.name == "Chandelier"

    # The entity's own area goes before its device's.
    kitchen = areas.async_create("Kitchen")
    registry.async_update_entity(LIGHT, area_id=kitchen.id)
    await hass.async_block_till_done()
    assert (device(LIGHT).area, device(LIGHT).floor) == ("Kitchen", None)
    areas.async_delete(kitchen.id)
    await hass.async_block_till_done()
    assert device(LIGHT).area == "Loft"


async def test_entities_that_come_and_go(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog, device: Callable[[str], Device]
) -> None:
    hass.states.async_set("switch.template", "on")
    await hass.async_block_till_done()
    unregistered = device("switch.template").id
    hass.states.async_remove("switch.template")
    await hass.async_block_till_done()
    assert catalog.get(unregistered) is None

    # The same id when it comes back.
    hass.states.async_set("switch.template", "off")
    await hass.async_block_till_done()
    assert device("switch.template").id == unregistered

    registry.async_remove(LIGHT)
    await hass.async_block_till_done()
    assert LIGHT not in entity_ids(catalog)

    hass.states.async_set("counter.visits", "1")
    await hass.async_block_till_done()
    assert "counter.visits" not in entity_ids(catalog)


async def test_hidden_and_background_entities_leave_at_once(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog
) -> None:
    registry.async_update_entity(LIGHT, hidden_by=er.RegistryEntryHider.USER)
    registry.async_update_entity("fan.ceiling_fan", entity_category=EntityCategory.DIAGNOSTIC)
    await hass.async_block_till_done()
    assert not entity_ids(catalog) & {LIGHT, "fan.ceiling_fan"}
    registry.async_update_entity(LIGHT, hidden_by=None)
    await hass.async_block_till_done()
    assert LIGHT in entity_ids(catalog)


async def test_a_blind_that_turns_out_to_be_a_garage_door(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog
) -> None:
    catalog.set_exposure(Exposure(SHAREABLE_DOMAINS))
    await hass.async_block_till_done()
    assert "cover.hall_window" in entity_ids(catalog)
    registry.async_update_entity("cover.hall_window", device_class="garage")
    await hass.async_block_till_done()
    assert "cover.hall_window" not in entity_ids(catalog)
    # And one its integration calls a garage door stays one, whatever the user calls it.
    registry.async_update_entity("cover.garage_door", device_class="blind")
    await hass.async_block_till_done()
    assert "cover.garage_door" not in entity_ids(catalog)


async def test_a_new_exposure(hass: HomeAssistant, catalog: Catalog, differences: list[Difference]) -> None:
    catalog.set_exposure(Exposure(frozenset({"light"}), frozenset({"lock.front_door"})))
    # What is no longer shared is gone now, not soon.
    assert {entity_id.partition(".")[0] for entity_id in entity_ids(catalog)} == {"light", "lock"}
    await hass.async_block_till_done()
    assert {entity for entity in entity_ids(catalog) if entity.startswith("lock.")} == {"lock.front_door"}
    assert differences
    assert all(difference.new is None for difference in differences)

    catalog.set_exposure(Exposure(frozenset({"light", "fan"})))
    await hass.async_block_till_done()
    assert {entity_id.partition(".")[0] for entity_id in entity_ids(catalog)} == {"light", "fan"}


async def test_the_default_shares_nothing_that_opens_or_watches(hass: HomeAssistant, catalog: Catalog) -> None:
    catalog.set_exposure(Exposure(DEFAULT_DOMAINS))
    await hass.async_block_till_done()
    assert entity_ids(catalog)
    assert not [device for device in catalog.devices(ALL) if device.sensitive]


async def test_places_narrow_and_exclusions_win(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog
) -> None:
    floor = fr.async_get(hass).async_create("Upstairs")
    attic = ar.async_get(hass).async_create("Attic", floor_id=floor.floor_id)
    guests = lr.async_get(hass).async_create("Guests")
    registry.async_update_entity(LIGHT, name="Lamp", area_id=attic.id)
    registry.async_update_entity("light.bed_light", labels={guests.label_id})
    kitchen = registry.async_get("light.kitchen_lights")
    office = registry.async_update_entity("light.office_rgbw_lights", hidden_by=er.RegistryEntryHider.USER)
    assert kitchen is not None
    assert kitchen.device_id is not None

    nowhere = Places()

    async def shared(include: Places = nowhere, exclude: Places = nowhere) -> set[str]:
        catalog.set_exposure(Exposure(frozenset({"light"}), include=include, exclude=exclude))
        await hass.async_block_till_done()
        return entity_ids(catalog)

    everything = await shared()
    assert len(everything) == 5
    assert await shared(include=Places(areas=frozenset({attic.id}))) == {LIGHT}
    assert await shared(include=Places(floors=frozenset({floor.floor_id}))) == {LIGHT}
    assert await shared(include=Places(labels=frozenset({guests.label_id}))) == {"light.bed_light"}
    assert await shared(include=Places(devices=frozenset({kitchen.device_id}))) == {"light.kitchen_lights"}
    # Named one by one, even hidden ones and those of other domains; by entity id or registry id.
    assert await shared(include=Places(entities=frozenset({office.id, "fan.ceiling_fan"}))) == {
        "light.office_rgbw_lights",
        "fan.ceiling_fan",
    }
    assert await shared(exclude=Places(areas=frozenset({attic.id}))) == everything - {LIGHT}
    assert (
        await shared(include=Places(areas=frozenset({attic.id})), exclude=Places(entities=frozenset({LIGHT}))) == set()
    )
    # A place never brings in what is sensitive.
    garage = registry.async_get("cover.garage_door")
    assert garage is not None
    assert garage.device_id is not None
    dr.async_get(hass).async_update_device(garage.device_id, area_id=attic.id)
    assert await shared(include=Places(areas=frozenset({attic.id}), entities=frozenset({"cover.garage_door"}))) == {
        LIGHT
    }


async def test_a_sensitive_entity_is_found_by_its_registry_id(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog
) -> None:
    door = registry.async_get("cover.garage_door")
    assert door is not None
    catalog.set_exposure(Exposure(frozenset(), frozenset({door.id})))
    await hass.async_block_till_done()
    assert entity_ids(catalog) == {"cover.garage_door"}
    registry.async_update_entity("cover.garage_door", new_entity_id="cover.carport")
    await hass.async_block_till_done()
    assert entity_ids(catalog) == {"cover.carport"}


async def test_offline_is_not_off(hass: HomeAssistant, device: Callable[[str], Device]) -> None:
    before = device("fan.living_room_fan")
    [entry] = hass.config_entries.async_entries("demo")
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    offline = device("fan.living_room_fan")
    assert not offline.online
    assert offline.description() == before.description()
    assert offline.state == {name: dict.fromkeys(values) for name, values in before.state.items()}

    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert device("fan.living_room_fan").online


async def test_what_is_known_of_a_device_holds_while_it_is_offline(
    hass: HomeAssistant, device: Callable[[str], Device]
) -> None:
    before = device("fan.living_room_fan")
    assert before.traits["fan"]["percent_step"] == 33.33
    # The step is in the state alone, which is gone; the new name is not.
    hass.states.async_set("fan.living_room_fan", "unavailable", {"friendly_name": "Fan"})
    ar.async_get(hass).async_create("Attic")
    await hass.async_block_till_done()
    offline = device("fan.living_room_fan")
    assert (offline.online, offline.name) == (False, "Fan")
    assert (offline.traits, offline.commands) == (before.traits, before.commands)


async def test_a_device_that_learnt_something_while_it_was_offline(
    hass: HomeAssistant, device: Callable[[str], Device]
) -> None:
    lamp = hass.states.get(LIGHT)
    assert lamp is not None
    assert "effect" not in device(LIGHT).traits
    taught = {**lamp.attributes, "supported_features": 4, "effect_list": ["rainbow"]}
    hass.states.async_set(LIGHT, "unavailable", lamp.attributes)
    hass.states.async_set(LIGHT, "unavailable", taught)
    # The new list arrived while it was offline; the attribute that changes now changes with use.
    hass.states.async_set(LIGHT, "on", {**taught, "brightness": 1})
    assert device(LIGHT).traits["effect"] == {"effects": ["rainbow"]}
    hass.states.async_set(LIGHT, "on", {**taught, "brightness": 255, "effect_list": ["rainbow", "candle"]})
    assert device(LIGHT).traits["effect"] == {"effects": ["rainbow", "candle"]}
    assert device(LIGHT).state["brightness"] == {"percent": 100}


async def test_a_device_that_is_offline_at_the_start_is_described_too(home: HomeAssistant) -> None:
    hass = home
    [entry] = hass.config_entries.async_entries("demo")
    await hass.config_entries.async_unload(entry.entry_id)
    catalog = Catalog(hass, Exposure(SHAREABLE_DOMAINS))
    catalog.start()
    [lamp] = [device for device in catalog.devices(ALL) if device.entity_id == LIGHT]
    catalog.stop()
    assert not lamp.online
    assert lamp.commands == ("on_off.set", "on_off.toggle", "brightness.set", "color.set")
    assert lamp.traits["color"] == {"modes": ["hue_saturation", "kelvin"], "kelvin_min": 2000, "kelvin_max": 6535}
    assert set(lamp.state["color"].values()) == {None}


async def test_unknown_is_neither_off_nor_offline(hass: HomeAssistant, device: Callable[[str], Device]) -> None:
    lamp = hass.states.get(LIGHT)
    assert lamp is not None
    hass.states.async_set(LIGHT, "unknown", lamp.attributes)
    assert device(LIGHT).online
    assert device(LIGHT).state["on_off"] == {"on": None}


async def test_a_scope_sees_its_devices_only(catalog: Catalog, device: Callable[[str], Device]) -> None:
    lamp = device(LIGHT)
    assert catalog.devices(only(lamp.id, "gone")) == [lamp]
    assert catalog.devices(only()) == []


async def test_after_stop_nothing_is_left(hass: HomeAssistant, catalog: Catalog, differences: list[Difference]) -> None:
    catalog.set_exposure(Exposure(SHAREABLE_DOMAINS))
    catalog.stop()
    differences.clear()
    hass.states.async_set(LIGHT, "off")
    hass.states.async_set("light.new", "on")
    ar.async_get(hass).async_create("Attic")
    await hass.async_block_till_done()
    assert not differences
    assert not catalog.devices(ALL)


async def test_a_home_that_changes_its_units(hass: HomeAssistant, device: Callable[[str], Device]) -> None:
    before = device("climate.hvac")
    await hass.config.async_update(unit_system="us_customary")
    assert hass.config.units is US_CUSTOMARY_SYSTEM
    await hass.services.async_call("homeassistant", "update_entity", {"entity_id": "climate.hvac"}, blocking=True)
    await hass.async_block_till_done()
    state = hass.states.get("climate.hvac")
    assert state is not None
    assert state.attributes["temperature"] == 70
    after = device("climate.hvac")
    assert after.state["thermostat"]["celsius"] == pytest.approx(21, abs=0.5)
    assert after.traits["thermostat"]["celsius_min"] == pytest.approx(7, abs=0.5)
    assert before.state["thermostat"]["celsius"] == 21
    await hass.config.async_update(unit_system="metric")
    assert hass.config.units is METRIC_SYSTEM


async def test_a_registry_change_is_worked_off_in_turns(hass: HomeAssistant, catalog: Catalog) -> None:
    for number in range(1000):
        hass.states.async_set(f"switch.s{number}", "on")
    await hass.async_block_till_done()
    assert len(entity_ids(catalog) & {f"switch.s{number}" for number in range(1000)}) == 1000
