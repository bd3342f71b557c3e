"""No other website can make a visitor's browser do anything here.

Every POST must carry the token of the visitor's session, in the field `csrf` or the header `X-CSRF-Token`, and must
not say that it comes from elsewhere. The session cookie is SameSite=Lax besides.
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
    """The request did not come from a page of ours, or from one of a session that is over."""


async def csrf_token(request: web.Request) -> str:
    """Return the token of this session, for a form or a page's script."""
    session = await get_session(request)
    if FIELD not in session:
        session[FIELD] = secrets.token_urlsafe(32)
    return str(session[FIELD])


@web.middleware
async def protect(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what changes something and cannot prove that it comes from here."""
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
        # Not the form it claims to be: bad multipart, or a charset that nobody knows.
        raise web.HTTPBadRequest from err
    return (
        isinstance(expected, str)
        and isinstance(given, str)
        and hmac.compare_digest(expected.encode(), given.encode(errors="replace"))
    )
