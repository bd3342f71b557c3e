"""Redirects between the names of the loopback interface, which are different origins for cookies and homes."""

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from .keys import SETTINGS

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@web.middleware
async def redirect_loopback(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Redirect a GET for another loopback name to the configured origin, which the homes allow."""
    origin = URL(request.app[SETTINGS].origin)
    if request.method == "GET" and request.url.host != origin.host and {request.url.host, origin.host} <= LOOPBACK:
        raise web.HTTPTemporaryRedirect(origin.join(request.rel_url))
    return await handler(request)
