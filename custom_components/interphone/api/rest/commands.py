"""`/commands`: commands to devices, one or a batch."""

from typing import Final

from aiohttp import web
import voluptuous as vol

from ... import errors
from ...devices.commands import BATCH_SIZE_MAX, CommandStatus
from ..contract import component
from ..operation import JSON, Body, Errors, Operation, success
from ..view import GrantCall, GrantView, json_response

# Errors in the result of a valid envelope.
COMMAND_ERRORS: Final[Errors] = (
    errors.UnknownDeviceError,
    errors.NotPermittedError,
    errors.UnsupportedCommandError,
    errors.InvalidParamsError,
    errors.DeviceOfflineError,
    errors.CommandExpiredError,
    errors.CommandRejectedError,
    errors.CommandFailedError,
    errors.CommandTimeoutError,
    errors.RateLimitedError,
)

# Each envelope is validated when its turn comes, so that its result names its id and the rest of a batch goes on; a
# batch of another length is refused when it is run.
_COMMAND: Final = component("command")


class CommandsView(GrantView):
    """Carries out one command, or a list of them."""

    path = "/commands"

    @Operation(
        "Carry out one command, or a list of them",
        {JSON: vol.Any(component("outcome"), success(results=[component("result")]))},
        errors=COMMAND_ERRORS,
        body=Body(vol.Schema(vol.Any(_COMMAND, vol.All([_COMMAND], vol.Length(min=1, max=BATCH_SIZE_MAX))))),
        error_fields={
            vol.Optional("id"): vol.Maybe(str),
            vol.Optional("status"): vol.In([CommandStatus.FAILED.value, CommandStatus.EXPIRED.value]),
        },
    )
    async def post(self, call: GrantCall) -> web.Response:
        """Return the outcome: of one command with its status, of a batch always 200 with a result for each."""
        relay, language = call.relay, call.peer.language
        outcome = await relay.commands.run_sent(call.require_active, call.body)
        if isinstance(outcome, list):
            results = [relay.messages.outcome(result, language) for result in outcome]
            return json_response({"success": True, "results": results})
        if outcome.error:
            body = relay.messages.body(outcome.error, language) | {"id": outcome.id, "status": outcome.status}
            return json_response(body, outcome.error.status)
        return json_response({"success": True, **outcome.as_dict(None)})
