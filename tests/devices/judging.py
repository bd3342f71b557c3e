"""A small home with a door and a lamp, for judging what reaches the door."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.interphone.devices.sensitivity import Sensitivity

DOOR = "lock.front_door"
LAMP = "light.lamp"
UNLOCK = {"action": "lock.unlock", "target": {"entity_id": DOOR}}
LIGHT = {"action": "light.turn_on", "target": {"entity_id": LAMP}}

type Judge = Callable[..., Sensitivity]


async def set_up(hass: HomeAssistant, **config: Any) -> None:
    """Set components up as `configuration.yaml` does."""
    for domain, content in config.items():
        assert await async_setup_component(hass, domain, {domain: content})
    await hass.async_block_till_done()
