"""Describes pairings, and commands and answers of websites, in Home Assistant's logbook and the home's language."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_ANSWERED, EVENT_COMMAND, EVENT_GATE_CLOSED, EVENT_PAIRING
from .errors import NotReadyError
from .messages import negotiate
from .relay import loaded_relay

# The name of entries about nobody in particular.
_NAME = "Interphone"


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event[Any]], dict[str, Any]]], None],
) -> None:
    """Describe the events; the logbook attributes state changes of the same context to a command."""

    @callback
    def describe_command(event: Event[Any]) -> dict[str, Any]:
        command, entity_id = event.data["command"], event.data[ATTR_ENTITY_ID]
        trait, _, verb = command.partition(".")
        state = hass.states.get(entity_id)
        device = state.name if state else entity_id
        message = _phrase(hass, (f"did_{trait}_{verb}", f"did_{verb}"), f"{command}: {device}", device=device)
        return _entry(event.data["grant_name"], message, entity_id)

    @callback
    def describe_answer(event: Event[Any]) -> dict[str, Any]:
        name, action = event.data["name"], event.data["action"]
        keys = ("answered_with",) if action else ("answered",)
        message = _phrase(hass, keys, f"{name}: {action}", name=name, action=action or "")
        return _entry(event.data["grant_name"], message, event.data[ATTR_ENTITY_ID])

    @callback
    def describe_pairing(event: Event[Any]) -> dict[str, Any]:
        type_, website = event.data["type"], event.data["website"]
        source = event.data["source"] or ""
        message = _phrase(hass, (f"pairing_{type_}",), type_, website=website or source, source=source)
        return _entry(_NAME, message)

    @callback
    def describe_gate(_event: Event[Any]) -> dict[str, Any]:
        return _entry(_NAME, _phrase(hass, ("gate_closed",), "gate closed"))

    async_describe_event(DOMAIN, EVENT_COMMAND, describe_command)
    async_describe_event(DOMAIN, EVENT_ANSWERED, describe_answer)
    async_describe_event(DOMAIN, EVENT_PAIRING, describe_pairing)
    async_describe_event(DOMAIN, EVENT_GATE_CLOSED, describe_gate)


def _phrase(hass: HomeAssistant, keys: tuple[str, ...], fallback: str, **placeholders: str) -> str:
    """Return the first phrase there is, the fallback where there is none or no entry is loaded."""
    try:
        messages = loaded_relay(hass).messages
    except NotReadyError:
        return fallback
    language = negotiate(hass.config.language)
    known = (key for key in keys if messages.has_phrase(key, language))
    key = next(known, None)
    return fallback if key is None else messages.phrase(key, language, **placeholders)


def _entry(name: str, message: str, entity_id: str | None = None) -> dict[str, Any]:
    """Return a logbook entry; `entity_id` is None for what concerns no device."""
    entry: dict[str, Any] = {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: message}
    return entry if entity_id is None else {**entry, LOGBOOK_ENTRY_ENTITY_ID: entity_id}
