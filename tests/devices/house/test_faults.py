"""An entity that cannot be read is logged once and left out; everything else goes on."""

from typing import Any, Self

from homeassistant.components.camera import CameraCapabilities, CameraEntityFeature
from homeassistant.components.light import ColorMode
from homeassistant.util.unit_conversion import TemperatureConverter
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.interphone.devices.model import Command, Entity, Json, ServiceCall
from custom_components.interphone.devices.registry import TRAITS

from ...cameras import StillCamera
from .conftest import House
from .entities import FAHRENHEIT, Lamp, Sensor, Thermostat

DIMMER = {"friendly_name": "Odd", "supported_color_modes": ["brightness"], "supported_features": 4}


class Unreadable(str):
    """A text that is none."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("the password is hunter2")

    def __copy__(self) -> Self:
        return self


class Broken(StillCamera):
    """A camera whose integration raises when it is asked what it can do."""

    _attr_supported_features = CameraEntityFeature.STREAM
    broken = False

    @property
    def camera_capabilities(self) -> CameraCapabilities:
        if self.broken:
            raise ValueError("no stream")
        return CameraCapabilities(set())


@pytest.fixture(autouse=True)
def _custom_integrations(async_test_recorder: Any, enable_custom_integrations: None) -> None:
    """Make recorders possible before there is a Home Assistant; tests that want one ask for it."""


def complaints(caplog: pytest.LogCaptureFixture, entity_id: str) -> list[str]:
    lines = [record.getMessage() for record in caplog.records if entity_id in record.getMessage()]
    assert "hunter2" not in caplog.text
    return lines


async def test_home_without_one(entry: MockConfigEntry, house: House, caplog: pytest.LogCaptureFixture) -> None:
    """At set-up, which describes everything, and in every list afterwards."""
    await house.add("light", Lamp())
    house.hass.states.async_set("light.odd", "on", {**DIMMER, "effect_list": [Unreadable("x")]})
    assert [device["name"] for device in await house.devices()] == ["Lamp"]
    assert await house.hass.config_entries.async_reload(entry.entry_id)
    assert [device["name"] for device in await house.devices()] == ["Lamp"]
    [first, again] = complaints(caplog, "light.odd")  # of two catalogs
    assert first == again
    assert "RuntimeError at " in first


async def test_it_comes_and_goes_with_what_it_says(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Whether its description or only its state cannot be read; the changes of others are not lost."""
    await house.add("light", Lamp(ColorMode.BRIGHTNESS))
    house.hass.states.async_set("light.odd", "on", DIMMER)
    odd = await house.see("Odd")
    for attribute, logged in (("effect", 1), ("friendly_name", 1), ("effect", 1)):
        since = await house.position()
        house.hass.states.async_set("light.odd", "on", {**DIMMER, attribute: Unreadable("x")})
        house.hass.states.async_set("light.lamp", "off", house.hass.states.get("light.lamp").attributes)
        gone, lamp = (change["payload"] for change in await house.changes(since))
        assert gone["removed"] == [odd["id"]]
        assert lamp["state"]["on_off"] == {"on": False}
        envelope = {"id": attribute, "device": odd["id"], "command": "on_off.toggle"}
        status, _ = await house.home.request("POST", "/commands", json=envelope, headers=house.tokens.headers)
        assert status == 404
        since = await house.position()
        house.hass.states.async_set("light.odd", "on", DIMMER)
        house.hass.states.async_set("light.lamp", "on", house.hass.states.get("light.lamp").attributes)
        back, lamp = (change["payload"] for change in await house.changes(since))
        assert [device["id"] for device in back["added"]] == [odd["id"]]
        assert lamp["state"]["on_off"] == {"on": True}
        assert len(complaints(caplog, "light.odd")) == logged


async def test_an_entity_that_goes_while_it_is_left_out_is_forgotten(house: House) -> None:
    house.hass.states.async_set("light.odd", "on", {**DIMMER, "effect": Unreadable("x")})
    assert not await house.devices()
    house.hass.states.async_remove("light.odd")
    await house.hass.async_block_till_done()
    assert "light.odd" not in house.home.entry.runtime_data.catalog._trackers  # nothing else shows it
    house.hass.states.async_set("light.odd", "on", DIMMER)
    assert await house.sees("Odd")


async def test_a_camera_that_raises_is_left_out(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.add("light", Lamp())
    camera = Broken()
    await house.add("camera", camera)
    assert await house.sees("Porch")
    camera.broken = True
    camera.async_write_ha_state()
    assert [device["name"] for device in await house.devices()] == ["Lamp"]
    assert len(complaints(caplog, "camera.porch")) == 1


async def test_a_batch_goes_on_after_a_command_that_raises(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(_entity: Entity, _params: Json) -> ServiceCall:
        raise KeyError("hunter2")

    monkeypatch.setitem(TRAITS["brightness"].commands, "set", Command(plan))  # type: ignore[arg-type]  # a dict
    lamp = Lamp(ColorMode.BRIGHTNESS)
    await house.add("light", lamp)
    device = (await house.see("Lamp"))["id"]
    envelopes = [
        {"id": "1", "device": device, "command": "brightness.set"},
        {"id": "2", "device": device, "command": "on_off.set", "params": {"on": False}},
    ]
    status, body = await house.home.request("POST", "/commands", json=envelopes, headers=house.tokens.headers)
    assert status == 200
    first, second = body["results"]
    assert (first["id"], first["error"]) == ("1", "internal_error")
    assert second["status"] == "confirmed"


@pytest.mark.usefixtures("recorder_mock")
async def test_a_recorded_state_that_cannot_be_read_is_left_out(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sensor = Sensor("calm")
    await house.add("sensor", sensor)
    for word in ("hunter2", "storm", "hunter2", "calm"):
        sensor._attr_native_value = word
        sensor.async_write_ha_state()
        await async_wait_recording_done(house.hass)
    read = TRAITS["value"].read

    def choosy(entity: Entity) -> Json:
        if entity.value == "hunter2":
            raise ValueError(entity.value)
        return read(entity)

    monkeypatch.setattr(TRAITS["value"], "read", choosy)
    points = [point["state"]["value"]["value"] for point in await house.history("Sensor")]
    assert points == ["calm", "storm", "calm"]
    assert len(complaints(caplog, "sensor.sensor")) == 1


@pytest.mark.usefixtures("fahrenheit")
async def test_a_home_in_fahrenheit_outlives_the_next_release(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Home Assistant says so itself: `convert_interval` is gone in 2026.12."""
    monkeypatch.delattr(TemperatureConverter, "convert_interval", raising=False)
    await house.add("climate", Thermostat(FAHRENHEIT, min_temp=45, max_temp=95, target_temperature=70))
    assert (await house.see("Thermostat"))["traits"]["thermostat"]["celsius_step"] == pytest.approx(0.56, abs=0.01)
