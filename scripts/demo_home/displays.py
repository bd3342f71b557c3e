"""The home's two kinds of display: a dashboard on Home Assistant's WebSocket API, and a screen on Socket.IO."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from .api import HomeApi
from .live import LiveSession


class Displays:
    """A subscribed dashboard and a connected screen, as an async context manager."""

    def __init__(self, api: HomeApi) -> None:
        self._api = api
        self._screen = LiveSession(api.url, api.token)
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            socket = await stack.enter_async_context(self._api.socket())
            self._events = await socket.subscribe("interphone/pairing/subscribe")
            await stack.enter_async_context(self._screen)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def wait_on_dashboard(self, state: str, *, bound: bool) -> dict[str, Any]:
        """Return the next pairing in this state that the dashboard receives. `bound`: with a challenge or without."""
        while True:
            pairing: dict[str, Any] = (await self._events.get())["pairing"]
            if pairing["state"] == state and pairing["bound"] is bound:
                return pairing

    async def wait_on_screen(self, code: str) -> None:
        """Wait until the screen receives this code."""
        await self._screen.wait_for("code", lambda shown: shown == code)
