"""`/events/{id}/answer`: answers to rings of the doorbell, for websites without a Socket.IO session."""

from aiohttp import web
import voluptuous as vol

from ... import errors
from ...devices.rings import ACTION
from ..operation import Body, Operation, json_of
from ..view import GrantCall, GrantView, json_response


class AnswerView(GrantView):
    """The twin of the Socket.IO event `answer`: the first answer wins, whichever way it came."""

    path = "/events/{event_id}/answer"

    @Operation(
        "Answer a ring, if nobody else was first",
        json_of(),
        errors=(
            errors.UnknownEventError,
            errors.NotPermittedError,
            errors.AlreadyAnsweredError,
            errors.ExpiredEventError,
        ),
        body=Body(vol.Schema({vol.Optional("action", default=None): ACTION}), required=False),
    )
    async def post(self, call: GrantCall) -> web.Response:
        """Record the answer."""
        call.relay.rings.answer(call.grant, call.request.match_info["event_id"], call.body["action"])
        return json_response({"success": True})
