"""Provenance: which contexts of Home Assistant go back to the command of a website."""

from collections import OrderedDict
from typing import Any, Final

from homeassistant.components.automation import EVENT_AUTOMATION_TRIGGERED
from homeassistant.components.script import EVENT_SCRIPT_STARTED
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback

from ..const import EVENT_COMMAND

# Contexts remembered: at the limit of every grant's command rate, those of several minutes.
CONTEXTS_MAX: Final = 4096


class Provenance:
    """Remembers the contexts of commands, and of the automations and scripts that those start."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Remember none yet."""
        self._hass = hass
        self._contexts: OrderedDict[str, None] = OrderedDict()
        self._subscriptions: list[CALLBACK_TYPE] = []

    @callback
    def start(self) -> None:
        """Follow commands, automations and scripts from now on."""
        listen = self._hass.bus.async_listen
        self._subscriptions = [
            listen(EVENT_COMMAND, self._on_command),
            listen(EVENT_AUTOMATION_TRIGGERED, self._on_start),
            listen(EVENT_SCRIPT_STARTED, self._on_start),
        ]

    @callback
    def stop(self) -> None:
        """Follow nothing and forget every context."""
        while self._subscriptions:
            self._subscriptions.pop()()
        self._contexts.clear()

    def goes_back_to_a_website(self, context: Context) -> bool:
        """Return whether a website's command, or what it started, has this context or is its parent."""
        return context.id in self._contexts or context.parent_id in self._contexts

    @callback
    def _on_command(self, event: Event[Any]) -> None:
        self._note(event.context)

    @callback
    def _on_start(self, event: Event[Any]) -> None:
        if self.goes_back_to_a_website(event.context):
            self._note(event.context)

    def _note(self, context: Context) -> None:
        self._contexts[context.id] = None
        if len(self._contexts) > CONTEXTS_MAX:
            self._contexts.popitem(last=False)
