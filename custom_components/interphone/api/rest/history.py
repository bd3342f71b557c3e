"""`/devices/{id}/history`: what a device's traits read in the past."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import hdrs, web
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ...const import BASE_PATH
from ...devices.history import HISTORY_POINTS_MAX, HISTORY_SPAN, HISTORY_SPAN_MAX
from ...devices.times import instant, moment_of
from ...errors import InvalidRequestError
from ...relay import Relay
from ..view import Handler, InterphoneView, answer, authenticate, describe

# Far enough from the ends of the calendar to count from.
YEARS: Final = range(1970, 9999)


def moment(text: str) -> datetime:
    """Read an ISO 8601 moment, which must say its offset from UTC."""
    told = moment_of(text)
    if told is None or told.year not in YEARS:
        raise vol.Invalid("expected an ISO 8601 date and time with an offset")
    return told


def limit(text: str) -> int:
    """Read how many points are wanted."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(HISTORY_POINTS_MAX))):
        raise vol.Invalid(f"expected 1 to {HISTORY_POINTS_MAX}")
    return int(text)


QUERY_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("start"): moment,
        vol.Optional("end"): moment,
        vol.Optional("limit", default=str(HISTORY_POINTS_MAX)): vol.All(limit, vol.Range(1, HISTORY_POINTS_MAX)),
    },
    extra=vol.REMOVE_EXTRA,
)


class HistoryView(InterphoneView):
    """The past of one device, oldest first: the last day, unless asked otherwise."""

    url = f"{BASE_PATH}/devices/{{device_id}}/history"
    name = "api:interphone:history"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        device = relay.catalog.seen(request.match_info["device_id"], grant.scope)
        start, end, points = _asked(request)
        page = await relay.history.read(grant.id, device, start, end, points)
        # The database took its time: what was given may have been taken back.
        relay.catalog.seen(device.id, relay.grants.require_active(grant.id).scope)
        body: dict[str, Any] = {
            "id": device.id,
            "start": instant(start),
            "end": instant(end),
            "points": [point.as_dict() for point in page.points],
            "next": instant(page.next),
        }
        return answer({"success": True, **body})


def _asked(request: web.Request) -> tuple[datetime, datetime, int]:
    try:
        asked = QUERY_SCHEMA(dict(request.query))
    except vol.Invalid as err:
        raise InvalidRequestError(describe(err)) from err
    end = asked.get("end", dt_util.utcnow())
    start = asked.get("start") or end - timedelta(seconds=HISTORY_SPAN)
    if not timedelta() < end - start <= timedelta(seconds=HISTORY_SPAN_MAX):
        raise InvalidRequestError(f"start: expected before the end, by {HISTORY_SPAN_MAX / 86400:g} days at most")
    return start, end, asked["limit"]
