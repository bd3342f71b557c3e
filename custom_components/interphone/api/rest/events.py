"""`/events`: the feed over plain HTTP, for websites that hold no socket."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiohttp import hdrs, web
import voluptuous as vol

from ...const import BASE_PATH
from ...devices.feed import Change
from ...devices.payloads import missed, snapshot
from ...devices.polls import POLL_WAIT_MAX
from ...errors import InterphoneError, InvalidRequestError
from ...relay import Relay
from ..view import Handler, InterphoneView, answer, authenticate, describe

# A home that changes a thousand times a second does not need more digits in ten thousand years.
SEQ_DIGITS: Final = 15


def position(text: str) -> tuple[str, int]:
    """Read `epoch:seq`."""
    epoch, colon, seq = text.rpartition(":")
    if not (colon and epoch and seq.isascii() and seq.isdecimal() and len(seq) <= SEQ_DIGITS):
        raise vol.Invalid("expected epoch:seq, as it was told")
    return epoch, int(seq)


def seconds(text: str) -> float:
    """Read how long to wait."""
    with suppress(ValueError):
        if 0 <= (wait := float(text)) <= POLL_WAIT_MAX:
            return wait
    raise vol.Invalid(f"expected 0 to {POLL_WAIT_MAX:g} seconds")


QUERY_SCHEMA: Final = vol.Schema(
    {vol.Optional("since"): position, vol.Optional("wait", default="0"): seconds}, extra=vol.REMOVE_EXTRA
)


class EventsView(InterphoneView):
    """What changed since a position, or all there is when the feed no longer reaches back to it."""

    url = f"{BASE_PATH}/events"
    name = "api:interphone:events"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        try:
            asked = QUERY_SCHEMA(dict(request.query))
        except vol.Invalid as err:
            raise InvalidRequestError(describe(err)) from err
        since = asked.get("since")
        told = since and missed(relay.feed, grant.scope, *since)
        if told and not told["changes"] and asked["wait"]:
            await relay.polls.wait(grant.id, lambda change: _sees(relay, grant.id, change), asked["wait"])
            grant = relay.grants.require_active(grant.id)
            told = missed(relay.feed, grant.scope, *since)
        body: dict[str, Any] = told or snapshot(relay.feed, grant.scope)
        return answer({"success": True, **body})


def _sees(relay: Relay, grant_id: str, change: Change) -> bool:
    """Tell whether a grant may see a change; one that was put out meanwhile is woken to learn of it."""
    try:
        return change.visible(relay.grants.require_active(grant_id).scope) is not None
    except InterphoneError:
        return True
