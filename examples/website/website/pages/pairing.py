"""The pages that add a place: the home's address, then the code."""

import time

from aiohttp import web

from ..address import ADDRESS_MAX, InvalidAddressError
from ..home import HomeError
from ..keys import PLACES, SETTINGS, STORE
from ..places import NAME_MAX, InsecureAddressError, MalformedCodeError
from ..sessions import require_account
from ..store import Pairing
from ..texts import Texts
from .render import form, render, texts

routes = web.RouteTableDef()


@routes.get("/places/new")
async def show_address(request: web.Request) -> web.Response:
    """Show the form for the home's address."""
    await require_account(request)
    return await _address_page(request)


@routes.post("/places/new")
async def request_code(request: web.Request) -> web.Response:
    """Request a code from the home, and redirect to the form for it."""
    account, fields, t = await require_account(request), await form(request), await texts(request)
    address, name = fields.get("address", ""), fields.get("name", "")
    try:
        pairing = await request.app[PLACES].begin(account, address, name)
    except InvalidAddressError:
        error = t("error.invalid_address")
    except InsecureAddressError:
        error = t("error.insecure_address")
    except HomeError as err:
        error = home_error(t, err, request)
    else:
        raise web.HTTPSeeOther(f"/pairings/{pairing.id}")
    return await _address_page(request, status=422, error=error, address=address[:ADDRESS_MAX], name=name[:NAME_MAX])


@routes.get("/pairings/{id}")
async def show_code(request: web.Request) -> web.Response:
    """Show the form for the code."""
    return await _code_page(request, await _pairing(request))


@routes.post("/pairings/{id}")
async def check_code(request: web.Request) -> web.Response:
    """Redeem the code, and redirect to the new place."""
    pairing, t = await _pairing(request), await texts(request)
    try:
        place = await request.app[PLACES].finish(pairing, (await form(request)).get("code", ""))
    except MalformedCodeError:
        return await _code_page(request, pairing, status=422, error=t("error.malformed_code"))
    except HomeError as err:
        ended = err.code == "expired_code"
        return await _code_page(request, pairing, status=422, error=home_error(t, err, request), ended=ended)
    raise web.HTTPSeeOther(f"/places/{place.id}" if place else "/")


@routes.post("/pairings/{id}/again")
async def request_again(request: web.Request) -> web.Response:
    """Request the code again, or a new one if it has expired."""
    account, pairing = await require_account(request), await _pairing(request)
    try:
        await request.app[PLACES].request_again(pairing, account)
    except HomeError as err:
        error = home_error(await texts(request), err, request)
        return await _code_page(request, pairing, status=422, error=error)
    raise web.HTTPSeeOther(f"/pairings/{pairing.id}")


def home_error(t: Texts, err: HomeError, request: web.Request) -> str:
    """Return the text for an error of the home, with what to do about it."""
    key = f"home.{err.code}"
    if err.code == "rate_limited" and err.retry_after is not None:
        key = "home.rate_limited_for"
    if key in t:
        return t(key, wait=t.duration(err.retry_after or 0), origin=_own_origin(request))
    return t("home.other", message=err.message or err.code)


def _own_origin(request: web.Request) -> str:
    return request.app[SETTINGS].origin


async def _pairing(request: web.Request) -> Pairing:
    account = await require_account(request)
    pairing = await request.app[STORE].pairing(request.match_info["id"], account.id)
    if pairing is None:
        # Finished in another tab, or deleted after it expired.
        raise web.HTTPSeeOther("/")
    return pairing


async def _address_page(
    request: web.Request, *, status: int = 200, error: str = "", address: str = "", name: str = ""
) -> web.Response:
    return await render(
        request,
        "address.html",
        status=status,
        error=error,
        address=address,
        name=name,
        name_max=NAME_MAX,
        address_max=ADDRESS_MAX,
    )


async def _code_page(
    request: web.Request, pairing: Pairing, *, status: int = 200, error: str = "", ended: bool = False
) -> web.Response:
    left = max(0, round(pairing.expires - time.time()))
    return await render(
        request,
        "code.html",
        status=status,
        pairing=pairing,
        error=error,
        left=left,
        ended=ended or left == 0,
        letters="letters" in request.query,
    )
