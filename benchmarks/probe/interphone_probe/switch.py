"""Switches that switch nothing."""

from typing import Any

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddEntitiesCallback
from homeassistant.helpers.typing import ConfigType, DiscoveryInfoType


class ProbeSwitch(SwitchEntity):
    """A switch without a wire."""

    _attr_should_poll = False
    _attr_is_on = False

    def __init__(self, number: int) -> None:
        """Make the switch of this number."""
        self._attr_name = f"Probe {number}"
        self._attr_unique_id = f"switch_{number}"

    async def async_turn_on(self, **_kwargs: Any) -> None:
        """Switch on."""
        self._attr_is_on = True
        self.async_write_ha_state()

    async def async_turn_off(self, **_kwargs: Any) -> None:
        """Switch off."""
        self._attr_is_on = False
        self.async_write_ha_state()


async def async_setup_platform(
    _hass: HomeAssistant, _config: ConfigType, add: AddEntitiesCallback, info: DiscoveryInfoType | None = None
) -> None:
    """Add as many as asked for."""
    add(ProbeSwitch(number) for number in range(info["count"] if info else 0))
