"""Furnishes the benchmark's home with entities, and measures from within what cannot be seen from outside."""

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant
from homeassistant.helpers.discovery import async_load_platform
from homeassistant.helpers.typing import ConfigType

from .judge import add_deputies, judge
from .measure import measure_changes, put_in_area, storm, watch_loop

DOMAIN = "interphone_probe"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Make as many entities of each platform as the configuration says."""
    for platform, count in config[DOMAIN].items():
        hass.async_create_task(async_load_platform(hass, platform, DOMAIN, {"count": count}, config))
    for command in (add_deputies, judge, measure_changes, put_in_area, storm, watch_loop):
        websocket_api.async_register_command(hass, command)
    return True
