"""The route of `/socket.io/`: the origin's check and CORS around whatever engine is loaded."""

from aiohttp import hdrs, web
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView, request_handler_factory

from ...const import SOCKETIO_PATH
from ...errors import InterphoneError, NotReadyError
from ...relay import Relay, loaded_relay
from ..origin import check_origin, cors_headers, is_preflight, preflight
from ..view import refusal


class SocketIoView(HomeAssistantView):
    """Engine.IO over polling and WebSocket."""

    url = SOCKETIO_PATH
    # Clients append protocol numbers such as `/1/`; the reference server compares the beginning of the path only.
    extra_urls = [SOCKETIO_PATH.rstrip("/"), f"{SOCKETIO_PATH}{{tail:.+}}"]  # noqa: RUF012 - as the base class has it
    name = "api:interphone:socketio"
    requires_auth = False

    def register(self, hass: HomeAssistant, _app: web.Application, router: web.UrlDispatcher) -> None:
        """Route every method here; the engine refuses those it does not know."""
        handler = request_handler_factory(hass, self, self.answer)
        for url in (self.url, *self.extra_urls):
            router.add_route(hdrs.METH_ANY, url, handler)

    async def answer(self, request: web.Request, **_match: str) -> web.StreamResponse:
        """Serve a request of an allowed origin."""
        relay: Relay | None = None
        try:
            relay = loaded_relay(request.app[KEY_HASS])
            check_origin(request, relay)
            if relay.gateway is None:
                raise NotReadyError
        except InterphoneError as err:
            return refusal(relay, request, err)
        if is_preflight(request):
            return preflight(request, "GET, POST, OPTIONS")
        response = await relay.gateway.handle_request(request)
        if not response.prepared:
            response.headers.update(cors_headers(request))
        return response
