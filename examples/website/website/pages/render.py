"""Renders templates in the visitor's language; reads forms."""

from typing import Any

from aiohttp import web
from aiohttp_jinja2 import render_template
from aiohttp_session import get_session

from ..csrf import csrf_token
from ..keys import SETTINGS
from ..sessions import LANGUAGE, current_account
from ..texts import CATALOGUES, Texts, choose_language

NOTICE = "notice"


async def texts(request: web.Request) -> Texts:
    """Return the texts in the visitor's language."""
    chosen = (await get_session(request)).get(LANGUAGE)
    return Texts(choose_language(chosen, request.headers.get("Accept-Language", "")))


async def render(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """Render a template with `context` and the variables that every page uses."""
    session = await get_session(request)
    t = await texts(request)
    context |= {
        "t": t,
        "languages": CATALOGUES,
        "csrf": await csrf_token(request),
        "account": await current_account(request),
        "site_name": request.app[SETTINGS].name,
        "path": request.path,
        "notice": session.pop(NOTICE, None),
    }
    if context["notice"]:
        session.changed()
    response = render_template(template, request, context, status=status)
    response.headers["Content-Language"] = t.language
    response.headers["Vary"] = "Accept-Language, Cookie"
    return response


async def notify(request: web.Request, key: str) -> None:
    """Show a notice on the next page."""
    (await get_session(request))[NOTICE] = key


async def form(request: web.Request) -> dict[str, str]:
    """Return the text fields of a form; none for a body that is not a form."""
    return {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
