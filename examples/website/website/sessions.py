"""Login sessions. The encrypted cookie holds a random key; the database holds its hash and its expiry."""

from aiohttp import web
from aiohttp_session import get_session, new_session
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from .accounts import SESSION_LIFETIME
from .keys import ACCOUNTS
from .store import Account
from .vault import Vault

KEY = "key"
LANGUAGE = "language"
ACCOUNT = web.RequestKey("account", Account)


def cookie_storage(vault: Vault, *, secure: bool) -> EncryptedCookieStorage:
    """Return the storage of the session cookie: encrypted, `HttpOnly`, `SameSite=Lax`, over HTTPS `Secure`."""
    return EncryptedCookieStorage(
        vault.subkey("session cookie"),
        cookie_name="__Host-session" if secure else "session",
        max_age=SESSION_LIFETIME,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


async def current_account(request: web.Request) -> Account | None:
    """Return the signed-in account, or None."""
    if ACCOUNT not in request:
        key = (await get_session(request)).get(KEY)
        account = await request.app[ACCOUNTS].by_session(key) if isinstance(key, str) else None
        if account is None:
            return None
        request[ACCOUNT] = account
    return request[ACCOUNT]


async def require_account(request: web.Request) -> Account:
    """Return the signed-in account, or redirect to the login page."""
    account = await current_account(request)
    if account is None:
        raise web.HTTPSeeOther("/sign-in")
    return account


async def sign_in(request: web.Request, account: Account) -> None:
    """Sign in with a new session. Keeps nothing of the old one but the language, against session fixation."""
    await _end(request)
    await _renew(request)
    (await get_session(request))[KEY] = await request.app[ACCOUNTS].start_session(account)


async def sign_out(request: web.Request) -> None:
    """End the session here and in the database."""
    await _end(request)
    await _renew(request)


async def _end(request: web.Request) -> None:
    if isinstance(key := (await get_session(request)).get(KEY), str):
        await request.app[ACCOUNTS].end_session(key)


async def _renew(request: web.Request) -> None:
    language = (await get_session(request)).get(LANGUAGE)
    session = await new_session(request)
    session.changed()
    if language:
        session[LANGUAGE] = language
