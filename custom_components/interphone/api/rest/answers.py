"""`/events/{id}/answer`: answers to rings, for websites that hold no socket."""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web
import voluptuous as vol

from ...const import BASE_PATH
from ...devices.rings import ACTION
from ...relay import Relay
from ..view import Handler, InterphoneView, answer, authenticate, read_object

ANSWER_SCHEMA: Final = vol.Schema({vol.Optional("action", default=None): ACTION})


class AnswerView(InterphoneView):
    """The REST twin of the socket's event `answer`: the first wins, whichever way it came."""

    url = f"{BASE_PATH}/events/{{event_id}}/answer"
    name = "api:interphone:answer"

    def handlers(self) -> Mapping[str, Handler]:
        """POST."""
        return {hdrs.METH_POST: self._post}

    async def _post(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        asked = await read_object(request, ANSWER_SCHEMA, optional=True)
        # The body took its time: what was given may have been taken back.
        relay.rings.answer(relay.grants.require_active(grant.id), request.match_info["event_id"], asked["action"])
        return answer({"success": True})
