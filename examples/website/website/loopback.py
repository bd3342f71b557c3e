"""One name for this machine: cookies and homes tell `localhost` and `127.0.0.1` apart, people do not."""

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from .keys import SETTINGS

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@web.middleware
async def use_one_name(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send who came by another name of this machine to the origin that homes know."""
    origin = URL(request.app[SETTINGS].origin)
    if request.method == "GET" and request.url.host != origin.host and {request.url.host, origin.host} <= LOOPBACK:
        raise web.HTTPTemporaryRedirect(origin.join(request.rel_url))
    return await handler(request)
