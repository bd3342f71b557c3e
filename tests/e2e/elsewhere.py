"""Serves a page of another origin than the home's, with socket.io-client and the behaviours of the Socket.IO tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.api.socketio.clients.javascript import HERE, installed_node

_PAGE = """<!doctype html><meta charset="utf-8"><title>Elsewhere</title>
<script src="/socket.io.js"></script><script src="/behaviours.js"></script><script src="/page.js"></script>"""

SCRIPTS = {
    "/socket.io.js": HERE / "node_modules" / "sio-4" / "dist" / "socket.io.js",
    "/behaviours.js": HERE / "behaviours.js",
    "/page.js": Path(__file__).with_name("page.js"),
}


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[int]:
    """Serve an application on a free port of the loopback interface, and yield the port."""
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serve_pages() -> AsyncIterator[int]:
    """Serve the page under every host name, each of which is another origin; yield the port."""
    installed_node()
    app = web.Application()

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    def script(path: Path) -> web.RouteDef:
        async def answer(_request: web.Request) -> web.FileResponse:
            return web.FileResponse(path)

        return web.get(f"/{path.name}", answer)

    app.router.add_get("/", page)
    app.add_routes([script(path) for path in SCRIPTS.values()])
    async with serve(app) as port:
        yield port
