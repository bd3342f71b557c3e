"""`/devices/{id}/history`: the values that a device's traits had."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ... import errors
from ...devices.history import HISTORY_POINTS_MAX, HISTORY_SPAN, HISTORY_SPAN_MAX
from ...devices.times import instant
from ..contract import MOMENT, Payload, component, from_text
from ..operation import Operation, json_of
from ..view import DeviceCall, DeviceView, json_response

# Far enough from the ends of the calendar to count from.
YEARS: Final = range(1970, 9999)


def _in_calendar(moment: object) -> datetime:
    if isinstance(moment, datetime) and moment.year in YEARS:
        return moment
    raise vol.Invalid(f"expected a year from {YEARS.start} to {YEARS.stop - 1}")


def _whole(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= len(str(HISTORY_POINTS_MAX)):
        return int(text)
    raise vol.Invalid(f"expected 1 to {HISTORY_POINTS_MAX}")


def _optional(name: str, description: str, **default: Any) -> vol.Optional:
    return vol.Optional(name, description=description, **default)


_TIME: Final = vol.All(MOMENT, _in_calendar)

QUERY: Final = Payload(
    vol.Schema(
        {
            _optional("start", f"By default {HISTORY_SPAN / 3600:g} hours before the end."): _TIME,
            _optional("end", f"By default now; at most {HISTORY_SPAN_MAX / 86400:g} days after the start."): _TIME,
            _optional("limit", "How many points."): from_text(
                _whole, vol.All(int, vol.Range(1, HISTORY_POINTS_MAX, msg=f"expected 1 to {HISTORY_POINTS_MAX}"))
            ),
        },
        extra=vol.REMOVE_EXTRA,
    )
)


class HistoryView(DeviceView):
    """The past of one device, oldest first: the last day, unless asked otherwise."""

    path = "/devices/{device_id}/history"

    @Operation(
        "What a device's traits read in the past, oldest first",
        json_of(id=str, start=MOMENT, end=MOMENT, points=[component("point")], next=vol.Maybe(MOMENT)),
        errors=(errors.RateLimitedError, errors.HistoryUnavailableError),
        query=QUERY,
    )
    async def get(self, call: DeviceCall) -> web.Response:
        """Return one page of points, and where the next begins."""
        start, end = _span(call.query)
        limit = call.query.get("limit", HISTORY_POINTS_MAX)
        page = await call.read(call.relay.history.read(call.grant.id, call.device, start, end, limit))
        body: dict[str, Any] = {
            "id": call.device.id,
            "start": instant(start),
            "end": instant(end),
            "points": [point.as_dict() for point in page.points],
            "next": instant(page.next),
        }
        return json_response({"success": True, **body})


def _span(query: Mapping[str, Any]) -> tuple[datetime, datetime]:
    end = query.get("end", dt_util.utcnow())
    start = query.get("start") or end - timedelta(seconds=HISTORY_SPAN)
    if not timedelta() < end - start <= timedelta(seconds=HISTORY_SPAN_MAX):
        raise errors.InvalidRequestError(
            f"start: expected before the end, by {HISTORY_SPAN_MAX / 86400:g} days at most"
        )
    return start, end
