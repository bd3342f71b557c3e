"""Entities as reports describe them, for Home Assistant's own platforms."""
# ruff: noqa: ARG002, RUF012 - signatures and class attributes are Home Assistant's

import math
from typing import Any

from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntity,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
    CodeFormat,
)
from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.components.climate import ClimateEntity, ClimateEntityFeature, HVACMode
from homeassistant.components.cover import CoverEntity, CoverEntityFeature
from homeassistant.components.fan import FanEntity, FanEntityFeature
from homeassistant.components.humidifier import HumidifierEntity
from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.components.lock import LockEntity
from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature, MediaPlayerState
from homeassistant.components.number import NumberEntity
from homeassistant.components.select import SelectEntity
from homeassistant.components.sensor import SensorEntity
from homeassistant.components.switch import SwitchEntity
from homeassistant.components.text import TextEntity, TextMode
from homeassistant.components.water_heater import WaterHeaterEntity, WaterHeaterEntityFeature
from homeassistant.const import UnitOfTemperature
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity import Entity
from homeassistant.util.percentage import percentage_to_ranged_value, ranged_value_to_percentage


def furnish(entity: Entity, attributes: dict[str, Any]) -> None:
    """Set what an entity reports."""
    for name, value in attributes.items():
        setattr(entity, f"_attr_{name}", value)


class Fan(FanEntity):
    """A fan with a number of speeds, counted with Home Assistant's own helpers."""

    _attr_name = "Fan"
    _attr_supported_features = FanEntityFeature.SET_SPEED | FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF

    def __init__(self, speeds: int, speed: int = 0, *, ignores_calls: bool = False) -> None:
        self._attr_speed_count = speeds
        self._range = (1, speeds)
        self._ignores_calls = ignores_calls
        self.speed = speed
        self._attr_percentage = ranged_value_to_percentage(self._range, speed) if speed else 0

    async def async_set_percentage(self, percentage: int) -> None:
        if self._ignores_calls:
            return
        self.speed = math.ceil(percentage_to_ranged_value(self._range, percentage)) if percentage else 0
        self._attr_percentage = ranged_value_to_percentage(self._range, self.speed) if self.speed else 0
        self.async_write_ha_state()

    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **_: Any) -> None:
        await self.async_set_percentage(percentage or 100)

    async def async_turn_off(self, **_: Any) -> None:
        await self.async_set_percentage(0)


class PresetFan(FanEntity):
    """A fan that has words for its speeds and no percentage."""

    _attr_name = "Fan"
    _attr_supported_features = FanEntityFeature.PRESET_MODE | FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF
    _attr_preset_modes = ["Auto", "Schlaf", "超強"]

    async def async_set_preset_mode(self, preset_mode: str) -> None:
        self._attr_preset_mode = preset_mode
        self.async_write_ha_state()


class PlainFan(FanEntity):
    """A fan that is on or off."""

    _attr_name = "Fan"
    _attr_supported_features = FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF
    _attr_percentage = 100


FAHRENHEIT = UnitOfTemperature.FAHRENHEIT
CELSIUS = UnitOfTemperature.CELSIUS


class Thermostat(ClimateEntity):
    """A thermostat that keeps what it was sent."""

    _attr_name = "Thermostat"
    _attr_hvac_modes = [HVACMode.HEAT, HVACMode.COOL, HVACMode.HEAT_COOL]
    _attr_hvac_mode = HVACMode.HEAT
    _attr_supported_features = ClimateEntityFeature.TARGET_TEMPERATURE

    def __init__(self, unit: str, *, step: float = 1, ignores_calls: bool = False, **attributes: Any) -> None:
        self._attr_temperature_unit = unit
        self._attr_target_temperature_step = step
        self._ignores_calls = ignores_calls
        self.sent: list[Any] = []
        furnish(self, attributes)

    async def async_set_temperature(self, **kwargs: Any) -> None:
        self.sent.append(kwargs.get("temperature", (kwargs.get("target_temp_low"), kwargs.get("target_temp_high"))))
        if self._ignores_calls:
            return
        self._attr_target_temperature = kwargs.get("temperature")
        self._attr_target_temperature_low = kwargs.get("target_temp_low")
        self._attr_target_temperature_high = kwargs.get("target_temp_high")
        self.async_write_ha_state()


