"""Builds the aiohttp application: middlewares, routes, and the services opened at start-up."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web
import aiohttp_jinja2
from aiohttp_session import session_middleware
import jinja2

from . import csrf
from .accounts import Accounts
from .headers import protect_browser
from .home import connect_homes
from .keys import ACCOUNTS, PLACES, SETTINGS, STORE
from .loopback import redirect_loopback
from .pages import accounts, errors, language, pairing, places
from .places import Places
from .sessions import cookie_storage
from .settings import Settings
from .store import Store
from .vault import Vault

FOLDER = Path(__file__).parent
# Generous: the longest form has three short fields.
BODY_MAX = 64 * 1024


def create_app(settings: Settings) -> web.Application:
    """Build the application. Raises VaultError for a damaged key file, OSError for an unusable data folder."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    vault = Vault.open(settings.data / "key")
    database = settings.data / "website.db"
    database.touch(mode=0o600)
    app = web.Application(
        client_max_size=BODY_MAX,
        # Outermost first.
        middlewares=[
            redirect_loopback,
            session_middleware(cookie_storage(vault, secure=settings.secure)),
            errors.show_errors,
            csrf.protect,
        ],
    )
    app[SETTINGS] = settings
    app.cleanup_ctx.append(lambda app: _services(app, database, vault))
    app.on_response_prepare.append(protect_browser)
    aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for page in (accounts, language, pairing, places):
        app.add_routes(page.routes)
    app.router.add_static("/static", FOLDER / "static")
    return app


async def _services(app: web.Application, database: Path, vault: Vault) -> AsyncIterator[None]:
    """Open the database and the HTTP client; close them in reverse order."""
    settings = app[SETTINGS]
    async with AsyncExitStack() as stack:
        store = await Store.open(database)
        stack.push_async_callback(store.close)
        client = await stack.enter_async_context(connect_homes(public_only=settings.public_homes_only))
        app[STORE] = store
        app[ACCOUNTS] = Accounts(store)
        app[PLACES] = Places(store, vault, client, settings)
        yield
