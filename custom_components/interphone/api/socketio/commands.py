"""Commands over the socket."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ...access.models import Grant
from ...relay import Relay
from .events import Event
from .sessions import Session
from .topics import Handler, Send


class SocketCommands:
    """The event `command`: one envelope or a list of them; the acknowledgement holds the outcome in the same form."""

    def __init__(self, relay: Relay) -> None:
        """Run commands by the relay's."""
        self._relay = relay

    @property
    def handlers(self) -> Mapping[Event, Handler]:
        """The one event there is."""
        return {Event.COMMAND: self._run}

    def start(self, _send: Send) -> Callable[[], None]:
        """Do nothing: a command sends nothing but its acknowledgement."""
        return lambda: None

    async def _run(self, session: Session, grant: Grant, data: Any) -> Any:
        messages, language = self._relay.messages, session.language
        outcome = await self._relay.commands.run_sent(partial(self._relay.grants.require_active, grant.id), data)
        if isinstance(outcome, list):
            return [messages.outcome(result, language) for result in outcome]
        return messages.outcome(outcome, language)
