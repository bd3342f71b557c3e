"""Thermostats that heat nothing."""

from typing import Any

from homeassistant.components.climate import ClimateEntity, ClimateEntityFeature, HVACMode
from homeassistant.const import ATTR_TEMPERATURE, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType


class ProbeThermostat(ClimateEntity):
    """A thermostat without a boiler."""

    _attr_should_poll = False
    _attr_supported_features = ClimateEntityFeature.TARGET_TEMPERATURE
    _attr_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_hvac_modes = [HVACMode.OFF, HVACMode.HEAT]  # noqa: RUF012 - as the base class has it
    _attr_hvac_mode = HVACMode.HEAT
    _attr_target_temperature = 21.0
    _attr_current_temperature = 20.0

    def __init__(self, number: int) -> None:
        """Make the thermostat of this number."""
        self._attr_name = f"Probe {number}"
        self._attr_unique_id = f"climate_{number}"

    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Set what is to be reached."""
        self._attr_target_temperature = kwargs[ATTR_TEMPERATURE]
        self.async_write_ha_state()

    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Heat, or do not."""
        self._attr_hvac_mode = hvac_mode
        self.async_write_ha_state()


async def async_setup_platform(
    _hass: HomeAssistant, _config: ConfigType, add: AddEntitiesCallback, info: DiscoveryInfoType | None = None
) -> None:
    """Add as many as asked for."""
    add(ProbeThermostat(number) for number in range(info["count"] if info else 0))
