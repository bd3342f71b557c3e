"""Pages from templates, in the visitor's language."""

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
    """Return the texts in the language of this visitor."""
    chosen = (await get_session(request)).get(LANGUAGE)
    return Texts(choose_language(chosen, request.headers.get("Accept-Language", "")))


async def render(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """Render a template with what every page needs besides `context`."""
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
    """Have the next page show a notice."""
    (await get_session(request))[NOTICE] = key


async def form(request: web.Request) -> dict[str, str]:
    """Return the text fields of a form; what is no form has none."""
    return {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
