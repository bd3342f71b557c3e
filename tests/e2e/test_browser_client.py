"""socket.io-client in a browser, on a page of another site than the home (cross-site, with credentials)."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from conftest import Demo
from elsewhere import SCRIPTS, serve, serve_pages
from playwright.async_api import Browser, Page, WebSocket
import pytest

from custom_components.interphone.api.origin import cors_headers
from custom_components.interphone.api.socketio.server import SocketIoServer
from custom_components.interphone.engineio.settings import Settings
from tests.api.socketio.clients.application import HEARD, Application
from tests.api.socketio.clients.javascript import BEHAVIOURS, WAYS, run_script

SETTINGS = Settings(
    ping_interval=0.5, ping_timeout=10, linger_timeout=2, packet_size=1_000_000, sessions_per_source=200
)


@pytest.fixture
async def server() -> AsyncGenerator[str]:
    """The application of the Socket.IO tests, with CORS headers for every origin."""
    sio = SocketIoServer(settings=SETTINGS)
    Application(sio)

    async def answer(request: web.Request) -> web.StreamResponse:
        response: web.StreamResponse = await sio.handle_request(request)
        if not response.prepared:
            response.headers.update(cors_headers(request))
        return response

    app = web.Application()
    app.router.add_route("*", "/socket.io/", answer)
    async with serve(app) as port:
        yield f"http://127.0.0.1:{port}"
        await sio.shutdown()


@pytest.fixture(scope="module")
async def pages() -> AsyncGenerator[int]:
    async with serve_pages() as port:
        yield port


@pytest.fixture
async def tab(browser: Browser) -> AsyncGenerator[Page]:
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def test_every_behaviour_over_every_transport(server: str, pages: int, tab: Page) -> None:
    await tab.goto(f"http://localhost:{pages}/")
    reports = await tab.evaluate("url => runBehaviours(platform, url)", server)
    assert [report for report in reports if not report["ok"]] == []
    assert Counter(report["transport"] for report in reports) == dict.fromkeys(WAYS, BEHAVIOURS)


async def test_a_broadcast_reaches_the_page_and_every_generation_alike(server: str, pages: int, tab: Page) -> None:
    await tab.goto(f"http://localhost:{pages}/")
    awaited = 5 * len(WAYS)
    others = asyncio.create_task(run_script("mixed.js", server, str(awaited)))
    hear = "([url, ways, awaited]) => Promise.all(ways.map((way) => hear(platform, url, way, awaited)))"
    heard = await tab.evaluate(hear, [server, WAYS, awaited])
    heard += [report["heard"] for report in await others]
    assert len(heard) == awaited
    for each in heard:
        assert each == HEARD


@dataclass(frozen=True, slots=True)
class Website:
    """A website, and its grant at the demo's home."""

    home: str
    origin: str
    token: str


@pytest.fixture(scope="module")
async def website(demo: Demo, pages: int) -> AsyncGenerator[Website]:
    """Pair by a code begun at home; revoke the grant in the end."""
    # Another host name than the page's, so that home and page are different sites, not only different origins.
    home, origin = demo.api.url.replace("localhost", "127.0.0.1"), f"http://localhost:{pages}"
    async with demo.api.socket() as socket, aiohttp.ClientSession(home) as http:
        code = (await socket.command("interphone/pairing/begin"))["pairing"]["code"]
        async with http.post("/api/interphone/codecheck", headers={"code": code}) as response:
            paired = await response.json()
        yield Website(home, origin, paired["token"])
        await socket.command("interphone/grants/revoke", grant_id=paired["grant_id"])
        await allow(demo, demo.website)


async def allow(demo: Demo, *origins: str) -> None:
    """Set the home's list of allowed origins."""
    [entry] = [entry for entry in await demo.api.entries() if entry["domain"] == "interphone"]
    await demo.api.reconfigure(entry["entry_id"], {"origins": list(origins)})


async def enter(page: Page, website: Website, way: str, *, header: bool = False) -> None:
    """Connect the page to the home, with the token in `auth` or in a header."""
    headers = {"Authorization": f"Bearer {website.token}"} if header else None
    arguments = [website.home, way, website.token, headers]
    await page.evaluate("([home, way, token, headers]) => { entered = enter(home, way, token, headers); }", arguments)


async def received(page: Page, count: int) -> list[Any]:
    """Wait until the page has received `count` events, and return all of them."""
    await page.wait_for_function("count => entered.received.length >= count", arg=count)
    events: list[Any] = await page.evaluate("entered.received")
    return events


@pytest.mark.parametrize(
    ("way", "header"),
    # A custom header causes a CORS preflight. Browsers send no custom headers with a WebSocket.
    [("polling", False), ("polling", True), ("websocket", False), ("upgrade", False)],
    ids=["polling", "polling with a header", "websocket", "upgrade"],
)
async def test_a_page_on_the_list_is_served_until_it_is_taken_off(
    demo: Demo, website: Website, tab: Page, way: str, *, header: bool
) -> None:
    await allow(demo, demo.website, website.origin)
    await tab.goto(website.origin)
    await enter(tab, website, way, header=header)
    (first, _), (second, snapshot) = await received(tab, 2)
    assert (first, second) == ("connect", "snapshot")
    [light] = [device for device in snapshot["devices"] if device["name"] == "Kitchen Lights"]
    on = light["state"]["on_off"]["on"]
    envelope = {"id": f"{way} {header}", "device": light["id"], "command": "on_off.set", "params": {"on": not on}}
    ack = await tab.evaluate("envelope => entered.socket.timeout(5000).emitWithAck('command', envelope)", envelope)
    assert ack["status"] == "confirmed"
    event, change = (await received(tab, 3))[2]
    assert (event, change["id"], change["state"]["on_off"]) == ("state", light["id"], {"on": not on})
    await allow(demo, demo.website)
    assert (await received(tab, 5))[3:] == [
        ["revoked", {"reason": "origin_not_allowed"}],
        ["disconnect", "io server disconnect"],
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("page", ["of another origin", "of no origin"])
async def test_a_page_that_is_not_on_the_list_gets_nothing(
    demo: Demo, website: Website, pages: int, tab: Page, way: str, page: str
) -> None:
    """A valid token does not help, and no session is opened by a request whose response the page cannot read."""
    await allow(demo, demo.website, website.origin)
    frames: list[str | bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(frame))  # noqa: PLW0108 - playwright marks what it calls

    tab.on("websocket", listen)
    if page == "of another origin":
        await tab.goto(f"http://elsewhere.localhost:{pages}")
    else:
        for script in SCRIPTS.values():
            await tab.add_script_tag(path=script)
    await enter(tab, website, way)
    assert await received(tab, 1) == [["connect_error", "websocket error" if way == "websocket" else "xhr poll error"]]
    assert frames == []
    async with tab.expect_response(lambda response: response.url.startswith(website.home)) as response:
        blind = "url => fetch(url, { mode: 'no-cors', credentials: 'include' })"
        await tab.evaluate(blind, f"{website.home}/socket.io/?EIO=4&transport=polling")
    assert (await response.value).status == 403
