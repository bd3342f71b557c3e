from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import threading
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
import pytest

from website.app import create_app
from website.settings import Settings

from .browser import Visitor
from .home import StandInHome, stand_in_home


@pytest.fixture(autouse=True)
def _custom_integrations(socket_enabled: None) -> None:
    """No Home Assistant here, but real sockets; the others' fixture of this name starts one for each test."""


@pytest.fixture(autouse=True)
def password_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords by Argon2id at its lowest cost: the real one is a fifth of a second and 64 MiB."""
    monkeypatch.setattr("website.accounts.PasswordHasher", lambda: PasswordHasher.from_parameters(CHEAPEST))


@pytest.fixture
async def home() -> AsyncGenerator[StandInHome]:
    async with stand_in_home() as home:
        yield home


@dataclass(frozen=True, slots=True)
class Site:
    """The website, serving."""

    app: web.Application
    origin: str
    data: Path
    visitors: AsyncExitStack

    async def visit(self, language: str = "en") -> Visitor:
        """Open one more browser on it."""
        visitor = Visitor(self.origin, language)
        await self.visitors.enter_async_context(visitor.http)
        return visitor


@asynccontextmanager
async def serve(data: Path, **settings: Any) -> AsyncGenerator[Site]:
    """Serve the website; `origin` is another one when it stands behind a proxy."""
    port = unused_port()
    here = f"http://127.0.0.1:{port}"
    app = create_app(Settings(data=data, **{"origin": here, **settings}))
    async with TestServer(app, port=port), AsyncExitStack() as visitors:
        yield Site(app, here, data, visitors)
    # A database says that it is closed a moment before its thread ends.
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncGenerator[Site]:
    async with serve(tmp_path / "data") as site:
        yield site


@pytest.fixture
async def visitor(site: Site) -> Visitor:
    return await site.visit()


@pytest.fixture
async def resident(visitor: Visitor) -> Visitor:
    """A visitor who is signed in."""
    await visitor.sign_up()
    return visitor
