"""Lights that can be dimmed and do nothing else."""

from typing import Any

from homeassistant.components.light import ATTR_BRIGHTNESS, ColorMode, LightEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType


class ProbeLight(LightEntity):
    """A light without a bulb."""

    _attr_should_poll = False
    _attr_color_mode = ColorMode.BRIGHTNESS
    _attr_supported_color_modes = {ColorMode.BRIGHTNESS}  # noqa: RUF012 - as the base class has it
    _attr_is_on = True
    _attr_brightness = 255

    def __init__(self, number: int) -> None:
        """Make the light of this number."""
        self._attr_name = f"Probe {number}"
        self._attr_unique_id = f"light_{number}"

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on with the brightness of the call."""
        self._attr_is_on = True
        self._attr_brightness = kwargs.get(ATTR_BRIGHTNESS, self._attr_brightness)
        self.async_write_ha_state()

    async def async_turn_off(self, **_kwargs: Any) -> None:
        """Switch off."""
        self._attr_is_on = False
        self.async_write_ha_state()


async def async_setup_platform(
    _hass: HomeAssistant, _config: ConfigType, add: AddEntitiesCallback, info: DiscoveryInfoType | None = None
) -> None:
    """Add as many as asked for."""
    add(ProbeLight(number) for number in range(info["count"] if info else 0))
