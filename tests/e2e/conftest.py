"""Fixtures of the browser tests: a home and the website, started as `scripts/demo` does, and a Chromium.

`INTERPHONE_HOME` and `INTERPHONE_WEBSITE`, set together, are the URLs of a running demo to use instead. `CHROMIUM` is
the path of the browser.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect
import pytest

from demo_home.api import HomeApi
from demo_home.displays import Displays
from demo_home.home import Home
from demo_home.ports import free_ports
from demo_home.site import Site
from demo_home.steps import Steps

SCREENSHOTS = Path(__file__).parent / "screenshots"
# Milliseconds. Generous, for a busy machine.
TIMEOUT = 20_000
expect.set_options(timeout=TIMEOUT)


@dataclass(slots=True)
class Demo:
    """The running demo. `home` is None for one that was started elsewhere."""

    website: str
    api: HomeApi
    home: Home | None = None
    running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def stop_home(self) -> None:
        """Stop Home Assistant, as an update does."""
        await self.running.aclose()

    async def start_home(self) -> None:
        """Start it again."""
        assert self.home is not None
        self.api = await self.running.enter_async_context(self.home.running(Steps()))

    async def state(self, entity_id: str) -> dict[str, Any]:
        """Return the state of an entity from Home Assistant's REST API."""
        state: dict[str, Any] = await self.api.request("GET", f"/api/states/{entity_id}")
        return state


@pytest.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Demo]:
    home_url, website = os.environ.get("INTERPHONE_HOME"), os.environ.get("INTERPHONE_WEBSITE")
    if home_url and website:
        api = HomeApi(home_url)
        await api.enter()
        yield Demo(website, api)
        await api.close()
        return
    folder = tmp_path_factory.mktemp("demo")
    home_port, website_port = free_ports(2)
    home, site = Home(folder / "home", home_port), Site(folder / "website", website_port)
    home.prepare()
    async with site.running(Steps()):
        demo = Demo(site.origin, HomeApi(home.url), home)
        await demo.api.close()
        await demo.start_home()
        try:
            await home.connect(demo.api, site.origin)
            yield demo
        finally:
            await demo.stop_home()


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable)
        yield browser
        await browser.close()


def collect_errors(context: BrowserContext, errors: list[str]) -> None:
    """Collect console errors: exceptions of scripts, violations of the Content-Security-Policy."""

    def keep(message: ConsoleMessage) -> None:
        if (
            message.type == "error"
            and "Failed to load resource" not in message.text
            and "WebSocket" not in message.text
            # While the home starts, it responds before Interphone is loaded, and so without CORS headers.
            and not ("CORS policy" in message.text and "/socket.io/" in message.text)
        ):
            errors.append(message.text)

    context.on("console", keep)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.set_default_timeout(TIMEOUT)


@dataclass(frozen=True, slots=True)
class Resident:
    """A signed-in user of the website in one browser context, with the home as a place."""

    demo: Demo
    context: BrowserContext
    page: Page
    place: str

    async def open(self, path: str = "") -> Page:
        """Open another tab on the place."""
        tab = await self.context.new_page()
        await tab.goto(self.place + path)
        return tab


async def shoot(page: Page, name: str) -> None:
    """Save a screenshot of the page."""
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


async def type_code(demo: Demo, page: Page) -> None:
    """Read the code on the home's dashboard, type it in, and wait for the place's page."""
    await page.wait_for_url("**/pairings/*")
    async with Displays(demo.api) as displays:
        code = (await displays.wait_on_dashboard("shown", bound=True))["code"]
    await page.get_by_label("Code from the display").fill(f"{code[:3]} {code[3:6]} {code[6:]}")
    await shoot(page, "code")
    await page.get_by_role("button", name="Connect").click()
    await page.wait_for_url("**/places/*")


@pytest.fixture(scope="session")
async def resident(demo: Demo, browser: Browser) -> AsyncGenerator[Resident]:
    """Sign up and pair through the website's pages."""
    errors: list[str] = []
    size = {"width": 1280, "height": 860}
    context = await browser.new_context(locale="en-US", color_scheme="light", viewport=size)
    collect_errors(context, errors)
    page = await context.new_page()
    await page.goto(demo.website)
    await shoot(page, "front")
    await page.get_by_role("link", name="Create an account").click()
    await page.get_by_label("Name").fill("Resident")
    await page.get_by_label("Password").fill("long enough to be good")
    await page.get_by_role("button", name="Create account").click()
    await page.get_by_label("Address of the home").fill(demo.api.url)
    await page.get_by_label("Name of the place").fill("Home by the lake")
    await page.get_by_role("button", name="Show the code at home").click()
    await type_code(demo, page)
    yield Resident(demo, context, page, page.url)
    await context.close()
    assert errors == []
