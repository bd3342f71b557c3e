"""The feed numbers what changed, merges bursts, and lets a website resume without a gap."""

from collections.abc import Callable
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

from .conftest import ALL
from .wire import fits

LIGHT = "light.ceiling_lights"


@pytest.fixture
def platforms() -> list[str]:
    return ["light", "fan", "sensor", "lock"]


@pytest.fixture
def heard(feed: Feed) -> list[Change]:
    """What a subscriber hears from here on."""
    changes: list[Change] = []
    feed.subscribe(changes.extend)
    return changes


def set_light(hass: HomeAssistant, state: str, **attributes: Any) -> None:
    lamp = hass.states.get(LIGHT)
    assert lamp is not None
    hass.states.async_set(LIGHT, state, {**lamp.attributes, **attributes})


def payload(change: Change) -> dict[str, Any]:
    """The payload as a website gets it."""
    read: dict[str, Any] = json.loads(json_dumps(change.payload()))
    return read


async def test_only_what_changed_is_told(
    hass: HomeAssistant, feed: Feed, heard: list[Change], device: Callable[[str], Device]
) -> None:
    set_light(hass, "on", brightness=255)
    await hass.async_block_till_done()
    assert [change.event for change in heard] == ["state"]
    assert payload(heard[0]) == {
        "seq": 1,
        "id": device(LIGHT).id,
        "online": True,
        "state": {"brightness": {"percent": 100}},
    }
    assert feed.position == {"epoch": feed.epoch, "seq": 1}


async def test_noise_is_not_told(hass: HomeAssistant, heard: list[Change]) -> None:
    set_light(hass, "on", battery_voltage=2.9, xy_color=[0.1, 0.2])
    set_light(hass, "on", brightness=180.2)
    hass.states.async_set("sensor.not_shared", "1", {})
    hass.states.async_set("counter.visits", "1")
    await hass.async_block_till_done()
    assert [change.event for change in heard] == ["devices"]
    hass.states.async_set("counter.visits", "2")
    set_light(hass, "on", battery_voltage=2.8)
    await hass.async_block_till_done()
    assert len(heard) == 1


async def test_a_burst_in_one_turn_is_one_change(hass: HomeAssistant, heard: list[Change]) -> None:
    for brightness in range(0, 256, 5):
        set_light(hass, "on", brightness=brightness)
    hass.states.async_set("sensor.outside_humidity", "60", {"device_class": "humidity"})
    await hass.async_block_till_done()
    assert sorted(change.event for change in heard) == ["devices", "state"]

    # There and back again within a turn is nothing at all.
    set_light(hass, "off")
    set_light(hass, "on", brightness=255)
    await hass.async_block_till_done()
    assert len(heard) == 2


async def test_offline_and_back(hass: HomeAssistant, heard: list[Change]) -> None:
    before = hass.states.get(LIGHT)
    assert before is not None
    set_light(hass, "unavailable")
    await hass.async_block_till_done()
    hass.states.async_set(LIGHT, "on", before.attributes)
    await hass.async_block_till_done()
    offline, online = (payload(change) for change in heard)
    assert (offline["online"], online["online"]) == (False, True)
    assert offline["state"] == {
        "on_off": {"on": None},
        "brightness": {"percent": None},
        "color": {"mode": None, "kelvin": None},
    }
    assert online["state"]["on_off"] == {"on": True}


async def test_devices_added_changed_and_removed(
    hass: HomeAssistant, heard: list[Change], device: Callable[[str], Device]
) -> None:
    hass.states.async_set("light.new", "on", {"friendly_name": "New", "supported_color_modes": ["onoff"]})
    await hass.async_block_till_done()
    new = device("light.new")
    er.async_get(hass).async_update_entity(LIGHT, name="Old")
    await hass.async_block_till_done()
    hass.states.async_remove("light.new")
    await hass.async_block_till_done()
    added, changed, removed = (payload(change) for change in heard)
    assert [[item["name"] for item in added["added"]], added["changed"], added["removed"]] == [["New"], [], []]
    assert added["added"][0]["state"] == {"on_off": {"on": True}}
    assert [item["name"] for item in changed["changed"]] == ["Old"]
    assert removed["removed"] == [new.id]


