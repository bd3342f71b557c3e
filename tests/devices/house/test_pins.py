"""PINs: asked for where one is needed, checked before anything is called, and distinguished from a broken device."""

from typing import Any

from homeassistant.components.alarm_control_panel import CodeFormat
from homeassistant.helpers import entity_registry as er
import pytest

from .conftest import House
from .entities import Alarm, CodeLock, Lock


@pytest.fixture
async def doors(house: House) -> House:
    """The home, and a website that may control doors and alarms."""
    await house.permit_doors_and_alarms()
    return house


async def refused_for_its_pin(house: House, name: str, command: str, **params: Any) -> None:
    status, body = await house.send(name, command, **params)
    assert (status, body["error"]) == (422, "invalid_params"), body
    assert "(pin: this device" in body["message"]
    assert str(params.get("pin", "nothing")) not in body["message"]


@pytest.mark.parametrize("command", ["lock.unlock", "lock.lock"])
async def test_a_lock_that_needs_a_pin_asks_for_it(doors: House, command: str) -> None:
    """home-assistant/core#87474."""
    lock = CodeLock()
    await doors.add("lock", lock)
    assert (await doors.see("Front door"))["traits"]["lock"] == {"pin_required": True, "pin_pattern": r"^\d{4}$"}
    await refused_for_its_pin(doors, "Front door", command)
    await refused_for_its_pin(doors, "Front door", command, pin="12a4")
    assert lock.codes == []


async def test_a_pin_may_be_given_to_a_lock_that_needs_none(doors: House) -> None:
    await doors.add("lock", Lock(code_format=r"^(\d{4})?$"))
    assert (await doors.see("Front door"))["traits"]["lock"]["pin_required"] is False
    for params in ({}, {"pin": "4711"}):
        status, body = await doors.send("Front door", "lock.unlock", **params)
        assert (status, body["status"]) == (200, "confirmed"), body


async def test_an_alarm_that_needs_a_pin_asks_for_it(doors: House) -> None:
    """nielsfaber/scheduler-card#798, home-assistant/core#133189."""
    await doors.add("alarm_control_panel", Alarm())
    described = (await doors.see("House"))["traits"]["arm"]
    assert (described["pin_format"], described["pin_to_arm"], described["pin_to_disarm"]) == ("number", True, True)
    for pin in ({}, {"pin": "12a4"}, {"pin": "١٢٣٤"}):
        await refused_for_its_pin(doors, "House", "arm.arm", mode="home", **pin)
        await refused_for_its_pin(doors, "House", "arm.disarm", **pin)


async def test_an_alarm_that_is_armed_without_a_pin(doors: House) -> None:
    alarm = Alarm()
    alarm._attr_code_arm_required = False
    alarm._attr_code_format = CodeFormat.TEXT
    await doors.add("alarm_control_panel", alarm)
    described = (await doors.see("House"))["traits"]["arm"]
    assert (described["pin_to_arm"], described["pin_to_disarm"]) == (False, True)
    status, body = await doors.send("House", "arm.arm", mode="home")
    assert (status, body["status"]) == (200, "confirmed"), body


async def test_a_wrong_pin_is_told_from_a_broken_lock(doors: House) -> None:
    """nielsfaber/alarmo#645, #1225."""
    await doors.add("lock", CodeLock())
    await doors.add("alarm_control_panel", Alarm())
    for name, command in (("Front door", "lock.unlock"), ("House", "arm.disarm")):
        status, body = await doors.send(name, command, pin="9999")
        assert (status, body["error"]) == (422, "command_rejected"), body
        assert "9999" not in str(body)


async def test_a_lock_whose_pin_the_home_knows_asks_for_none(doors: House) -> None:
    """home-assistant/frontend#18705, core#101404. Its owner stored a default code."""
    lock = CodeLock()
    await doors.add("lock", lock)
    registry = er.async_get(doors.hass)
    # A stored code of another format is not used by Home Assistant.
    registry.async_update_entity_options("lock.front_door", "lock", {"default_code": "12345678x"})
    assert (await doors.see("Front door"))["traits"]["lock"]["pin_required"] is True
    registry.async_update_entity_options("lock.front_door", "lock", {"default_code": "1234"})
    assert (await doors.see("Front door"))["traits"]["lock"]["pin_required"] is False
    status, body = await doors.send("Front door", "lock.unlock")
    assert (status, body["status"]) == (200, "confirmed"), body
    assert lock.codes == ["1234"]
    registry.async_update_entity_options("lock.front_door", "lock", None)
    assert (await doors.see("Front door"))["traits"]["lock"]["pin_required"] is True


async def test_an_alarm_whose_pin_the_home_knows_asks_for_none(doors: House) -> None:
    await doors.add("alarm_control_panel", Alarm())
    registry = er.async_get(doors.hass)
    registry.async_update_entity_options("alarm_control_panel.house", "alarm_control_panel", {"default_code": "1234"})
    described = (await doors.see("House"))["traits"]["arm"]
    assert (described["pin_to_arm"], described["pin_to_disarm"]) == (False, False)
    status, body = await doors.send("House", "arm.disarm")
    assert (status, body["status"]) == (200, "confirmed"), body
