"""Saving on a slow disk: the last state is what stays, whatever is cancelled, closed or ended meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
import json
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.interphone.access.store import SAVE_RETRY_DELAY, PrivateStore
from custom_components.interphone.errors import NotReadyError, StorageError

from ..disk import SlowDisk, broken


class Counted:
    """A store of one number."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.number = 0
        self.store = PrivateStore(hass, "interphone.test")
        self.store.bind("counted", lambda: {"number": self.number})

    async def save(self, number: int) -> None:
        self.number = number
        await self.store.save()

    def later(self, number: int, delay: float) -> None:
        self.number = number
        self.store.save_later(delay)

    async def pass_time(self, seconds: float) -> None:
        async_fire_time_changed(self.hass, dt_util.utcnow() + timedelta(seconds=seconds))
        await self.hass.async_block_till_done()

    def written(self) -> Any:
        """Return the number on the disk, None when there is none."""
        try:
            return json.loads(self.store.path.read_text())["data"]["counted"]["number"]
        except FileNotFoundError:
            return None


@pytest.fixture
async def counted(hass: HomeAssistant) -> AsyncGenerator[Counted]:
    counted = Counted(hass)
    yield counted
    await counted.store.close()


async def test_the_last_of_many_saves_stays(counted: Counted) -> None:
    await asyncio.gather(*(counted.save(number) for number in range(50)))
    assert counted.written() == 49


async def test_a_cancelled_save_overtakes_none(counted: Counted, disk: SlowDisk) -> None:
    """The write of a request that was given up goes on; a later one waits for it."""
    disk.slow_down()
    given_up = asyncio.create_task(counted.save(1))
    await disk.writing.wait()
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    later = asyncio.create_task(counted.save(2))
    await asyncio.wait([later], timeout=0.05)  # as long as a write that waits for none would take, and more
    assert counted.written() is None
    disk.go_on.set()
    await counted.hass.async_block_till_done()
    await later
    assert counted.written() == 2


async def test_a_failed_save_is_told_and_leaves_the_file(counted: Counted) -> None:
    await counted.save(1)
    with broken(counted.hass), pytest.raises(StorageError):
        await counted.save(2)
    assert counted.written() == 1
    assert [path.name for path in counted.store.path.parent.iterdir()] == [counted.store.path.name]


async def test_closing_waits_for_the_save_under_way_and_is_the_end(counted: Counted, disk: SlowDisk) -> None:
    """After a reload the file has another owner: what is late here must not overwrite what is newer there."""
    disk.slow_down()
    saving = asyncio.create_task(counted.save(1))
    await disk.writing.wait()
    closing = asyncio.create_task(counted.store.close())
    await asyncio.sleep(0)
    assert not closing.done()
    disk.go_on.set()
    await asyncio.gather(saving, closing)
    with pytest.raises(NotReadyError):
        await counted.save(2)
    counted.later(3, 0)
    await counted.pass_time(1)
    assert counted.written() == 1


async def test_what_waits_is_written_when_it_closes(counted: Counted) -> None:
    counted.later(1, 300)
    await counted.store.close()
    assert counted.written() == 1


async def test_what_waits_is_written_when_home_assistant_ends(counted: Counted) -> None:
    counted.later(1, 300)
    counted.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await counted.hass.async_block_till_done()
    assert counted.written() == 1


async def test_the_sooner_of_two_delays_counts(counted: Counted) -> None:
    counted.later(1, 300)
    counted.later(2, 10)
    counted.later(3, 300)
    await counted.pass_time(11)
    assert counted.written() == 3


async def test_what_could_not_be_written_later_is_tried_again(counted: Counted) -> None:
    await counted.save(0)
    counted.later(1, 10)
    with broken(counted.hass):
        await counted.pass_time(11)
    assert counted.written() == 0
    await counted.pass_time(11 + SAVE_RETRY_DELAY)
    assert counted.written() == 1
