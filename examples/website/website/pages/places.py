"""The list of places, and the pages of a place."""

from aiohttp import web

from ..headers import CONNECT_TO
from ..home import HomeError
from ..keys import PLACES, STORE
from ..places import NAME_MAX, PlaceRevokedError
from ..sessions import current_account, require_account
from ..store import Place
from .render import form, notify, render, texts

routes = web.RouteTableDef()
# Eighteen digits fit into SQLite's 64-bit integers.
PLACE = r"/places/{id:\d{1,18}}"


@routes.get("/")
async def show_front(request: web.Request) -> web.Response:
    """Show the front page, or the places of a signed-in account."""
    account = await current_account(request)
    if account is None:
        return await render(request, "front.html")
    return await render(request, "places.html", places=await request.app[STORE].places(account.id))


@routes.get(PLACE)
async def show_place(request: web.Request) -> web.Response:
    """Show the devices of a home. The page's Content-Security-Policy allows connections to this home only."""
    place = await _place(request)
    response = await render(request, "place.html", place=place, live_texts=(await texts(request)).live())
    response[CONNECT_TO] = place.address
    return response


@routes.post(PLACE + "/token")
async def give_token(request: web.Request) -> web.Response:
    """Return an access token to the page's script: `{token, expires_in}`. `?renew` forces a new one.

    Errors are `{error}`: `signed_out` (401), `unknown_place` (404), `revoked` (409), or the home's code (502).
    """
    account = await current_account(request)
    if account is None:
        return web.json_response({"error": "signed_out"}, status=401)
    place = await request.app[STORE].place(int(request.match_info["id"]), account.id)
    if place is None:
        return web.json_response({"error": "unknown_place"}, status=404)
    try:
        token, expires_in = await request.app[PLACES].token(place, renew="renew" in request.query)
    except PlaceRevokedError:
        return web.json_response({"error": "revoked"}, status=409)
    except HomeError as err:
        return web.json_response({"error": err.code, "retry_after": err.retry_after}, status=502)
    return web.json_response({"token": token, "expires_in": expires_in})


@routes.get(PLACE + "/settings")
async def show_settings(request: web.Request) -> web.Response:
    """Show the forms to rename and to forget a place."""
    return await render(request, "place_settings.html", place=await _place(request), name_max=NAME_MAX)


@routes.post(PLACE + "/name")
async def rename(request: web.Request) -> web.Response:
    """Rename a place."""
    place = await _place(request)
    await request.app[PLACES].rename(place, (await form(request)).get("name", ""))
    raise web.HTTPSeeOther(f"/places/{place.id}")


@routes.post(PLACE + "/forget")
async def forget(request: web.Request) -> web.Response:
    """Delete a place and revoke its grant at the home."""
    revoked = await request.app[PLACES].forget(await _place(request))
    await notify(request, "notice.forgotten" if revoked else "notice.forgotten_only_here")
    raise web.HTTPSeeOther("/")


async def _place(request: web.Request) -> Place:
    account = await require_account(request)
    place = await request.app[STORE].place(int(request.match_info["id"]), account.id)
    if place is None:
        raise web.HTTPNotFound
    return place
