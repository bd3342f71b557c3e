"""A Socket.IO session of a display or a website, with a queue of received payloads for each event."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import socketio

from .errors import DemoError


class LiveSession:
    """One Socket.IO connection with `token`, as an async context manager.

    `origin` is that of the page that opens the session; a display has none.
    """

    def __init__(self, url: str, token: str, *, origin: str | None = None) -> None:
        self._url = url
        self._token = token
        self._headers = {"Origin": origin} if origin else {}
        self._client = socketio.AsyncClient(reconnection=False)
        self._client.on("*", self._keep)
        self._client.on("disconnect", self._close)
        self._received: dict[str, asyncio.Queue[Any]] = {}
        self._closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        try:
            await self._client.connect(
                self._url, headers=self._headers, auth={"token": self._token}, transports=["websocket"]
            )
        except socketio.exceptions.ConnectionError as err:
            raise DemoError(f"the Socket.IO connection was refused: {err}") from err
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.disconnect()

    async def wait_for(self, event: str, matches: Callable[[Any], bool] = lambda _: True) -> Any:
        """Return the payload of the next `event` that matches; earlier ones are discarded."""
        while True:
            payload = await self._queue(event).get()
            if matches(payload):
                return payload

    async def command(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """Send a command and return its ack."""
        ack: dict[str, Any] = await self._client.call("command", envelope)
        return ack

    async def wait_for_close(self) -> None:
        """Wait until the home closes the connection."""
        await self._closed.wait()

    def _queue(self, event: str) -> asyncio.Queue[Any]:
        return self._received.setdefault(event, asyncio.Queue())

    async def _keep(self, event: str, payload: Any = None) -> None:
        self._queue(event).put_nowait(payload)

    async def _close(self, *_: object) -> None:
        self._closed.set()
