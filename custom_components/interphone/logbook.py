"""Describes commands and answers of websites in Home Assistant's logbook."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_ANSWERED, EVENT_COMMAND


@callback
def async_describe_events(
    _hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event[Any]], dict[str, Any]]], None],
) -> None:
    """Describe commands and answers to rings; the logbook attributes state changes of the same context to them."""

    @callback
    def describe_command(event: Event[Any]) -> dict[str, Any]:
        return _entry(event, f"sent {event.data['command']}")

    @callback
    def describe_answer(event: Event[Any]) -> dict[str, Any]:
        name, action = event.data["name"], event.data["action"]
        return _entry(event, f"answered {name}: {action}" if action else f"answered {name}")

    async_describe_event(DOMAIN, EVENT_COMMAND, describe_command)
    async_describe_event(DOMAIN, EVENT_ANSWERED, describe_answer)


def _entry(event: Event[Any], message: str) -> dict[str, Any]:
    """Return a logbook entry; `entity_id` is null for a ring without a device."""
    return {
        LOGBOOK_ENTRY_NAME: event.data["grant_name"],
        LOGBOOK_ENTRY_MESSAGE: message,
        LOGBOOK_ENTRY_ENTITY_ID: event.data["entity_id"],
    }
