"""The API that websites and displays use: REST and Socket.IO, on any aiohttp application."""

from aiohttp import web

from .peer import Door
from .rest import VIEWS
from .socketio.view import SocketIoRoute
from .view import NotFoundRoute


def routes(application: web.Application, door: Door) -> None:
    """Mount the whole API on an application, whose requests come through `door`.

    The application must hold Home Assistant as `KEY_HASS`. Once for each application: routes cannot be removed. The
    loaded entry is looked up for each request; without one, or while Home Assistant stops, the response is 503.
    """
    for route in (*VIEWS, SocketIoRoute(), NotFoundRoute()):
        route.mount(application, door)
