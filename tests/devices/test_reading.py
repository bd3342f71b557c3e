"""Reading of states: units, values, and null for unknown."""

from typing import Any

from homeassistant.core import HomeAssistant, State
import pytest

from custom_components.interphone.devices.model import Entity
from custom_components.interphone.devices.registry import TRAITS

DIMMER = {"supported_color_modes": ["hs", "color_temp"]}
PLAYER = {"supported_features": 2**24 - 1}


@pytest.mark.parametrize(
    ("entity_id", "value", "attributes", "trait", "state"),
    [
        ("light.a", "on", {**DIMMER, "brightness": 1}, "brightness", {"percent": 1}),
        ("light.a", "on", {**DIMMER, "brightness": 254}, "brightness", {"percent": 100}),
        ("light.a", "on", {**DIMMER, "brightness": None}, "brightness", {"percent": None}),
        ("light.a", "off", DIMMER, "brightness", {"percent": 0}),
        ("light.a", "unknown", DIMMER, "on_off", {"on": None}),
        (
            "light.a",
            "on",
            {**DIMMER, "color_mode": "rgbww", "hs_color": (359.96, 12.34), "color_temp_kelvin": 3000},
            "color",
            {"mode": "hue_saturation", "hue": 0.0, "saturation": 12.3, "kelvin": None},
        ),
        ("light.a", "on", {**DIMMER, "color_mode": "white"}, "color", {"mode": "white", "hue": None}),
        ("media_player.a", "standby", PLAYER, "on_off", {"on": False}),
        ("media_player.a", "buffering", PLAYER, "on_off", {"on": True}),
        ("media_player.a", "standby", PLAYER, "media", {"playback": "off"}),
        ("media_player.a", "playing", {**PLAYER, "volume_level": 0.555}, "volume", {"percent": 56, "muted": None}),
        ("climate.a", "off", {}, "on_off", {"on": False}),
        ("climate.a", "heat", {}, "on_off", {"on": True}),
        ("cover.a", "opening", {"current_position": 0, "is_closed": True}, "open_close", {"open": False, "percent": 0}),
        ("cover.a", "opening", {}, "open_close", {"open": True, "percent": None, "movement": "opening"}),
        ("cover.a", "unknown", {}, "open_close", {"open": None, "movement": None}),
        ("lock.a", "jammed", {}, "lock", {"locked": None, "state": "jammed"}),
        ("lock.a", "unlocking", {}, "lock", {"locked": False}),
        ("lock.a", "locking", {}, "lock", {"locked": None}),
        ("alarm_control_panel.a", "armed_vacation", {}, "arm", {"state": "armed", "mode": "vacation"}),
        ("alarm_control_panel.a", "triggered", {}, "arm", {"state": "triggered", "mode": None}),
        ("binary_sensor.a", "unknown", {"device_class": "motion"}, "active", {"active": None}),
        ("sensor.a", "21.50", {"unit_of_measurement": "W"}, "value", {"value": 21.5}),
        ("sensor.a", "21", {"state_class": "total"}, "value", {"value": 21}),
        ("sensor.a", "nan", {"state_class": "total"}, "value", {"value": None}),
        ("sensor.a", "starting", {"unit_of_measurement": "W"}, "value", {"value": None}),
        ("sensor.a", "running", {"device_class": "enum"}, "value", {"value": "running"}),
        ("sensor.a", "0042", {}, "value", {"value": "0042"}),
        ("sensor.a", "68", {"device_class": "temperature", "unit_of_measurement": "°F"}, "value", {"value": 20.0}),
        (
            "sensor.a",
            "2026-10-10T09:00:00+09:00",
            {"device_class": "timestamp"},
            "value",
            {"value": "2026-10-10T00:00:00+00:00"},
        ),
        ("sensor.a", "2026-10-10", {"device_class": "date"}, "value", {"value": "2026-10-10"}),
        ("person.a", "not_home", {"latitude": 37.5}, "presence", {"home": False, "place": None}),
        ("person.a", "Office", {}, "presence", {"home": False, "place": "Office"}),
        ("device_tracker.a", "home", {"battery_level": 55}, "battery", {"percent": 55}),
        ("weather.a", "sunny", {"wind_bearing": "SSW"}, "weather", {"wind_from_degrees": 202.5, "celsius": None}),
        (
            "weather.a",
            "sunny",
            {"wind_speed": 36, "wind_speed_unit": "km/h", "visibility": 10, "visibility_unit": "km"},
            "weather",
            {"wind_meters_per_second": 10, "visibility_meters": 10000},
        ),
        ("text.a", "sesame", {"mode": "password"}, "text", {"text": None}),
        ("input_datetime.a", "22:00:00", {"has_date": False, "has_time": True}, "datetime", {"time": "22:00:00"}),
        ("timer.a", "paused", {"duration": "1:00:00", "remaining": "0:01:30"}, "timer", {"remaining_seconds": 90}),
    ],
)
async def test_a_state_is_read(
    hass: HomeAssistant, entity_id: str, value: str, attributes: dict[str, Any], trait: str, state: dict[str, Any]
) -> None:
    await hass.config.async_set_time_zone("Asia/Seoul")
    read = TRAITS[trait].read(Entity(State(entity_id, value, attributes)))
    assert {key: read[key] for key in state} == state
