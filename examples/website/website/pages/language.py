"""The language selection."""

import re

from aiohttp import web
from aiohttp_session import get_session

from ..sessions import LANGUAGE
from ..texts import CATALOGUES
from .render import form

routes = web.RouteTableDef()
# A path of this website; not `//host`, which browsers take for another host.
OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9/_-]*")


@routes.post("/language")
async def set_language(request: web.Request) -> web.Response:
    """Store the language in the session, and redirect to the page it was chosen on."""
    fields = await form(request)
    if (language := fields.get("language")) in CATALOGUES:
        (await get_session(request))[LANGUAGE] = language
    back = fields.get("back", "/")
    raise web.HTTPSeeOther(back if OWN_PATH.fullmatch(back) else "/")
