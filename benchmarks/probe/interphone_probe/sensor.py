"""Thermometers that measure nothing."""

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType


class ProbeSensor(SensorEntity):
    """A thermometer out of the weather."""

    _attr_should_poll = False
    _attr_device_class = SensorDeviceClass.TEMPERATURE
    _attr_native_unit_of_measurement = UnitOfTemperature.CELSIUS
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_value = 20.0

    def __init__(self, number: int) -> None:
        """Make the thermometer of this number."""
        self._attr_name = f"Probe {number}"
        self._attr_unique_id = f"sensor_{number}"


async def async_setup_platform(
    _hass: HomeAssistant, _config: ConfigType, add: AddEntitiesCallback, info: DiscoveryInfoType | None = None
) -> None:
    """Add as many as asked for."""
    add(ProbeSensor(number) for number in range(info["count"] if info else 0))
