"""Events of devices that sleep: the one that wakes a device is an event, one that it repeats is none."""

from datetime import datetime, timedelta

from homeassistant.util import dt as dt_util
import pytest

from .conftest import House

BELL = {"friendly_name": "Bell", "device_class": "doorbell", "event_types": ["ring"]}
RING = {**BELL, "event_type": "ring"}


def report(house: House, at: datetime) -> None:
    house.hass.states.async_set("event.bell", at.isoformat(timespec="milliseconds"), RING)


async def rings_since(house: House, since: str) -> list[str]:
    return [change["payload"]["type"] for change in await house.changes(since) if change["event"] == "event"]


async def asleep(house: House, state: str = "unavailable") -> str:
    """Let the bell sleep; return the position after that."""
    house.hass.states.async_set("event.bell", state, BELL)
    await house.hass.async_block_till_done()
    return await house.position()


async def test_the_ring_that_wakes_a_bell(house: House) -> None:
    """nplan/HomeButtons#10, briis/unifiprotect#218."""
    report(house, dt_util.utcnow() - timedelta(hours=1))
    since = await asleep(house)
    report(house, dt_util.utcnow())
    assert await rings_since(house, since) == ["ring"]


async def test_the_first_ring_of_a_bell_that_was_never_heard(house: House) -> None:
    since = await asleep(house)
    report(house, dt_util.utcnow())
    assert await rings_since(house, since) == ["ring"]


@pytest.mark.parametrize("ago", [timedelta(minutes=5), timedelta(days=1)])
async def test_an_old_ring_of_a_bell_that_comes_back(house: House, ago: timedelta) -> None:
    report(house, dt_util.utcnow() - timedelta(days=2))
    since = await asleep(house)
    report(house, dt_util.utcnow() - ago)
    assert await rings_since(house, since) == []


async def test_a_ring_that_is_repeated_after_a_bell_comes_back(house: House) -> None:
    since = await asleep(house, "unknown")
    now = dt_util.utcnow()
    report(house, now)
    await house.hass.async_block_till_done()
    await asleep(house)
    report(house, now)
    assert await rings_since(house, since) == ["ring"]


async def test_a_ring_that_was_known_before_a_reload_is_not_repeated(house: House) -> None:
    now = dt_util.utcnow()
    report(house, now)
    await asleep(house)
    assert await house.hass.config_entries.async_reload(house.home.entry.entry_id)
    since = await house.position()
    report(house, now)
    assert await rings_since(house, since) == []
