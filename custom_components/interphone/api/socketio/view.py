"""The route of `/socket.io/`: hands requests of allowed origins to the loaded entry's Engine.IO server."""

from aiohttp import hdrs, web

from ...const import SOCKETIO_PATH
from ...errors import NotReadyError
from ...relay import Relay
from ..view import Route


class SocketIoRoute(Route):
    """Engine.IO over polling and WebSocket."""

    # Clients append protocol numbers such as `/1/`; the reference server compares the beginning of the path only.
    paths = (SOCKETIO_PATH, SOCKETIO_PATH.rstrip("/"), f"{SOCKETIO_PATH}{{tail:.+}}")
    methods = (hdrs.METH_GET, hdrs.METH_POST, hdrs.METH_OPTIONS)

    async def handle(self, relay: Relay, request: web.Request) -> web.StreamResponse:
        """Serve the request; the engine refuses methods that it does not know."""
        if relay.gateway is None:
            raise NotReadyError
        return await relay.gateway.handle_request(request)
