"""The two ways a session reaches its client, on aiohttp: an open WebSocket, and the bodies of polling requests."""

import asyncio
from contextlib import suppress
import os
import socket
from typing import Final, Self

from aiohttp import WSMsgType, hdrs, web
from aiohttp.abc import AbstractStreamWriter

from .ready import Opcode, websocket_frame

# What the kernel may hold unsent for one of them, where it can be told: it would take megabytes unasked.
UNSENT_SIZE: Final = 128 * 1024

# A close frame has room for this many bytes of reason (RFC 6455 §5.5.1).
_CLOSE_REASON_MAX = 123


class WebSocketLink:
    """One open WebSocket. Writing never waits; `write` tells as soon as the client does not keep up."""

    __slots__ = ("_descriptor", "_patience", "_response", "_straight", "_transport", "_writer", "failed")

    def __init__(
        self, request: web.Request, response: web.WebSocketResponse, writer: AbstractStreamWriter, patience: float
    ) -> None:
        """Take over an accepted socket; `accept` is the way to make one."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client left during the handshake")
        # What the kernel does not take at once pauses writing: what waits, waits in the session's queue, where it
        # is counted.
        transport.set_write_buffer_limits(high=0)
        _bound_kernel_buffer(transport)
        self._descriptor = _plain_descriptor(transport)
        # Whether nothing is buffered, so that what is written may go round the transport.
        self._straight = self._descriptor is not None and not transport.get_write_buffer_size()
        self._transport = transport
        self._response = response
        self._writer = writer
        self._patience = patience
        self.failed = False

    @classmethod
    async def accept(cls, request: web.Request, *, largest: int, patience: float) -> Self:
        """Answer the handshake of `request`. Messages over `largest` bytes end the socket with code 1009.

        No compression: one frame must serve every client, and a deflate state costs more than a session.
        Raises web.HTTPException for a malformed handshake, ConnectionError when the client has left.
        """
        # aiohttp takes what is smaller than its maximum.
        response = web.WebSocketResponse(compress=False, autoping=False, max_msg_size=largest + 1, timeout=patience)
        writer = await response.prepare(request)
        return cls(request, response, writer, patience)

    @property
    def response(self) -> web.WebSocketResponse:
        """What the request's handler returns in the end."""
        return self._response

    def write(self, frames: bytes) -> bool:
        """Hand whole frames to the operating system; False when it did not take all, and the rest is buffered.

        With nothing buffered they go to the socket's descriptor: the way through the transport costs a third of what
        the system call does. The descriptor is the socket's for as long as the transport is not closing.
        """
        transport = self._transport
        if transport.is_closing():
            return True
        if self._straight:
            try:
                taken = os.write(self._descriptor, frames)  # type: ignore[arg-type] # there is one
            except OSError:  # the kernel has no room, or the client has left: the transport finds out which
                taken = 0
            if taken == len(frames):
                return True
            frames = frames[taken:]
        transport.write(frames)
        all_taken = not transport.get_write_buffer_size()
        self._straight = all_taken and self._descriptor is not None
        return all_taken

    async def drained(self) -> bool:
        """Wait until the client has taken everything; False when it left instead."""
        try:
            await self._writer.drain()
        except ConnectionError:
            return False
        return not self._transport.is_closing()

    async def receive(self) -> str | bytes | None:
        """Return the next message, or None once the socket is closed; `failed` then says whether in an orderly way."""
        message = await self._response.receive()
        while message.type in (WSMsgType.PING, WSMsgType.PONG):
            # Answered here, so that all that is written goes one way; no faster than the answers are read.
            if message.type is WSMsgType.PING and not self.write(websocket_frame(message.data, Opcode.PONG)):
                await self.drained()
            message = await self._response.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            content: str | bytes = message.data
            return content
        self.failed = message.type is WSMsgType.ERROR
        return None

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye with `code` and `reason`; whatever the client does, be gone within the patience of `accept`."""
        with suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(self._patience):
                await self._response.close(code=code, message=reason.encode()[:_CLOSE_REASON_MAX])
                # Also when the client closed first: a closing transport keeps what is unsent for as long as it likes.
                await self._writer.drain()
                return
        self.abort()

    def abort(self) -> None:
        """Drop the connection and what is still buffered."""
        self._transport.abort()


def _plain_descriptor(transport: asyncio.Transport) -> int | None:
    """Return the descriptor of a socket that carries frames as they are; None for one that encrypts them."""
    raw = transport.get_extra_info("socket")
    if raw is None or transport.get_extra_info("sslcontext") is not None:
        return None
    descriptor: int = raw.fileno()
    return descriptor


def _bound_kernel_buffer(transport: asyncio.Transport) -> None:
    """Have the kernel refuse data behind this much unsent; what is under way to a fast reader is not slowed."""
    raw = transport.get_extra_info("socket")
    if raw is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_SIZE)


def is_binary(request: web.Request) -> bool:
    """Whether the body is declared as bytes; one that is not declared is text."""
    return request.headers.get(hdrs.CONTENT_TYPE, "").lower().startswith("application/octet-stream")


def poll_response(body: bytes, *, binary: bool) -> web.Response:
    """Return the answer to a poll. The charset is said, because some pages are not UTF-8."""
    kind = "application/octet-stream" if binary else "text/plain; charset=UTF-8"
    return web.Response(body=body, headers={"Cache-Control": "no-store", "Content-Type": kind})


def ok_response() -> web.Response:
    """Return the answer to a POST that was understood. Some browsers offer text/plain as a download."""
    return web.Response(body=b"ok", headers={"Cache-Control": "no-store", "Content-Type": "text/html; charset=UTF-8"})
