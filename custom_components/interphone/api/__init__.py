"""The API that websites and displays use: REST and Socket.IO, on any aiohttp application."""

from typing import Final

from aiohttp import web

from .peer import Door
from .rest import VIEWS as REST_VIEWS
from .rest.openapi import OpenApiView
from .socketio.asyncapi import AsyncApiView
from .socketio.view import SocketIoRoute
from .view import NotFoundRoute, View

_DESCRIBED: Final[tuple[View, ...]] = (*REST_VIEWS, AsyncApiView())
OPENAPI: Final = OpenApiView(_DESCRIBED)

# Every view there is.
VIEWS: Final[tuple[View, ...]] = (*_DESCRIBED, OPENAPI)


def routes(application: web.Application, door: Door) -> None:
    """Mount the whole API on an application, whose requests come through `door`.

    The application must hold Home Assistant as `KEY_HASS`. Once for each application: routes cannot be removed. The
    loaded entry is looked up for each request; without one, or while Home Assistant stops, the response is 503.
    """
    for route in (*VIEWS, SocketIoRoute(), NotFoundRoute()):
        route.mount(application, door)