async def test_a_scope_hears_of_its_devices_only(
    hass: HomeAssistant, heard: list[Change], catalog: Catalog, device: Callable[[str], Device]
) -> None:
    the_lamp = device(LIGHT)
    lamp, fan = the_lamp.id, device("fan.ceiling_fan").id
    set_light(hass, "off")
    catalog.set_exposure(Exposure(frozenset({"sensor"})))
    await hass.async_block_till_done()
    [devices] = heard
    assert isinstance(devices, DevicesChange)
    mine = devices.visible(Scope(frozenset({lamp})))
    assert mine is not None
    assert mine.removed == [lamp]
    assert devices.visible(Scope(frozenset({"another"}))) is None
    assert devices.visible(ALL) is devices

    change = StateChange(1, the_lamp, state={})
    assert change.visible(Scope(frozenset({lamp}))) is change
    assert change.visible(Scope(frozenset({fan}))) is None


async def test_a_change_of_scope(feed: Feed, device: Callable[[str], Device]) -> None:
    lamp, fan, lock = (device(entity_id) for entity_id in (LIGHT, "fan.ceiling_fan", "lock.front_door"))
    change = feed.rescope(Scope(frozenset({lamp.id, fan.id})), Scope(frozenset({lamp.id, lock.id})))
    assert change is not None
    assert change.added == [lock]
    assert change.removed == [fan.id]
    assert change.seq == feed.seq
    assert feed.rescope(Scope(frozenset({lamp.id})), Scope(frozenset({lamp.id, "gone"}))) is None


async def test_a_position_comes_with_all_that_happened(hass: HomeAssistant, feed: Feed, heard: list[Change]) -> None:
    set_light(hass, "off")
    assert feed.position["seq"] == 1
    devices = feed.devices(feed.view(ALL))
    [lamp] = [device for device in devices if device.entity_id == LIGHT]
    assert lamp.state["on_off"] == {"on": False}
    # Back within the same turn: without the number above, nobody would hear of it.
    set_light(hass, "on", brightness=180)
    await hass.async_block_till_done()
    assert payload(heard[1])["state"]["on_off"] == {"on": True}


async def test_since(hass: HomeAssistant, feed: Feed, heard: list[Change]) -> None:
    for number in range(5):
        hass.states.async_set("sensor.counter", str(number), {"state_class": "total"})
        await hass.async_block_till_done()
    assert feed.since(feed.epoch, 5) == []
    assert feed.since(feed.epoch, 3) == heard[3:]
    assert feed.since(feed.epoch, 0) == heard
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


async def test_a_subscriber_hears_of_nothing_before_it(hass: HomeAssistant, feed: Feed) -> None:
    set_light(hass, "off")
    heard: list[Change] = []
    unsubscribe = feed.subscribe(heard.extend)
    await hass.async_block_till_done()
    assert not heard
    set_light(hass, "on")
    await hass.async_block_till_done()
    unsubscribe()
    set_light(hass, "off")
    await hass.async_block_till_done()
    assert len(heard) == 1


async def test_after_stop_nobody_hears_anything(hass: HomeAssistant, feed: Feed, heard: list[Change]) -> None:
    set_light(hass, "off")
    feed.stop()
    await hass.async_block_till_done()
    set_light(hass, "on")
    await hass.async_block_till_done()
    assert not heard


async def test_a_moment_is_announced_with_its_end(
    hass: HomeAssistant, feed: Feed, heard: list[Change], device: Callable[[str], Device]
) -> None:
    lamp = device(LIGHT)
    at = dt_util.utcnow()
    feed.publish(EventChange(0, lamp, "ring", at, at + timedelta(seconds=EVENT_LIFETIME)))
    await hass.async_block_till_done()
    told = payload(heard[0])
    assert heard[0].event == "event"
    assert (told["id"], told["type"], told["at"]) == (lamp.id, "ring", at.isoformat())
    expires_at = dt_util.parse_datetime(told["expires_at"])
    assert expires_at is not None
    assert (expires_at - at).total_seconds() == 30


