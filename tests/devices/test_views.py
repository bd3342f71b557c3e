"""A view sees what its scope is defined to see, also of devices that move, now and in resuming."""

from collections.abc import Callable
from dataclasses import replace
import gc
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.interphone.access.models import May, Scope, Selection
from custom_components.interphone.devices.catalog import Difference
from custom_components.interphone.devices.changes import Batch, DevicesChange, EventChange, StateChange
from custom_components.interphone.devices.feed import Feed
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.views import View

from .conftest import ALL, only

LIGHT = "light.ceiling_lights"
FAN = "fan.ceiling_fan"


def area(area_id: str) -> Scope:
    """A scope of one room."""
    return Scope(Selection(areas=frozenset({area_id})))


@pytest.fixture
def platforms() -> list[str]:
    return ["light", "fan", "lock"]


@pytest.fixture
def batches(feed: Feed) -> list[Batch]:
    """What a subscriber gets from here on."""
    got: list[Batch] = []
    feed.subscribe(got.append)
    return got


@pytest.fixture
def move(hass: HomeAssistant) -> Callable[[str, str], None]:
    """Put an entity in a room: `move("light.bed", "Kitchen")`."""

    def move(entity_id: str, room: str) -> None:
        area = ar.async_get(hass).async_get_or_create(room)
        er.async_get(hass).async_update_entity(entity_id, name="Own name", area_id=area.id)

    return move


def toggle(hass: HomeAssistant, entity_id: str) -> None:
    state = hass.states.get(entity_id)
    assert state is not None
    hass.states.async_set(entity_id, "off" if state.state == "on" else "on", state.attributes)


def summary(changes: Batch | list[Any]) -> list[Any]:
    """Changes in short: the ids of devices, or what a device's state became."""
    return [
        ([device.id for device in change.added], [device.id for device in change.changed], change.removed)
        if isinstance(change, DevicesChange)
        else change.device.id
        for change in changes
    ]


def resumed(batch: Batch, view: View) -> list[Any]:
    """What a website that resumes sees of a batch."""
    return [part for change in batch if (part := change.visible(view.scope))]


async def test_equal_scopes_share_a_view(feed: Feed, device: Callable[[str], Device]) -> None:
    lamp = device(LIGHT).id
    view = feed.view(only(lamp, "gone"))
    assert feed.view(only("gone", lamp)) is view
    assert feed.view(Scope(Selection(devices=frozenset({lamp, "gone"})), may=May.LOOK)) is not view
    assert feed.devices(view) == [device(LIGHT)]


async def test_a_view_lives_as_long_as_it_is_held(feed: Feed) -> None:
    view = feed.view(only("one"))
    assert len(feed._views) == 1
    del view
    gc.collect()
    assert not feed._views


async def test_an_epoch_names_the_definition_not_the_members(
    hass: HomeAssistant, feed: Feed, move: Callable[[str, str], None]
) -> None:
    kitchen, hall = feed.view(area("kitchen")), feed.view(area("hall"))
    before = kitchen.epoch
    assert before.startswith(f"{feed.epoch}.")
    assert before != hall.epoch
    move(LIGHT, "Kitchen")
    await hass.async_block_till_done()
    assert kitchen.members
    assert kitchen.epoch == before == feed.view(area("kitchen")).epoch
    assert feed.view(Scope()).epoch == feed.epoch
    assert len({feed.view(Scope(may=may)).epoch for may in May}) == len(May)


async def test_devices_that_move_are_added_and_removed(
    hass: HomeAssistant,
    feed: Feed,
    batches: list[Batch],
    device: Callable[[str], Device],
    move: Callable[[str, str], None],
) -> None:
    kitchen, hall = feed.view(area("kitchen")), feed.view(area("hall"))
    lamp, fan = device(LIGHT).id, device(FAN).id
    move(LIGHT, "Kitchen")
    await hass.async_block_till_done()
    # A member moves out and another device in, in one turn.
    move(LIGHT, "Hall")
    move(FAN, "Kitchen")
    await hass.async_block_till_done()
    toggle(hass, LIGHT)
    toggle(hass, FAN)
    await hass.async_block_till_done()
    into, around, states = batches
    assert summary(resumed(into, kitchen)) == [([lamp], [], [])]
    assert summary(resumed(around, kitchen)) == [([fan], [], [lamp])]
    assert summary(resumed(around, hall)) == [([lamp], [], [])]
    assert summary(kitchen.visible(states)) == [fan]
    assert summary(hall.visible(states)) == [lamp]
    assert feed.devices(kitchen) == [device(FAN)]
    assert feed.devices(hall) == [device(LIGHT)]


