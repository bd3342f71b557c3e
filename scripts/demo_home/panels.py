"""The home's two kinds of panel: a dashboard on Home Assistant's WebSocket, and a display on Socket.IO."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from .api import HomeApi
from .live import LiveSession


class Panels:
    """A dashboard and a display, both watching, as an async context manager."""

    def __init__(self, api: HomeApi) -> None:
        self._api = api
        self._display = LiveSession(api.url, api.token)
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            socket = await stack.enter_async_context(self._api.socket())
            self._events = await socket.subscribe("interphone/pairing/subscribe")
            await stack.enter_async_context(self._display)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def wait_on_dashboard(self, state: str, *, bound: bool) -> dict[str, Any]:
        """Return the next pairing that the dashboard shows in this state, bound to a website or not."""
        while True:
            pairing: dict[str, Any] = (await self._events.get())["pairing"]
            if pairing["state"] == state and pairing["bound"] is bound:
                return pairing

    async def wait_on_display(self, code: str) -> None:
        """Wait until the display shows this code."""
        await self._display.wait_for("code", lambda shown: shown == code)
