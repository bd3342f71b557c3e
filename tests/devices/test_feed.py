"""The feed numbers what changed, merges bursts, and lets a website resume without a gap."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
import json
import random
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_dumps
from homeassistant.util import dt as dt_util
import pytest

from custom_components.interphone.access.models import Scope
from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.changes import Batch, Change, DevicesChange, EventChange, StateChange
from custom_components.interphone.devices.exposure import SHAREABLE_DOMAINS, Exposure
from custom_components.interphone.devices.feed import EVENT_LIFETIME, FEED_LENGTH, Feed
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.views import View

from .conftest import ALL, only
from .wire import fits

LIGHT = "light.ceiling_lights"


@pytest.fixture
def platforms() -> list[str]:
    return ["light", "fan", "sensor", "lock"]


@pytest.fixture
def changes(feed: Feed) -> list[Change]:
    """What a subscriber receives from here on."""
    received: list[Change] = []
    feed.subscribe(received.extend)
    return received


def set_light(hass: HomeAssistant, state: str, **attributes: Any) -> None:
    lamp = hass.states.get(LIGHT)
    assert lamp is not None
    hass.states.async_set(LIGHT, state, {**lamp.attributes, **attributes})


def payload(change: Change) -> dict[str, Any]:
    """The payload as a website gets it."""
    read: dict[str, Any] = json.loads(json_dumps(change.payload()))
    return read


async def test_only_what_changed_is_published(
    hass: HomeAssistant, feed: Feed, changes: list[Change], device: Callable[[str], Device]
) -> None:
    set_light(hass, "on", brightness=255)
    await hass.async_block_till_done()
    assert [change.event for change in changes] == ["state"]
    assert payload(changes[0]) == {
        "seq": 1,
        "id": device(LIGHT).id,
        "online": True,
        "state": {"brightness": {"percent": 100}},
    }
    assert feed.position == {"epoch": feed.epoch, "seq": 1}


async def test_noise_is_not_published(hass: HomeAssistant, changes: list[Change]) -> None:
    set_light(hass, "on", battery_voltage=2.9, xy_color=[0.1, 0.2])
    set_light(hass, "on", brightness=180.2)
    hass.states.async_set("sensor.not_shared", "1", {})
    hass.states.async_set("counter.visits", "1")
    await hass.async_block_till_done()
    assert [change.event for change in changes] == ["devices"]
    hass.states.async_set("counter.visits", "2")
    set_light(hass, "on", battery_voltage=2.8)
    await hass.async_block_till_done()
    assert len(changes) == 1


async def test_a_burst_in_one_turn_is_one_change(hass: HomeAssistant, changes: list[Change]) -> None:
    for brightness in range(0, 256, 5):
        set_light(hass, "on", brightness=brightness)
    hass.states.async_set("sensor.outside_humidity", "60", {"device_class": "humidity"})
    await hass.async_block_till_done()
    assert sorted(change.event for change in changes) == ["devices", "state"]

    # There and back again within a turn is nothing at all.
    set_light(hass, "off")
    set_light(hass, "on", brightness=255)
    await hass.async_block_till_done()
    assert len(changes) == 2


async def test_offline_and_back(hass: HomeAssistant, changes: list[Change]) -> None:
    before = hass.states.get(LIGHT)
    assert before is not None
    set_light(hass, "unavailable")
    await hass.async_block_till_done()
    hass.states.async_set(LIGHT, "on", before.attributes)
    await hass.async_block_till_done()
    offline, online = (payload(change) for change in changes)
    assert (offline["online"], online["online"]) == (False, True)
    assert offline["state"] == {
        "on_off": {"on": None},
        "brightness": {"percent": None},
        "color": {"mode": None, "kelvin": None},
    }
    assert online["state"]["on_off"] == {"on": True}


async def test_devices_added_changed_and_removed(
    hass: HomeAssistant, changes: list[Change], device: Callable[[str], Device]
) -> None:
    hass.states.async_set("light.new", "on", {"friendly_name": "New", "supported_color_modes": ["onoff"]})
    await hass.async_block_till_done()
    new = device("light.new")
    er.async_get(hass).async_update_entity(LIGHT, name="Old")
    await hass.async_block_till_done()
    hass.states.async_remove("light.new")
    await hass.async_block_till_done()
    added, changed, removed = (payload(change) for change in changes)
    assert [[item["name"] for item in added["added"]], added["changed"], added["removed"]] == [["New"], [], []]
    assert added["added"][0]["state"] == {"on_off": {"on": True}}
    assert [item["name"] for item in changed["changed"]] == ["Old"]
    assert removed["removed"] == [new.id]


async def test_a_scope_sees_its_devices_only(
    hass: HomeAssistant, changes: list[Change], catalog: Catalog, device: Callable[[str], Device]
) -> None:
    the_lamp = device(LIGHT)
    lamp, fan = the_lamp.id, device("fan.ceiling_fan").id
    set_light(hass, "off")
    catalog.set_exposure(Exposure(frozenset({"sensor"})))
    await hass.async_block_till_done()
    [devices] = changes
    assert isinstance(devices, DevicesChange)
    mine = devices.visible(only(lamp))
    assert mine is not None
    assert mine.removed == [lamp]
    assert devices.visible(only("another")) is None
    assert devices.visible(ALL) is devices

    change = StateChange(1, the_lamp, state={})
    assert change.visible(only(lamp)) is change
    assert change.visible(only(fan)) is None


async def test_a_change_of_scope(feed: Feed, device: Callable[[str], Device]) -> None:
    lamp, fan, lock = (device(entity_id) for entity_id in (LIGHT, "fan.ceiling_fan", "lock.front_door"))
    change = feed.rescope(only(lamp.id, fan.id), only(lamp.id, lock.id))
    assert change is not None
    assert change.added == [replace(lock, commands=())]  # no doors and alarms
    assert change.removed == [fan.id]
    assert change.seq == feed.seq
    assert feed.rescope(only(lamp.id), only(lamp.id, "gone")) is None


async def test_a_position_comes_with_all_that_happened(hass: HomeAssistant, feed: Feed, changes: list[Change]) -> None:
    set_light(hass, "off")
    assert feed.position["seq"] == 1
    devices = feed.devices(feed.view(ALL))
    [lamp] = [device for device in devices if device.entity_id == LIGHT]
    assert lamp.state["on_off"] == {"on": False}
    # Back within the same turn: without the number above, it would be lost.
    set_light(hass, "on", brightness=180)
    await hass.async_block_till_done()
    assert payload(changes[1])["state"]["on_off"] == {"on": True}


async def test_since(hass: HomeAssistant, feed: Feed, changes: list[Change]) -> None:
    for number in range(5):
        hass.states.async_set("sensor.counter", str(number), {"state_class": "total"})
        await hass.async_block_till_done()
    assert feed.since(feed.epoch, 5) == []
    assert feed.since(feed.epoch, 3) == changes[3:]
    assert feed.since(feed.epoch, 0) == changes
    assert feed.since(feed.epoch, 6) is None
    assert feed.since(feed.epoch, -1) is None
    assert feed.since("another", 5) is None


async def test_since_before_the_log(hass: HomeAssistant, feed: Feed) -> None:
    hass.states.async_set("sensor.counter", "0", {"state_class": "total"})
    await hass.async_block_till_done()
    for number in range(1, FEED_LENGTH + 2):
        hass.states.async_set("sensor.counter", str(number), {"state_class": "total"})
        assert feed.seq == number + 1
    last = feed.seq
    assert feed.since(feed.epoch, last - FEED_LENGTH - 1) is None
    kept = feed.since(feed.epoch, last - FEED_LENGTH)
    assert kept is not None
    assert len(kept) == FEED_LENGTH


async def test_every_start_is_another_epoch(hass: HomeAssistant, catalog: Catalog) -> None:
    assert Feed(hass, catalog).epoch != Feed(hass, catalog).epoch


async def test_a_subscriber_receives_nothing_from_before(hass: HomeAssistant, feed: Feed) -> None:
    set_light(hass, "off")
    changes: list[Change] = []
    unsubscribe = feed.subscribe(changes.extend)
    await hass.async_block_till_done()
    assert not changes
    set_light(hass, "on")
    await hass.async_block_till_done()
    unsubscribe()
    set_light(hass, "off")
    await hass.async_block_till_done()
    assert len(changes) == 1


async def test_nothing_is_published_after_stop(hass: HomeAssistant, feed: Feed, changes: list[Change]) -> None:
    set_light(hass, "off")
    feed.stop()
    await hass.async_block_till_done()
    set_light(hass, "on")
    await hass.async_block_till_done()
    assert not changes


async def test_an_event_is_published_with_its_end(
    hass: HomeAssistant, feed: Feed, changes: list[Change], device: Callable[[str], Device]
) -> None:
    lamp = device(LIGHT)
    at = dt_util.utcnow()
    feed.publish(EventChange(0, lamp, "ring", at, at + timedelta(seconds=EVENT_LIFETIME)))
    await hass.async_block_till_done()
    read = payload(changes[0])
    assert changes[0].event == "event"
    assert (read["id"], read["type"], read["at"]) == (lamp.id, "ring", at.isoformat())
    expires_at = dt_util.parse_datetime(read["expires_at"])
    assert expires_at is not None
    assert (expires_at - at).total_seconds() == 30


async def test_a_pressed_button_is_an_event(
    hass: HomeAssistant, feed: Feed, changes: list[Change], catalog: Catalog
) -> None:
    button = {"event_types": ["short", "long"], "device_class": "button"}
    hass.states.async_set("event.remote", "unknown", {**button, "event_type": None})
    await hass.async_block_till_done()
    changes.clear()
    pressed = "2026-10-10T08:00:00.000+00:00"
    hass.states.async_set("event.remote", pressed, {**button, "event_type": "long"})
    await hass.async_block_till_done()
    [remote] = [device for device in catalog.devices(ALL) if device.entity_id == "event.remote"]
    state, event = (payload(change) for change in changes)
    assert state["state"] == {"event": {"type": "long", "at": "2026-10-10T08:00:00+00:00"}}
    fits("event", event)
    assert (
        event.items()
        >= {
            "seq": feed.seq,
            "id": remote.id,
            "type": "long",
            "at": "2026-10-10T08:00:00+00:00",
            "expires_at": "2026-10-10T08:00:30+00:00",
        }.items()
    )

    # A device that comes back and repeats its last event reports nothing new.
    changes.clear()
    hass.states.async_set("event.remote", "unavailable", button)
    await hass.async_block_till_done()
    hass.states.async_set("event.remote", pressed, {**button, "event_type": "long"})
    await hass.async_block_till_done()
    assert [change.event for change in changes] == ["state", "state"]

    # Two within a turn are two events.
    changes.clear()
    for second in ("01", "02"):
        at = f"2026-10-10T08:00:{second}.000+00:00"
        hass.states.async_set("event.remote", at, {**button, "event_type": "short"})
    await hass.async_block_till_done()
    assert [change.event for change in changes] == ["state", "event", "event"]


async def test_an_event_at_the_end_of_the_calendar(hass: HomeAssistant, changes: list[Change]) -> None:
    for at in ("2026-10-10T08:00:00+00:00", "9999-12-31T23:59:45+00:00"):
        hass.states.async_set("event.clock", at, {"event_types": ["tick"], "event_type": "tick"})
        await hass.async_block_till_done()
    [event] = [payload(change) for change in changes if change.event == "event"]
    fits("event", event)
    assert (event["at"], event["expires_at"][:10]) == ("9999-12-31T23:59:45+00:00", "9999-12-31")


class Website:
    """What a website does with snapshots and changes, over a line that breaks."""

    def __init__(self, feed: Feed, scope: Scope) -> None:
        self.feed = feed
        self.scope = scope
        self.devices: dict[str, Any] = {}
        self.position: dict[str, Any] = {"epoch": "", "seq": 0}
        self.snapshots = 0
        self.unsubscribe: Callable[[], None] | None = None
        self.view: View | None = None

    def connect(self) -> None:
        changes = self.feed.since(self.position["epoch"], self.position["seq"])
        if changes is None:
            self.position = dict(self.feed.position)
            devices = self.feed.devices(self.feed.view(self.scope))
            self.devices = {device.id: json.loads(json_dumps(device.as_dict())) for device in devices}
            self.snapshots += 1
        for change in changes or ():
            self.take(change)
        self.view = self.feed.view(self.scope)
        self.unsubscribe = self.feed.subscribe(self.take_batch)

    def disconnect(self) -> None:
        if self.unsubscribe is not None:
            self.unsubscribe()
            self.unsubscribe = None

    def take_batch(self, batch: Batch) -> None:
        """What the view makes of a batch is what the scope sees of each change."""
        assert self.view is not None
        seen = [visible.payload() for change in batch if (visible := change.visible(self.scope))]
        assert [change.payload() for change in self.view.visible(batch)] == seen
        for change in batch:
            self.take(change)

    def take(self, change: Change) -> None:
        fits(change.event, change.payload())
        assert change.seq == self.position["seq"] + 1
        self.position["seq"] = change.seq
        seen = change.visible(self.scope)
        if seen is None:
            return
        read = payload(seen)
        if seen.event == "devices":
            assert not self.devices.keys() & {device["id"] for device in read["added"]}
            assert self.devices.keys() >= {*read["removed"], *(device["id"] for device in read["changed"])}
            self.devices |= {device["id"]: device for device in read["added"] + read["changed"]}
            for device_id in read["removed"]:
                del self.devices[device_id]
        elif seen.event == "state":
            device = self.devices[read["id"]]
            device["online"] = read["online"]
            for trait, values in read["state"].items():
                assert values
                device["state"][trait] |= values


class Turmoil:
    """Things that happen in a home, drawn at random."""

    def __init__(self, hass: HomeAssistant, catalog: Catalog, rng: random.Random) -> None:
        self.hass = hass
        self.catalog = catalog
        self.rng = rng
        self.lights = hass.states.async_entity_ids("light")

    def happen(self) -> None:
        acts = [self.light] * 8 + [self.come_and_go] * 2 + [self.rename, self.expose]
        self.rng.choice(acts)()

    def light(self) -> None:
        entity_id = self.rng.choice(self.lights)
        state = self.hass.states.get(entity_id)
        if state is not None:
            value = self.rng.choice(["on", "off", "unavailable", "unknown"])
            self.hass.states.async_set(entity_id, value, {**state.attributes, "brightness": self.rng.randrange(256)})

    def come_and_go(self) -> None:
        if self.hass.states.get("sensor.wanderer"):
            self.hass.states.async_remove("sensor.wanderer")
        else:
            self.hass.states.async_set("sensor.wanderer", str(self.rng.random()), {"state_class": "total"})

    def rename(self) -> None:
        er.async_get(self.hass).async_update_entity(LIGHT, name=f"Lamp {self.rng.randrange(1000)}")

    def expose(self) -> None:
        exposures = [
            Exposure(SHAREABLE_DOMAINS),
            Exposure(frozenset({"light", "fan"}), frozenset({"lock.front_door"})),
            Exposure(frozenset({"sensor", "light"})),
        ]
        self.catalog.set_exposure(self.rng.choice(exposures))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
async def test_nothing_is_lost_or_doubled_however_often_the_line_breaks(
    hass: HomeAssistant, feed: Feed, catalog: Catalog, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311  # a test's dice, thrown the same way each time
    turmoil = Turmoil(hass, catalog, rng)
    some = frozenset(device.id for device in rng.sample(catalog.devices(ALL), 8))
    websites = [Website(feed, ALL), Website(feed, ALL), Website(feed, only(*some))]
    for _ in range(500):
        turmoil.happen()
        website = rng.choice(websites)
        if rng.random() < 0.2:
            website.disconnect()
        elif website.unsubscribe is None and rng.random() < 0.2:
            website.connect()
        if rng.random() < 0.3:
            await hass.async_block_till_done()
    for website in websites:
        if website.unsubscribe is None:
            website.connect()
    await hass.async_block_till_done()
    for website in websites:
        now = {
            device.id: json.loads(json_dumps(seen.as_dict()))
            for device in catalog.devices()
            if (seen := device.seen_by(website.scope))
        }
        assert website.devices == now
        assert website.snapshots == 1
        assert website.position == feed.position