async def test_a_view_follows_batches_as_resuming_would(
    hass: HomeAssistant, feed: Feed, device: Callable[[str], Device], move: Callable[[str, str], None]
) -> None:
    scopes = [area("kitchen"), area("hall"), only(device(LIGHT).id), ALL]
    views = [feed.view(scope) for scope in scopes]
    live: list[list[Any]] = [[] for _ in views]

    def take(batch: Batch) -> None:
        for view, changes in zip(views, live, strict=True):
            changes.extend(view.visible(batch))

    feed.subscribe(take)
    start = feed.position
    for room, entity_id in (("Kitchen", LIGHT), ("Kitchen", FAN), ("Hall", LIGHT), ("Kitchen", LIGHT), ("Hall", FAN)):
        move(entity_id, room)
        toggle(hass, LIGHT)
        toggle(hass, FAN)
        await hass.async_block_till_done()
        toggle(hass, LIGHT)
        toggle(hass, FAN)
        await hass.async_block_till_done()
    changes = feed.since(start["epoch"], start["seq"])
    assert changes is not None
    for view, seen in zip(views, live, strict=True):
        again = resumed(tuple(changes), view)
        assert [part.payload() for part in again] == [part.payload() for part in seen]
        assert seen


async def test_all_of_a_batch_is_the_batch_itself(hass: HomeAssistant, feed: Feed, batches: list[Batch]) -> None:
    """So those who see the same share what is made of it."""
    everything = feed.view(ALL)
    all_by_name = feed.view(only(*(each.id for each in feed.devices(everything))))
    all_but_one = feed.view(only(*(each.id for each in feed.devices(everything)[1:])))
    for entity_id in hass.states.async_entity_ids(("light", "fan")):
        toggle(hass, entity_id)
    await hass.async_block_till_done()
    [batch] = batches
    assert len(batch) > 2
    assert everything.visible(batch) is batch
    assert all_by_name.visible(batch) is batch
    part = all_but_one.visible(batch)
    assert len(part) == len(batch) - 1
    assert all_but_one.visible(batch) is part


async def test_the_part_of_a_devices_change(device: Callable[[str], Device]) -> None:
    lamp, fan = device(LIGHT), device(FAN)
    renamed = replace(lamp, name="Old")
    change = DevicesChange(1, (Difference(lamp, renamed), Difference(fan, None)))
    assert change.visible(only(lamp.id, fan.id)) is change
    part = change.visible(only(lamp.id))
    assert part is not None
    assert (part.seq, part.added, part.changed, part.removed) == (1, [], [renamed], [])
    assert change.visible(only("another")) is None


async def test_an_event_is_seen_with_its_device(
    hass: HomeAssistant, feed: Feed, batches: list[Batch], device: Callable[[str], Device]
) -> None:
    """Also one of a device that is gone at the end of the turn; one of the home as a whole, by the whole home."""
    lamp, fan = device(LIGHT), device(FAN)
    at = dt_util.utcnow()
    for about in (lamp, fan, None):
        feed.publish(EventChange(0, about, "ring", at, at))
    await hass.async_block_till_done()
    [batch] = batches
    mine = feed.view(only(lamp.id)).visible(batch)
    assert [change.device for change in mine if isinstance(change, EventChange)] == [lamp]
    assert feed.view(ALL).visible(batch) is batch


async def test_a_state_change_needs_a_member(feed: Feed, device: Callable[[str], Device]) -> None:
    lamp, fan = device(LIGHT), device(FAN)
    view = feed.view(only(lamp.id))
    of_lamp, of_fan = StateChange(1, lamp, {}), StateChange(2, fan, {})
    assert view.visible((of_lamp, of_fan)) == (of_lamp,)