class Boiler(WaterHeaterEntity):
    """A kettle that is off and says so by its operation."""

    _attr_name = "Boiler"
    _attr_temperature_unit = CELSIUS
    _attr_min_temp = 30.0
    _attr_max_temp = 100.0
    _attr_target_temperature = 100.0
    _attr_current_temperature = 75.0
    _attr_operation_list = ["off", "electric"]
    _attr_current_operation = "off"
    _attr_supported_features = WaterHeaterEntityFeature.TARGET_TEMPERATURE | WaterHeaterEntityFeature.OPERATION_MODE


class Humidifier(HumidifierEntity):
    """A humidifier without modes, whose target goes by fives."""

    _attr_name = "Humidifier"
    _attr_is_on = True
    _attr_min_humidity = 40
    _attr_max_humidity = 80
    _attr_target_humidity = 50
    _attr_target_humidity_step = 5

    def __init__(self) -> None:
        self.sent: list[int] = []

    async def async_set_humidity(self, humidity: int) -> None:
        self.sent.append(humidity)
        self._attr_target_humidity = humidity
        self.async_write_ha_state()


class Lamp(LightEntity):
    """A lamp that keeps what it was sent."""

    _attr_name = "Lamp"
    _attr_is_on = True

    def __init__(self, *modes: ColorMode, ignores_calls: bool = False, **attributes: Any) -> None:
        self._attr_supported_color_modes = set(modes or [ColorMode.ONOFF])
        self._attr_color_mode = modes[0] if modes else ColorMode.ONOFF
        self._ignores_calls = ignores_calls
        self.sent: list[dict[str, Any]] = []
        furnish(self, attributes)

    async def async_turn_off(self, **_: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()

    async def async_turn_on(self, **kwargs: Any) -> None:
        self.sent.append(kwargs)
        if self._ignores_calls:
            return
        self._attr_is_on = True
        if "white" in kwargs:
            self._attr_color_mode = ColorMode.WHITE
            self._attr_brightness = kwargs["white"]
        for name, mode in (("hs_color", ColorMode.HS), ("rgb_color", ColorMode.RGB)):
            if name in kwargs:
                self._attr_color_mode = mode
                setattr(self, f"_attr_{name}", kwargs[name])
        if "brightness" in kwargs:
            self._attr_brightness = kwargs["brightness"]
        self.async_write_ha_state()


class Cover(CoverEntity):
    """A cover that records the calls it received."""

    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE | CoverEntityFeature.STOP
    _attr_is_closed = True

    def __init__(self, name: str, **attributes: Any) -> None:
        self._attr_name = name
        self.calls: list[str] = []
        furnish(self, attributes)

    async def async_open_cover(self, **_: Any) -> None:
        self.calls.append("open")
        self._attr_is_closed = False
        self.async_write_ha_state()

    async def async_close_cover(self, **_: Any) -> None:
        self.calls.append("close")
        self._attr_is_closed = True
        self.async_write_ha_state()

    async def async_set_cover_position(self, **kwargs: Any) -> None:
        self.calls.append(f"set {kwargs['position']}")


class Lock(LockEntity):
    """A lock without a code."""

    _attr_name = "Front door"
    _attr_is_locked = True

    def __init__(self, **attributes: Any) -> None:
        furnish(self, attributes)

    async def async_unlock(self, **_: Any) -> None:
        self._attr_is_locked = False
        self.async_write_ha_state()

    async def async_lock(self, **_: Any) -> None:
        self._attr_is_locked = True
        self.async_write_ha_state()


class CodeLock(Lock):
    """A lock whose code is 1234."""

    _attr_unique_id = "front"
    _attr_code_format = r"^\d{4}$"

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str | None] = []

    async def async_unlock(self, **kwargs: Any) -> None:
        self.codes.append(kwargs.get("code"))
        if kwargs.get("code") != "1234":
            raise ServiceValidationError("wrong code")
        await super().async_unlock()


