"""The route of `/socket.io/`: hands requests of allowed origins to the loaded entry's Engine.IO server."""

from typing import Final

from aiohttp import hdrs, web
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN, SOCKETIO_PATH
from ...errors import NotReadyError
from ...relay import Relay
from ..view import Route
from .gateway import Gateway

# The server of the loaded entry; absent while none is loaded.
GATEWAY: Final[HassKey[Gateway]] = HassKey(f"{DOMAIN}_gateway")


class SocketIoRoute(Route):
    """Engine.IO over polling and WebSocket."""

    # Clients append protocol numbers such as `/1/`; the reference server compares the beginning of the path only.
    paths = (SOCKETIO_PATH, SOCKETIO_PATH.rstrip("/"), f"{SOCKETIO_PATH}{{tail:.+}}")
    methods = (hdrs.METH_GET, hdrs.METH_POST, hdrs.METH_OPTIONS)

    async def handle(self, relay: Relay, request: web.Request) -> web.StreamResponse:
        """Serve the request; the engine refuses methods that it does not know."""
        gateway = relay.hass.data.get(GATEWAY)
        if gateway is None:
            raise NotReadyError
        return await gateway.handle_request(request)
