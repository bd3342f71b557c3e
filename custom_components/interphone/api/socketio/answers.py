"""Answers to rings, over the socket."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import voluptuous as vol

from ...access.models import Grant
from ...devices.rings import ACTION
from ...relay import Relay
from ..contract import validate
from .events import Event
from .sessions import Session
from .topics import Handler, Send

ANSWER_SCHEMA: Final = vol.Schema(
    {
        vol.Required("event_id"): vol.All(str, vol.Length(min=1, max=64)),
        vol.Optional("action", default=None): ACTION,
    }
)


class Answers:
    """The event `answer`: `{event_id, action?}`, acknowledged with `{success}` when it was the first."""

    def __init__(self, relay: Relay) -> None:
        """Hand answers to the relay's rings."""
        self._relay = relay

    @property
    def handlers(self) -> Mapping[Event, Handler]:
        """The one event there is."""
        return {Event.ANSWER: self._answer}

    def start(self, _send: Send) -> Callable[[], None]:
        """Do nothing: the feed tells everybody that a ring is answered."""
        return lambda: None

    async def _answer(self, _session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        asked = validate(ANSWER_SCHEMA, data)
        self._relay.rings.answer(grant, asked["event_id"], asked["action"])
        return {"success": True}
