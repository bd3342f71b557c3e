"""Every command of every trait, given to the demo home."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
import pytest

from custom_components.interphone.devices.commands import CommandStatus
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.registry import TRAITS

from .conftest import Case, Tell
from .wire import fits

DONE, CONFIRMED = CommandStatus.DONE, CommandStatus.CONFIRMED


CASES = [
    Case("switch.ac", "on_off.set", {"on": True}, CONFIRMED, {"on": True}),
    Case("switch.decorative_lights", "on_off.set", {"on": False}, CONFIRMED, {"on": False}),
    Case("switch.ac", "on_off.toggle", {}, DONE, {"on": True}),
    Case("light.ceiling_lights", "on_off.toggle", {}, DONE, {"on": False}),
    Case("climate.hvac", "on_off.set", {"on": False}, CONFIRMED, {"on": False}),
    Case("media_player.walkman", "on_off.set", {"on": False}, CONFIRMED, {"on": False}),
    Case("fan.ceiling_fan", "on_off.set", {"on": True}, CONFIRMED, {"on": True}),
    Case("light.bed_light", "brightness.set", {"percent": 50}, CONFIRMED, {"percent": 50}),
    Case("light.bed_light", "brightness.set", {"percent": 1}, CONFIRMED, {"percent": 1}),
    Case("light.ceiling_lights", "brightness.set", {"percent": 0}, CONFIRMED, {"percent": 0}),
    Case("light.kitchen_lights", "color.set", {"kelvin": 3000}, CONFIRMED, {"mode": "kelvin", "kelvin": 3000}),
    Case(
        "light.ceiling_lights",
        "color.set",
        {"hue": 120, "saturation": 80.5},
        CONFIRMED,
        {"mode": "hue_saturation", "hue": 120, "saturation": 80.5, "kelvin": None},
    ),
    Case("light.bed_light", "effect.set", {"effect": "rainbow"}, CONFIRMED, {"effect": "rainbow"}),
    Case("cover.kitchen_window", "open_close.open", {}, CONFIRMED, {"open": True, "movement": "stopped"}),
    Case("cover.garage_door", "open_close.open", {}, CONFIRMED, {"open": True}),
    Case("cover.hall_window", "open_close.open", {}, DONE, {"percent": 10, "movement": "opening"}),
    Case("cover.living_room_window", "open_close.close", {}, DONE, {"percent": 70, "movement": "closing"}),
    Case("cover.hall_window", "open_close.stop", {}, CONFIRMED, {"percent": 10, "movement": "stopped"}),
    Case("cover.living_room_window", "open_close.set", {"percent": 69.6}, CONFIRMED, {"percent": 70}),
    Case("cover.living_room_window", "tilt.open", {}, DONE, {"percent": 50}),
    Case("cover.living_room_window", "tilt.close", {}, DONE, {"percent": 50}),
    Case("cover.living_room_window", "tilt.stop", {}, DONE, {"percent": 50}),
    Case("cover.pergola_roof", "tilt.set", {"percent": 60}, CONFIRMED, {"percent": 60}),
    Case("climate.hvac", "thermostat.set_mode", {"mode": "heat"}, CONFIRMED, {"mode": "heat"}),
    Case("climate.hvac", "thermostat.set_temperature", {"celsius": 19.5}, CONFIRMED, {"celsius": 19.5}),
    Case("climate.heatpump", "thermostat.set_temperature", {"celsius": 21}, CONFIRMED, {"celsius": 21}),
    Case(
        "climate.ecobee",
        "thermostat.set_temperature",
        {"low_celsius": 18, "high_celsius": 25},
        CONFIRMED,
        {"low_celsius": 18, "high_celsius": 25},
    ),
    Case("climate.ecobee", "thermostat.set_preset", {"preset": "eco"}, CONFIRMED, {"preset": "eco"}),
    Case("climate.hvac", "thermostat.set_fan_mode", {"fan_mode": "auto_low"}, CONFIRMED, {"fan_mode": "auto_low"}),
    Case("climate.hvac", "thermostat.set_swing_mode", {"swing_mode": "auto"}, CONFIRMED, {"swing_mode": "auto"}),
    Case(
        "climate.hvac",
        "thermostat.set_swing_horizontal_mode",
        {"swing_horizontal_mode": "rangefull"},
        CONFIRMED,
        {"swing_horizontal_mode": "rangefull"},
    ),
    Case("climate.hvac", "humidity.set", {"percent": 55}, CONFIRMED, {"percent": 55}),
    Case("lock.kitchen_door", "lock.lock", {}, CONFIRMED, {"locked": True, "state": "locked"}),
    Case("lock.front_door", "lock.unlock", {"pin": "1234"}, CONFIRMED, {"locked": False, "state": "unlocked"}),
    Case("lock.openable_lock", "lock.open", {}, CONFIRMED, {"locked": False, "state": "open"}),
    Case("lock.poorly_installed_door", "lock.lock", {}, DONE, {"locked": None, "state": "jammed"}),
    Case("fan.living_room_fan", "fan.set_speed", {"percent": 33}, CONFIRMED, {"percent": 33}),
    Case("fan.living_room_fan", "fan.set_preset", {"preset": "sleep"}, CONFIRMED, {"preset": "sleep"}),
    Case("fan.preset_only_limited_fan", "fan.set_preset", {"preset": "auto"}, CONFIRMED, {"preset": "auto"}),
    Case("fan.living_room_fan", "fan.oscillate", {"oscillating": True}, CONFIRMED, {"oscillating": True}),
    Case("fan.living_room_fan", "fan.set_direction", {"direction": "reverse"}, CONFIRMED, {"direction": "reverse"}),
    Case("media_player.walkman", "volume.set", {"percent": 30}, CONFIRMED, {"percent": 30}),
    Case("media_player.walkman", "volume.mute", {"muted": True}, CONFIRMED, {"muted": True}),
    Case("media_player.walkman", "volume.up", {}, DONE, {"percent": 100}),
    Case("media_player.walkman", "volume.down", {}, DONE, {"percent": 90}),
    Case("media_player.walkman", "media.pause", {}, CONFIRMED, {"playback": "paused"}),
    Case("media_player.walkman", "media.play", {}, CONFIRMED, {"playback": "playing"}),
    Case("media_player.walkman", "media.stop", {}, DONE, {"playback": "off", "title": None}),
    Case("media_player.walkman", "media.next", {}, DONE, {"artist": "Paul Elstak", "title": "Luv U More"}),
    Case("media_player.walkman", "media.previous", {}, DONE, {"artist": "Technohead"}),
    Case("media_player.walkman", "media.shuffle", {"shuffle": True}, CONFIRMED, {"shuffle": True}),
    Case("media_player.walkman", "media.repeat", {"repeat": "all"}, CONFIRMED, {"repeat": "all"}),
    Case("media_player.lounge_room", "source.set", {"source": "youtube"}, CONFIRMED, {"source": "youtube"}),
    Case("media_player.walkman", "sound_mode.set", {"sound_mode": "Movie"}, CONFIRMED, {"sound_mode": "Movie"}),
    Case("valve.front_garden", "open_close.close", {}, CONFIRMED, {"open": False}),
    Case("valve.back_garden", "open_close.set", {"percent": 70}, CONFIRMED, {"percent": 70}),
    Case("humidifier.dehumidifier", "humidity.set", {"percent": 44.6}, CONFIRMED, {"percent": 45}),
    Case("humidifier.hygrostat", "humidity.set_mode", {"mode": "eco"}, CONFIRMED, {"mode": "eco"}),
    Case("humidifier.humidifier", "on_off.set", {"on": False}, CONFIRMED, {"on": False}),
    Case(
        "water_heater.demo_water_heater_celsius",
        "thermostat.set_temperature",
        {"celsius": 50},
        CONFIRMED,
        {"celsius": 50},
    ),
    Case("water_heater.demo_water_heater", "thermostat.set_temperature", {"celsius": 50}, CONFIRMED, {}),
    Case("water_heater.demo_water_heater_celsius", "thermostat.set_mode", {"mode": "eco"}, CONFIRMED, {"mode": "eco"}),
    Case("water_heater.demo_water_heater", "thermostat.set_away", {"away": True}, CONFIRMED, {"away": True}),
    Case("alarm_control_panel.security", "arm.arm", {"mode": "night", "pin": "1234"}, DONE, {"state": "arming"}),
    Case("alarm_control_panel.security", "arm.disarm", {"pin": "1234"}, CONFIRMED, {"state": "disarmed"}),
    Case("alarm_control_panel.security", "arm.trigger", {"pin": "1234"}, CONFIRMED, {"state": "triggered"}),
    Case("vacuum.demo_vacuum_0_ground_floor", "run.start", {}, CONFIRMED, {"activity": "working"}),
    Case("vacuum.demo_vacuum_0_ground_floor", "run.stop", {}, CONFIRMED, {"activity": "idle"}),
    Case("vacuum.demo_vacuum_0_ground_floor", "run.dock", {}, DONE, {"activity": "returning"}),
    Case("vacuum.demo_vacuum_0_ground_floor", "run.clean_spot", {}, DONE, {"activity": "working"}),
    Case("vacuum.demo_vacuum_0_ground_floor", "fan_speed.set", {"fan_speed": "max"}, CONFIRMED, {"fan_speed": "max"}),
    Case("siren.siren", "on_off.set", {"on": False}, CONFIRMED, {"on": False}),
    Case(
        "siren.siren_with_all_features",
        "siren.sound",
        {"tone": "fire", "percent": 40, "seconds": 5},
        DONE,
        {},
    ),
    Case("number.volume", "level.set", {"value": 12.5}, CONFIRMED, {"value": 12.5}),
    Case("number.temperature_setting", "level.set", {"value": 24}, CONFIRMED, {"value": 24}),
    Case("select.speed", "choice.set", {"option": "light_speed"}, CONFIRMED, {"option": "light_speed"}),
    Case("text.text", "text.set", {"text": "Willkommen"}, CONFIRMED, {"text": "Willkommen"}),
    Case("text.password", "text.set", {"text": "sesame"}, CONFIRMED, {"text": None}),
    Case("date.date", "datetime.set", {"date": "2027-02-28"}, CONFIRMED, {"date": "2027-02-28"}),
    Case("time.time", "datetime.set", {"time": "06:30"}, CONFIRMED, {"time": "06:30:00"}),
    Case(
        "datetime.date_and_time",
        "datetime.set",
        {"instant": "2027-02-28T10:00:00+09:00"},
        CONFIRMED,
        {"instant": "2027-02-28T01:00:00+00:00"},
    ),
]

# Told in test_commands_helpers.py: the demo home has no such device, or shares none.
ELSEWHERE: set[str] = {
    "activate.run",
    "activate.stop",
    "media.seek",
    "run.locate",
    "run.pause",
    "timer.cancel",
    "timer.finish",
    "timer.pause",
    "timer.start",
    "update.install",
}


@pytest.fixture
def platforms(case: Case) -> list[str]:
    return [case.entity_id.partition(".")[0]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.entity_id} {case.command}")
async def test_the_device_does_what_it_is_told(
    hass: HomeAssistant, tell: Tell, device: Callable[[str], Device], case: Case
) -> None:
    result = await tell(case.entity_id, case.command, **case.params)
    assert result.error is None
    assert result.status == case.status

    await hass.async_block_till_done()
    trait = case.command.partition(".")[0]
    state = device(case.entity_id).state[trait]
    assert {key: state[key] for key in case.state} == case.state
    assert result.state is not None
    assert result.state[trait] == state
    fits("result", result.as_dict())
    fits("device", device(case.entity_id).as_dict())


def test_no_command_is_forgotten() -> None:
    told = {case.command for case in CASES} | ELSEWHERE
    assert told == {f"{trait.name}.{verb}" for trait in TRAITS.values() for verb in trait.commands}
