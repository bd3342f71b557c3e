"""A service call is never cut off: only the wait for it ends. What comes later is a state, or a line in the log."""
# ruff: noqa: ARG002, FBT001 - signatures are Home Assistant's

import asyncio
from typing import Any

from homeassistant.components.update import UpdateEntity, UpdateEntityFeature
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from .conftest import House
from .entities import Lamp

WAITING = [{"wait_for_trigger": [{"trigger": "event", "event_type": "go"}]}]


@pytest.fixture(autouse=True)
def short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a service call no longer than a test needs."""
    monkeypatch.setattr("custom_components.interphone.devices.commands.COMMAND_TIMEOUT", 0.05)


class Firmware(UpdateEntity):
    """A firmware whose installation ends when the test says so."""

    _attr_name = "Firmware"
    _attr_installed_version = "1.0"
    _attr_latest_version = "1.1"
    _attr_supported_features = UpdateEntityFeature.INSTALL

    def __init__(self) -> None:
        self.begun, self.go, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.fault: Exception | None = None

    async def async_install(self, version: str | None, backup: bool, **_: Any) -> None:
        self.begun.set()
        try:
            await self.go.wait()
            if self.fault:
                raise self.fault
            self._attr_installed_version = "1.1"
            self.async_write_ha_state()
        finally:
            self.ended.set()


async def timed_out(house: House, name: str, command: str) -> None:
    status, body = await house.send(name, command)
    assert (status, body["error"]) == (504, "timeout"), body


async def test_an_automation_with_a_delay_runs_to_its_end(house: House) -> None:
    """home-assistant/core#98166, #101751."""
    await house.permit_doors_and_alarms()
    automation = {
        "id": "a",
        "alias": "Stairs",
        "triggers": [{"trigger": "event", "event_type": "never"}],
        "actions": [{"event": "light_on"}, *WAITING, {"event": "light_off"}],
    }
    await house.set_up(automation=[automation])
    on, off = (async_capture_events(house.hass, name) for name in ("light_on", "light_off"))
    await timed_out(house, "Stairs", "activate.run")
    assert (len(on), len(off)) == (1, 0)
    house.hass.bus.async_fire("go")
    await house.hass.async_block_till_done(wait_background_tasks=True)
    assert len(off) == 1


async def test_the_relay_of_a_timed_cover_falls_again(house: House) -> None:
    """home-assistant/core#24569."""
    await house.permit_doors_and_alarms()
    relay = {"target": {"entity_id": "input_boolean.relay"}}
    shutter = {
        "name": "Shutter",
        "optimistic": True,
        "open_cover": [
            {"action": "input_boolean.turn_on", **relay},
            *WAITING,
            {"action": "input_boolean.turn_off", **relay},
        ],
        "close_cover": [],
    }
    await house.set_up(input_boolean={"relay": {"name": "Relay"}}, template=[{"cover": [shutter]}])
    await timed_out(house, "Shutter", "open_close.open")
    assert house.hass.states.is_state("input_boolean.relay", "on")
    house.hass.bus.async_fire("go")
    await house.hass.async_block_till_done(wait_background_tasks=True)
    assert house.hass.states.is_state("input_boolean.relay", "off")


async def test_a_late_success_is_a_change_of_state(house: House) -> None:
    firmware = Firmware()
    await house.add("update", firmware)
    await timed_out(house, "Firmware", "update.install")
    since = await house.position()
    firmware.go.set()
    await firmware.ended.wait()
    versions = [change["payload"]["state"]["update"].get("installed_version") for change in await house.changes(since)]
    assert versions[-1] == "1.1"


async def test_a_late_failure_is_logged_without_its_message(house: House, caplog: pytest.LogCaptureFixture) -> None:
    firmware = Firmware()
    firmware.fault = HomeAssistantError("the bridge says 4711")
    await house.add("update", firmware)
    await timed_out(house, "Firmware", "update.install")
    caplog.clear()
    firmware.go.set()
    await firmware.ended.wait()
    await house.hass.async_block_till_done(wait_background_tasks=True)
    [line] = [record.getMessage() for record in caplog.records]
    assert line == "update.install on update.firmware failed after it was no longer waited for: HomeAssistantError"


async def test_the_next_command_of_a_batch_runs_when_the_wait_is_over(house: House) -> None:
    firmware, lamp = Firmware(), Lamp()
    await house.add("update", firmware)
    await house.add("light", lamp)
    envelopes = [
        {"id": "1", "device": (await house.see("Firmware"))["id"], "command": "update.install"},
        {"id": "2", "device": (await house.see("Lamp"))["id"], "command": "on_off.set", "params": {"on": False}},
    ]
    _, body = await house.home.request("POST", "/commands", json=envelopes, headers=house.tokens.headers)
    assert [result["status"] for result in body["results"]] == ["failed", "confirmed"]
    firmware.go.set()
    await firmware.ended.wait()


async def test_unloading_ends_the_wait_and_not_the_call(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.commands.COMMAND_TIMEOUT", 60)
    firmware = Firmware()
    await house.add("update", firmware)
    before = asyncio.all_tasks()
    sent = asyncio.create_task(house.send("Firmware", "update.install"))
    await firmware.begun.wait()
    assert await house.hass.config_entries.async_unload(house.home.entry.entry_id)
    assert (await sent)[1]["error"] == "timeout"
    ours = [task for task in asyncio.all_tasks() - before if "interphone" in task.get_name()]
    assert ours == []
    assert not firmware.ended.is_set()
    firmware.go.set()
    await firmware.ended.wait()
    assert house.hass.states.get("update.firmware").attributes["installed_version"] == "1.1"


async def test_a_service_that_cancels_itself_has_failed(hass: HomeAssistant, house: House) -> None:
    await house.add("light", Lamp())

    async def give_up(_call: ServiceCall) -> None:
        raise asyncio.CancelledError

    hass.services.async_register("light", "turn_off", give_up)
    status, body = await house.send("Lamp", "on_off.set", on=False)
    assert (status, body["error"]) == (502, "command_failed")
