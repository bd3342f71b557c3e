"""Home Assistant's logbook says which website did what."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_COMMAND


@callback
def async_describe_events(
    _hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event[Any]], dict[str, Any]]], None],
) -> None:
    """Describe commands; what they caused shares their context and is told as done by them."""

    @callback
    def describe(event: Event[Any]) -> dict[str, Any]:
        return {
            LOGBOOK_ENTRY_NAME: event.data["grant_name"],
            LOGBOOK_ENTRY_MESSAGE: f"sent {event.data['command']}",
            LOGBOOK_ENTRY_ENTITY_ID: event.data["entity_id"],
        }

    async_describe_event(DOMAIN, EVENT_COMMAND, describe)
