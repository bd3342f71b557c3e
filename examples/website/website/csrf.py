"""Protection against cross-site request forgery.

Every POST must carry the token of the visitor's session, in the field `csrf` or the header `X-CSRF-Token`, and its
`Origin` and `Sec-Fetch-Site` headers, if present, must be those of this website. The session cookie is SameSite=Lax.
"""

import hmac
import secrets

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_session import get_session

from .keys import SETTINGS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf"
HEADER = "X-CSRF-Token"


class CsrfError(web.HTTPForbidden):
    """The request does not come from a page of this website, or the page's session has ended."""


async def csrf_token(request: web.Request) -> str:
    """Return the session's CSRF token, for a form or a page's script. Creates it on first use."""
    session = await get_session(request)
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(32)
    return str(session[FIELD])


@web.middleware
async def protect(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests with unsafe methods that lack the CSRF token or come from another origin."""
    if request.method not in SAFE_METHODS:
        origin = request.headers.get("Origin", request.app[SETTINGS].origin)
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin != request.app[SETTINGS].origin or site != "same-origin" or not await _carries_token(request):
            raise CsrfError
    return await handler(request)


async def _carries_token(request: web.Request) -> bool:
    expected = (await get_session(request)).get(FIELD)
    try:
        given = request.headers.get(HEADER) or (await request.post()).get(FIELD)
    except (ValueError, LookupError) as err:
        # Malformed multipart, or an unknown charset.
        raise web.HTTPBadRequest from err
    return (
        isinstance(expected, str)
        and isinstance(given, str)
        and hmac.compare_digest(expected.encode(), given.encode(errors="replace"))
    )
