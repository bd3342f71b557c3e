"""Answers to rings, over the socket."""

from typing import Any

import voluptuous as vol

from ... import errors
from ...devices.envelope import ID_LENGTH_MAX
from ...devices.rings import ACTION
from ..contract import text
from ..operation import success
from .events import ClientEvent, Event, EventCall, EventGroup


class Answers(EventGroup):
    """The twin of `POST /events/{event_id}/answer`: the first answer wins, whichever way it came."""

    @ClientEvent(
        Event.ANSWER,
        "Answer a ring, if nobody else was first",
        data=vol.Schema({vol.Required("event_id"): text(ID_LENGTH_MAX), vol.Optional("action", default=None): ACTION}),
        ack=success(),
        errors=(
            errors.UnknownEventError,
            errors.NotPermittedError,
            errors.AlreadyAnsweredError,
            errors.ExpiredEventError,
        ),
    )
    async def answer(self, call: EventCall) -> dict[str, Any]:
        """Record the answer. The feed sends it to every session."""
        call.relay.rings.answer(call.grant, call.data["event_id"], call.data["action"])
        return {"success": True}