class Alarm(AlarmControlPanelEntity):
    """An alarm whose code is 1234, for arming too."""

    _attr_name = "House"
    _attr_unique_id = "house"
    _attr_code_format = CodeFormat.NUMBER
    _attr_alarm_state = AlarmControlPanelState.ARMED_AWAY
    _attr_supported_features = (
        AlarmControlPanelEntityFeature.ARM_AWAY
        | AlarmControlPanelEntityFeature.ARM_HOME
        | AlarmControlPanelEntityFeature.ARM_NIGHT
    )

    async def async_alarm_disarm(self, code: str | None = None) -> None:
        if code != "1234":
            raise ServiceValidationError("wrong code")
        self._attr_alarm_state = AlarmControlPanelState.DISARMED
        self.async_write_ha_state()

    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        self._attr_alarm_state = AlarmControlPanelState.ARMED_HOME
        self.async_write_ha_state()


class OpenAlarm(AlarmControlPanelEntity):
    """An alarm without codes."""

    _attr_name = "House"
    _attr_alarm_state = AlarmControlPanelState.DISARMED
    _attr_code_format = None
    _attr_code_arm_required = False
    _attr_supported_features = AlarmControlPanelEntityFeature.ARM_AWAY | AlarmControlPanelEntityFeature.ARM_VACATION


class Relay(SwitchEntity):
    """A switch."""

    _attr_is_on = False

    def __init__(self, name: str = "Relay", **attributes: Any) -> None:
        self._attr_name = name
        self._attr_unique_id = name
        furnish(self, attributes)

    async def async_turn_on(self, **_: Any) -> None:
        self._attr_is_on = True
        self.async_write_ha_state()

    async def async_turn_off(self, **_: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


class Player(MediaPlayerEntity):
    """A player that records the calls it received."""

    _attr_name = "Player"
    _attr_state = MediaPlayerState.OFF

    def __init__(self, features: MediaPlayerEntityFeature, **attributes: Any) -> None:
        self._attr_supported_features = features
        self.calls: list[str] = []
        furnish(self, attributes)

    async def async_turn_off(self) -> None:
        self.calls.append("off")

    async def async_turn_on(self) -> None:
        self.calls.append("on")

    async def async_select_source(self, source: str) -> None:
        self.calls.append(source)
        self._attr_source = source
        self.async_write_ha_state()


class Bolt(BinarySensorEntity):
    """A sensor of Home Assistant's class `lock`: on is unlocked."""

    _attr_name = "Bolt"
    _attr_device_class = BinarySensorDeviceClass.LOCK

    def __init__(self, *, on: bool) -> None:
        self._attr_is_on = on


class Sensor(SensorEntity):
    """A sensor of anything."""

    _attr_name = "Sensor"

    def __init__(self, value: Any, **attributes: Any) -> None:
        self._attr_native_value = value
        furnish(self, attributes)


class Number(NumberEntity):
    """A number that keeps what it was sent."""

    _attr_name = "Number"

    def __init__(self, **attributes: Any) -> None:
        self.sent: list[float] = []
        furnish(self, attributes)

    async def async_set_native_value(self, value: float) -> None:
        self.sent.append(value)
        self._attr_native_value = value
        self.async_write_ha_state()


class Select(SelectEntity):
    """A select, one of whose options is empty."""

    _attr_name = "Select"
    _attr_options = ["", "boost", "Éco - nuit"]
    _attr_current_option = "boost"

    async def async_select_option(self, option: str) -> None:
        self._attr_current_option = option
        self.async_write_ha_state()


class Secret(TextEntity):
    """A text that is a password."""

    _attr_name = "Wi-Fi key"
    _attr_mode = TextMode.PASSWORD
    _attr_native_min = 0
    _attr_native_max = 100
    _attr_pattern = None

    def __init__(self, value: str, unique_id: str | None) -> None:
        self._attr_native_value = value
        self._attr_unique_id = unique_id

    async def async_set_value(self, value: str) -> None:
        self._attr_native_value = value
        self.async_write_ha_state()
