"""The pages for registration, login and logout."""

from aiohttp import web

from ..accounts import (
    NAME_MAX,
    NAME_MIN,
    PASSWORD_MAX,
    PASSWORD_MIN,
    InvalidNameError,
    InvalidPasswordError,
    TooManyAttemptsError,
    WrongLoginError,
)
from ..keys import ACCOUNTS
from ..sessions import current_account, sign_in, sign_out
from ..store import NameTakenError
from .render import form, render, texts

routes = web.RouteTableDef()
LIMITS = {"name_min": NAME_MIN, "name_max": NAME_MAX, "password_min": PASSWORD_MIN, "password_max": PASSWORD_MAX}


@routes.get("/sign-up")
async def show_sign_up(request: web.Request) -> web.Response:
    """Show the form for a new account."""
    if await current_account(request):
        raise web.HTTPSeeOther("/")
    return await render(request, "sign_up.html", **LIMITS)


@routes.post("/sign-up")
async def do_sign_up(request: web.Request) -> web.Response:
    """Create an account, sign it in, and redirect to the form for its first place."""
    fields, t = await form(request), await texts(request)
    name = fields.get("name", "")
    try:
        account = await request.app[ACCOUNTS].sign_up(name, fields.get("password", ""), request.remote or "")
    except InvalidNameError:
        error, status = t("sign_up.invalid_name", **LIMITS), 422
    except InvalidPasswordError:
        error, status = t("sign_up.invalid_password", **LIMITS), 422
    except NameTakenError:
        error, status = t("sign_up.name_taken"), 409
    except TooManyAttemptsError as err:
        error, status = t("error.too_many_attempts", wait=t.duration(err.retry_after)), 429
    else:
        await sign_in(request, account)
        raise web.HTTPSeeOther("/places/new")
    return await render(request, "sign_up.html", status=status, error=error, name=name[:NAME_MAX], **LIMITS)


@routes.get("/sign-in")
async def show_sign_in(request: web.Request) -> web.Response:
    """Show the login."""
    if await current_account(request):
        raise web.HTTPSeeOther("/")
    return await render(request, "sign_in.html")


@routes.post("/sign-in")
async def do_sign_in(request: web.Request) -> web.Response:
    """Sign in."""
    fields, t = await form(request), await texts(request)
    name = fields.get("name", "")
    try:
        account = await request.app[ACCOUNTS].sign_in(name, fields.get("password", ""), request.remote or "")
    except WrongLoginError:
        error, status = t("sign_in.wrong"), 401
    except TooManyAttemptsError as err:
        error, status = t("error.too_many_attempts", wait=t.duration(err.retry_after)), 429
    else:
        await sign_in(request, account)
        raise web.HTTPSeeOther("/")
    return await render(request, "sign_in.html", status=status, error=error, name=name[:NAME_MAX])


@routes.post("/sign-out")
async def do_sign_out(request: web.Request) -> web.Response:
    """Sign out. Copies of the cookie become invalid."""
    await sign_out(request)
    raise web.HTTPSeeOther("/")
