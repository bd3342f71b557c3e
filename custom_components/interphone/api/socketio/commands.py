"""Commands over the socket."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from homeassistant.core import Context

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
        if isinstance(data, list):
            results = await self._relay.commands.run_many(partial(self._relay.grants.require_active, grant.id), data)
            return [self._relay.messages.outcome(result, session.language) for result in results]
        result = await self._relay.commands.run(grant, data, context=Context())
        return self._relay.messages.outcome(result, session.language)