async def test_a_button_that_is_pressed_tells_a_moment(
    hass: HomeAssistant, feed: Feed, heard: list[Change], catalog: Catalog
) -> None:
    button = {"event_types": ["short", "long"], "device_class": "button"}
    hass.states.async_set("event.remote", "unknown", {**button, "event_type": None})
    await hass.async_block_till_done()
    heard.clear()
    pressed = "2026-10-10T08:00:00.000+00:00"
    hass.states.async_set("event.remote", pressed, {**button, "event_type": "long"})
    await hass.async_block_till_done()
    [remote] = [device for device in catalog.devices(ALL) if device.entity_id == "event.remote"]
    state, moment = (payload(change) for change in heard)
    assert state["state"] == {"event": {"type": "long", "at": "2026-10-10T08:00:00+00:00"}}
    fits("event", moment)
    assert (
        moment.items()
        >= {
            "seq": feed.seq,
            "id": remote.id,
            "type": "long",
            "at": "2026-10-10T08:00:00+00:00",
            "expires_at": "2026-10-10T08:00:30+00:00",
        }.items()
    )

    # One that was away and tells its last moment again tells nothing new.
    heard.clear()
    hass.states.async_set("event.remote", "unavailable", button)
    await hass.async_block_till_done()
    hass.states.async_set("event.remote", pressed, {**button, "event_type": "long"})
    await hass.async_block_till_done()
    assert [change.event for change in heard] == ["state", "state"]

    # Two within a turn are two moments.
    heard.clear()
    for second in ("01", "02"):
        at = f"2026-10-10T08:00:{second}.000+00:00"
        hass.states.async_set("event.remote", at, {**button, "event_type": "short"})
    await hass.async_block_till_done()
    assert [change.event for change in heard] == ["state", "event", "event"]


async def test_a_moment_at_the_end_of_the_calendar(hass: HomeAssistant, heard: list[Change]) -> None:
    for at in ("2026-10-10T08:00:00+00:00", "9999-12-31T23:59:45+00:00"):
        hass.states.async_set("event.clock", at, {"event_types": ["tick"], "event_type": "tick"})
        await hass.async_block_till_done()
    [moment] = [payload(change) for change in heard if change.event == "event"]
    fits("event", moment)
    assert (moment["at"], moment["expires_at"][:10]) == ("9999-12-31T23:59:45+00:00", "9999-12-31")


class Website:
    """What a website does with snapshots and changes, over a line that breaks."""

    def __init__(self, feed: Feed, scope: Scope) -> None:
        self.feed = feed
        self.scope = scope
        self.devices: dict[str, Any] = {}
        self.position: dict[str, Any] = {"epoch": "", "seq": 0}
        self.snapshots = 0
        self.hang_up: Callable[[], None] | None = None
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
        self.hang_up = self.feed.subscribe(self.take_batch)

    def disconnect(self) -> None:
        if self.hang_up is not None:
            self.hang_up()
            self.hang_up = None

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
        told = payload(seen)
        if seen.event == "devices":
            assert not self.devices.keys() & {device["id"] for device in told["added"]}
            assert self.devices.keys() >= {*told["removed"], *(device["id"] for device in told["changed"])}
            self.devices |= {device["id"]: device for device in told["added"] + told["changed"]}
            for device_id in told["removed"]:
                del self.devices[device_id]
        elif seen.event == "state":
            device = self.devices[told["id"]]
            device["online"] = told["online"]
            for trait, values in told["state"].items():
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


@pytest.mark.parametrize("seed", range(8))
async def test_nothing_is_lost_or_doubled_however_often_the_line_breaks(
    hass: HomeAssistant, feed: Feed, catalog: Catalog, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311  # a test's dice, thrown the same way each time
    turmoil = Turmoil(hass, catalog, rng)
    some = frozenset(device.id for device in rng.sample(catalog.devices(ALL), 8))
    websites = [Website(feed, ALL), Website(feed, ALL), Website(feed, Scope(some))]
    for _ in range(500):
        turmoil.happen()
        website = rng.choice(websites)
        if rng.random() < 0.2:
            website.disconnect()
        elif website.hang_up is None and rng.random() < 0.2:
            website.connect()
        if rng.random() < 0.3:
            await hass.async_block_till_done()
    for website in websites:
        if website.hang_up is None:
            website.connect()
    await hass.async_block_till_done()
    for website in websites:
        now = {device.id: json.loads(json_dumps(device.as_dict())) for device in catalog.devices(website.scope)}
        assert website.devices == now
        assert website.snapshots == 1
        assert website.position == feed.position
