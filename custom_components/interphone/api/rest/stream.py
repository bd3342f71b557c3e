"""`/devices/{id}/stream` and `/streams/{ticket}/…`: what a camera streams, as HLS."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Final

from aiohttp import hdrs, web
from homeassistant.helpers.importlib import async_import_module
import voluptuous as vol

from ...const import BASE_PATH
from ...devices.traits.camera import HLS
from ...errors import InvalidRequestError, NotFoundError, StreamUnavailableError
from ...media.hls import STREAM_IDLE_TIMEOUT
from ...relay import Relay
from ..source import request_source
from ..view import Handler, InterphoneView, answer, bearer_token, describe

_NUMBER: Final = "[0-9]{1,9}"
_SERVERS: Final = "homeassistant.components.stream.hls"

# Home Assistant's own view for each file of a stream: all name each other relative to where they are.
MASTER_PLAYLIST: Final = "master_playlist.m3u8"
PLAYLIST: Final = "playlist.m3u8"
FILES: Final[Mapping[str, str]] = {
    MASTER_PLAYLIST: "HlsMasterPlaylistView",
    PLAYLIST: "HlsPlaylistView",
    "init.mp4": "HlsInitView",
    f"segment/{{sequence:{_NUMBER}}}.m4s": "HlsSegmentView",
    f"segment/{{sequence:{_NUMBER}}}.{{part_num:{_NUMBER}}}.m4s": "HlsPartView",
}

_POSITION: Final = vol.All(vol.Match(rf"{_NUMBER}\Z", msg="expected a number"))
# What a player says that waits for the next part (RFC 8216bis, section 6.2.5.2).
QUERY_SCHEMA: Final = vol.Schema(
    {vol.Optional("_HLS_msn"): _POSITION, vol.Optional("_HLS_part"): _POSITION}, extra=vol.REMOVE_EXTRA
)


class StreamView(InterphoneView):
    """An address for players, which can say no `Authorization`: the ticket in it stands for the grant."""

    url = f"{BASE_PATH}/devices/{{device_id}}/stream"
    name = "api:interphone:stream"
    get_is_safe: ClassVar[bool] = False

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        admission = relay.grants.admit(bearer_token(request), request_source(request))
        device = relay.catalog.seen(request.match_info["device_id"], admission.grant.scope)
        ticket = await relay.streams.open(admission, device)
        return answer(
            {
                "success": True,
                "url": f"{BASE_PATH}/streams/{ticket}/{MASTER_PLAYLIST}",
                "format": HLS,
                "expires_in": int(STREAM_IDLE_TIMEOUT),
            }
        )


class StreamFileView(InterphoneView):
    """One file of a stream, served by Home Assistant's own view for it to whoever holds the ticket."""

    def __init__(self, file: str, server: str) -> None:
        """Serve `file` by the view of Home Assistant's that is called `server`."""
        self.url = f"{BASE_PATH}/streams/{{ticket}}/{file}"
        self.name = f"api:interphone:stream:{server}"
        self._server = server
        # Players come again for a playlist after a 503, and for nothing after a 404.
        self._refusal = StreamUnavailableError if file in {MASTER_PLAYLIST, PLAYLIST} else NotFoundError

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        try:
            QUERY_SCHEMA(dict(request.query))
        except vol.Invalid as err:
            raise InvalidRequestError(describe(err)) from err
        # Not within `serve`: one that is gone is a fault of ours, not of the camera's.
        server = getattr(await async_import_module(relay.hass, _SERVERS), self._server)()
        response = await relay.streams.serve(request.match_info["ticket"], partial(_serve, server, request))
        if response.status == HTTPStatus.BAD_REQUEST:
            raise InvalidRequestError("_HLS_msn, _HLS_part: the stream is not that far")
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise self._refusal
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


async def _serve(server: Any, request: web.Request, stream: Any) -> web.Response:
    named = request.match_info
    response: web.Response = await server.handle(request, stream, named.get("sequence", ""), named.get("part_num", ""))
    return response
