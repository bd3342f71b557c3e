"""Exposure follows areas, floors and labels, live; sensitive entities are shared by name alone."""

from collections.abc import Callable

from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
import pytest

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.exposure import SHAREABLE_DOMAINS, Exposure, Places
from custom_components.interphone.devices.registry import CONTROLS

from .conftest import ALL

LIGHT = "light.ceiling_lights"


@pytest.fixture
def platforms() -> list[str]:
    return ["light", "cover", "lock"]


def entity_ids(catalog: Catalog) -> set[str]:
    return {device.entity_id for device in catalog.devices(ALL)}


async def test_what_moves_in_is_shared_and_what_moves_out_is_not(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog
) -> None:
    """Whether it has a place or label itself, by its device, or by its area."""
    areas, devices = ar.async_get(hass), dr.async_get(hass)
    floor = fr.async_get(hass).async_create("Upstairs").floor_id
    guests = lr.async_get(hass).async_create("Guests").label_id
    attic = areas.async_create("Attic").id
    cellar = areas.async_create("Cellar").id
    entry = registry.async_get(LIGHT)
    assert entry is not None
    device_id = entry.device_id
    assert device_id is not None
    # Only entities with a registry entry have a place of their own.
    registry.async_update_entity(LIGHT, name="Lamp")
    steps: list[tuple[Places, Callable[[], object], Callable[[], object]]] = [
        (
            Places(areas=frozenset({attic})),
            lambda: registry.async_update_entity(LIGHT, area_id=attic),
            lambda: registry.async_update_entity(LIGHT, area_id=cellar),
        ),
        (
            Places(floors=frozenset({floor})),
            lambda: areas.async_update(cellar, floor_id=floor),
            lambda: areas.async_update(cellar, floor_id=None),
        ),
        (
            Places(areas=frozenset({cellar})),
            lambda: None,
            lambda: areas.async_delete(cellar),
        ),
        (
            Places(areas=frozenset({attic})),
            lambda: devices.async_update_device(device_id, area_id=attic),
            lambda: devices.async_update_device(device_id, area_id=None),
        ),
        (
            Places(labels=frozenset({guests})),
            lambda: registry.async_update_entity(LIGHT, labels={guests}),
            lambda: registry.async_update_entity(LIGHT, labels=set()),
        ),
        (
            Places(labels=frozenset({guests})),
            lambda: devices.async_update_device(device_id, labels={guests}, area_id=attic),
            lambda: devices.async_update_device(device_id, labels=set()),
        ),
        (
            Places(labels=frozenset({guests})),
            lambda: areas.async_update(attic, labels={guests}),
            lambda: lr.async_get(hass).async_delete(guests),
        ),
    ]
    for places, move_in, move_out in steps:
        for exposure, inside in (
            (Exposure(frozenset({"light"}), include=places), True),
            (Exposure(frozenset({"light"}), exclude=places), False),
        ):
            catalog.set_exposure(exposure)
            move_in()
            await hass.async_block_till_done()
            assert (LIGHT in entity_ids(catalog)) is inside, places
            if inside:
                assert entity_ids(catalog) == {LIGHT}
        move_out()
        await hass.async_block_till_done()
        assert LIGHT in entity_ids(catalog), places
        catalog.set_exposure(Exposure(frozenset({"light"}), include=places))
        await hass.async_block_till_done()
        assert LIGHT not in entity_ids(catalog), places


async def test_a_sensitive_entity_is_shared_by_nothing_but_its_name(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog
) -> None:
    entry = registry.async_get("cover.garage_door")
    assert entry is not None
    assert entry.device_id is not None
    attic = ar.async_get(hass).async_create("Attic").id
    guests = lr.async_get(hass).async_create("Guests").label_id
    registry.async_update_entity("cover.garage_door", name="Garage", area_id=attic, labels={guests})
    all_places = Places(
        entities=frozenset({"cover.garage_door", entry.id}),
        devices=frozenset({entry.device_id}),
        areas=frozenset({attic}),
        labels=frozenset({guests}),
    )
    for include in Places(), all_places:
        catalog.set_exposure(Exposure(SHAREABLE_DOMAINS, include=include))
        await hass.async_block_till_done()
        assert "cover.garage_door" not in entity_ids(catalog)
    catalog.set_exposure(Exposure(frozenset(), frozenset({"cover.garage_door"})))
    await hass.async_block_till_done()
    assert entity_ids(catalog) == {"cover.garage_door"}
    catalog.set_exposure(Exposure(frozenset(), frozenset({"cover.garage_door"}), exclude=all_places))
    assert not entity_ids(catalog)


async def test_a_sensitive_domain_shares_nothing(hass: HomeAssistant, catalog: Catalog) -> None:
    catalog.set_exposure(Exposure(frozenset({"lock"})))
    await hass.async_block_till_done()
    assert not entity_ids(catalog)


@pytest.mark.parametrize("domain", sorted(CONTROLS))
@pytest.mark.parametrize("category", [None, *EntityCategory])
async def test_what_configures_a_lock_is_never_shared(
    hass: HomeAssistant, registry: er.EntityRegistry, catalog: Catalog, domain: str, category: EntityCategory | None
) -> None:
    """Not even by name; other controls of a lock's device are shared by their names."""
    entry = registry.async_get("cover.garage_door")
    assert entry is not None
    assert entry.device_id is not None
    control = registry.async_get_or_create(
        domain,
        "demo",
        "beside",
        config_entry=hass.config_entries.async_get_entry(entry.config_entry_id or ""),
        device_id=entry.device_id,
        entity_category=category,
    )
    hass.states.async_set(control.entity_id, "on")
    catalog.set_exposure(
        Exposure(
            SHAREABLE_DOMAINS,
            sensitive_entities=frozenset({control.entity_id, control.id}),
            include=Places(entities=frozenset({control.entity_id}), devices=frozenset({entry.device_id})),
        )
    )
    await hass.async_block_till_done()
    assert (control.entity_id in entity_ids(catalog)) is (category is None)
