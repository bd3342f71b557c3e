"""`/events`: the feed over plain HTTP, for websites without a Socket.IO session."""

from contextlib import suppress
import math
from typing import Any, Final

from aiohttp import web
import voluptuous as vol

from ...devices.payloads import missed, snapshot
from ...devices.polls import POLL_WAIT_MAX
from ..contract import COUNT, Payload, component, exactly, from_text, matching
from ..operation import JSON, Operation, success
from ..view import GrantCall, GrantView, json_response

# A home that changes a thousand times a second does not need more digits in ten thousand years.
SEQ_DIGITS: Final = 15


def _position(text: object) -> tuple[str, int]:
    """Split `epoch:seq`, which has matched."""
    epoch, _, seq = str(text).rpartition(":")
    return epoch, int(seq)


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if math.isfinite(seconds := float(text)):
            return seconds
    raise vol.Invalid("expected a number of seconds")


# Long polling, of whatever can be waited for.
WAIT: Final = {
    vol.Optional("wait", description="Seconds to wait for a change when there is none yet."): from_text(
        _seconds,
        vol.Range(min=0, max=POLL_WAIT_MAX, msg=f"expected 0 to {POLL_WAIT_MAX:g} seconds"),
    )
}
QUERY: Final = Payload(
    vol.Schema(
        {
            vol.Optional("since", description="The position that is known."): vol.All(
                matching(f".+:[0-9]{{1,{SEQ_DIGITS}}}", "expected epoch:seq, as a response had them"), _position
            ),
            **WAIT,
        },
        extra=vol.REMOVE_EXTRA,
    )
)

CHANGES: Final = [
    vol.Any(*(exactly(event=name, payload=component(name)) for name in ("state", "devices", "event"))),
]


class EventsView(GrantView):
    """The changes since a position, or a snapshot when the feed no longer reaches back to it."""

    path = "/events"

    @Operation(
        "What changed since a position, or all there is",
        {
            JSON: vol.Any(
                success(epoch=str, seq=COUNT, changes=CHANGES),
                success(epoch=str, seq=COUNT, devices=[component("device")]),
            )
        },
        query=QUERY,
    )
    async def get(self, call: GrantCall) -> web.Response:
        """Return what changed, waiting for a change where `wait` says so."""
        relay, grant = call.relay, call.grant
        since, wait = call.query.get("since"), call.query.get("wait", 0)
        changes = missed(relay.feed, grant.scope, *since) if since else None
        if since and changes and not changes["changes"] and wait:
            await relay.polls.wait(grant.id, relay.feed.view(grant.scope), wait)
            grant = call.require_active()
            changes = missed(relay.feed, grant.scope, *since)
        body: dict[str, Any] = changes or snapshot(relay.feed, grant.scope)
        return json_response({"success": True, **body})
