"""`/devices/{id}/stream` and `/streams/{ticket}/…`: a camera's stream, as HLS (RFC 8216bis)."""

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web
from homeassistant.helpers.importlib import async_import_module
import voluptuous as vol

from ... import errors
from ...const import BASE_PATH
from ...devices.traits.camera import HLS
from ...media.hls import STREAM_IDLE_TIMEOUT
from ..contract import COUNT, Payload, Validator, matching
from ..operation import Errors, Operation, json_of
from ..view import Call, DeviceCall, DeviceView, View, json_response

MASTER_PLAYLIST: Final = "master_playlist.m3u8"

_NUMBER: Final = "[0-9]{1,9}"
_PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
_SEGMENT_TYPE: Final = "video/iso.segment"
_SERVERS: Final = "homeassistant.components.stream.hls"
_ADDRESS: Final = Validator(str, {"type": "string", "format": "uri-reference"})

_POSITION: Final = matching(_NUMBER, "expected a number")
# How a player asks to wait for the next part (RFC 8216bis, section 6.2.5.2).
_QUERY: Final = Payload(
    vol.Schema(
        {
            vol.Optional("_HLS_msn", description="Wait for the segment of this number."): _POSITION,
            vol.Optional("_HLS_part", description="Wait for this part of it."): _POSITION,
        },
        extra=vol.REMOVE_EXTRA,
    )
)

FILE_ERRORS: Final[Errors] = (
    errors.UnknownStreamError,
    errors.NotFoundError,
    errors.RateLimitedError,
    errors.InvalidTokenError,  # an exchanged one, which was revoked
    errors.RevokedGrantError,
    errors.PausedGrantError,
    errors.UnknownDeviceError,
    errors.UnsupportedStreamError,
    errors.DeviceOfflineError,
    errors.StreamUnavailableError,
)


class StreamView(DeviceView):
    """Opens a stream for players, which can send no `Authorization`: the ticket in its address stands for the grant."""

    path = "/devices/{device_id}/stream"

    @Operation(
        "An address of a camera's stream, for players that can send no token",
        json_of(url=_ADDRESS, format=vol.In([HLS]), expires_in=COUNT),
        errors=(
            errors.UnsupportedStreamError,
            errors.DeviceOfflineError,
            errors.StreamUnavailableError,
            errors.RateLimitedError,
            errors.UnknownStreamError,  # the token ended meanwhile
        ),
        safe=False,
    )
    async def get(self, call: DeviceCall) -> web.Response:
        """Return the address of the master playlist, good until nobody has used it for `expires_in` seconds."""
        ticket = await call.relay.streams.open(call.admission, call.device)
        return json_response(
            {
                "success": True,
                "url": f"{BASE_PATH}/streams/{ticket}/{MASTER_PLAYLIST}",
                "format": HLS,
                "expires_in": int(STREAM_IDLE_TIMEOUT),
            }
        )


@dataclass(frozen=True, slots=True)
class StreamFile:
    """One file of a stream: its path below the ticket, Home Assistant's own view that serves it, what it holds.

    Players retry a playlist after a 503, and give up a file after a 404: `missing` is raised when there is none.
    """

    path: str
    server: str
    summary: str
    media_type: str
    missing: type[errors.InterphoneError] = errors.NotFoundError


# The files refer to each other relative to where they are.
FILES: Final = (
    StreamFile(
        MASTER_PLAYLIST,
        "HlsMasterPlaylistView",
        "Where the stream's playlist is",
        _PLAYLIST_TYPE,
        errors.StreamUnavailableError,
    ),
    StreamFile(
        "playlist.m3u8",
        "HlsPlaylistView",
        "The stream's pieces, newest last",
        _PLAYLIST_TYPE,
        errors.StreamUnavailableError,
    ),
    StreamFile("init.mp4", "HlsInitView", "What all segments begin with", "video/mp4"),
    StreamFile(f"segment/{{sequence:{_NUMBER}}}.m4s", "HlsSegmentView", "A segment", _SEGMENT_TYPE),
    StreamFile(
        f"segment/{{sequence:{_NUMBER}}}.{{part_num:{_NUMBER}}}.m4s", "HlsPartView", "A part of one", _SEGMENT_TYPE
    ),
)


class StreamFileView(View):
    """One file of a stream, served by Home Assistant's own view to whoever holds the ticket."""

    def __init__(self, file: StreamFile) -> None:
        """Serve `file`."""
        self.path = f"/streams/{{ticket}}/{file.path}"
        self._file = file
        describe = Operation(file.summary, {file.media_type: None}, errors=FILE_ERRORS, query=_QUERY)
        self.endpoints = {hdrs.METH_GET: describe(StreamFileView._get)}

    async def _get(self, call: Call) -> web.Response:
        # Not within `serve`: a view that Home Assistant no longer has is a fault of ours, not of the camera's.
        server = getattr(await async_import_module(call.relay.hass, _SERVERS), self._file.server)()
        serve = partial(_serve, server, call.request)
        response = await call.relay.streams.serve(call.request.match_info["ticket"], serve)
        if response.status == HTTPStatus.BAD_REQUEST:
            raise errors.InvalidRequestError("_HLS_msn, _HLS_part: the stream is not that far")
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise self._file.missing
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


async def _serve(server: Any, request: web.Request, stream: Any) -> web.Response:
    named = request.match_info
    response: web.Response = await server.handle(request, stream, named.get("sequence", ""), named.get("part_num", ""))
    return response
