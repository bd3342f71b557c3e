"""Commands over the socket."""

from typing import Any

import voluptuous as vol

from ...devices.commands import BATCH_SIZE_MAX
from ..contract import component
from .events import ClientEvent, Event, EventCall, EventGroup

# Each envelope is validated when its turn comes, so that its result names its id and the rest of a batch goes on; a
# batch of another length is refused when it is run.
_COMMAND = component("command")
_RESULT = component("result")


class SocketCommands(EventGroup):
    """Carries out one command, or a list of them."""

    @ClientEvent(
        Event.COMMAND,
        "Carry out one command, or a list of them",
        data=vol.Schema(vol.Any(_COMMAND, vol.All([_COMMAND], vol.Length(min=1, max=BATCH_SIZE_MAX)))),
        ack=vol.Any(_RESULT, [_RESULT]),
    )
    async def command(self, call: EventCall) -> Any:
        """Return the result of a command, or a list of results."""
        messages, language = call.relay.messages, call.session.language
        outcome = await call.relay.commands.run_sent(call.require_active, call.data)
        if isinstance(outcome, list):
            return [messages.outcome(result, language) for result in outcome]
        return messages.outcome(outcome, language)
