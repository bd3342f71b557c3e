"""Errors as pages."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from ..csrf import CsrfError
from .render import render, texts

_LOGGER = logging.getLogger(__name__)


@web.middleware
async def show_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn exceptions of handlers into pages in the visitor's language. Unexpected ones are logged."""
    try:
        return await handler(request)
    except CsrfError:
        return await _page(request, 403, "csrf")
    except web.HTTPException as err:
        if err.status < web.HTTPBadRequest.status_code:
            raise
        response = await _page(request, err.status, str(err.status))
        if "Allow" in err.headers:
            response.headers["Allow"] = err.headers["Allow"]
        return response
    except Exception:
        _LOGGER.exception("%s %s failed", request.method, request.path)
        return await _page(request, 500, "500")


async def _page(request: web.Request, status: int, reason: str) -> web.Response:
    t = await texts(request)
    key = f"failure.{reason}"
    return await render(request, "error.html", status=status, reason=t(key if key in t else "failure.other"))
