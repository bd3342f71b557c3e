"""A button for dashboards that begins a pairing."""

from typing import Final, override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import InterphoneEntity
from .relay import InterphoneConfigEntry

PARALLEL_UPDATES: Final = 0
SHOW_CODE: Final = "show_code"


async def async_setup_entry(
    _hass: HomeAssistant, entry: InterphoneConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the button."""
    async_add_entities([ShowCodeButton(entry, SHOW_CODE)])


class ShowCodeButton(InterphoneEntity, ButtonEntity):
    """Begins a pairing at the displays; a second press shows the same code."""

    @override
    async def async_press(self) -> None:
        """Show the code on every display."""
        self._relay.desk.begin()
