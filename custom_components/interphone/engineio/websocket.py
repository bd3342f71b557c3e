"""An open WebSocket on aiohttp: reading, writing without waiting, and the closing handshake."""

import asyncio
from contextlib import suppress
import os
import socket
import struct
from typing import Final, Self, override

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web
from aiohttp.abc import AbstractStreamWriter

from .masking import MaskCheck
from .ready import Opcode, websocket_frame

# Unsent bytes that the kernel may buffer for one WebSocket, where the platform has that limit: by default megabytes.
UNSENT_SIZE: Final = 128 * 1024

# The payload of a control frame has 125 bytes, two of which are the code (RFC 6455, section 5.5).
_CLOSE_REASON_MAX = 123


class _Response(web.WebSocketResponse):
    """aiohttp's handshake and reader. Its own `close`, which drops TCP before the client's close frame, does nothing:
    the handshake is `WebSocketConnection.finish`.
    """  # noqa: D205 - one sentence

    @override
    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        return True


class WebSocketConnection:
    """One open WebSocket. Writing never waits; `write` returns at once when the client does not keep up.

    One task reads it, and ends it with `finish`; any other may `write`, `close` or `abort`.
    """

    __slots__ = (
        "_close_sent",
        "_close_timeout",
        "_deadline",
        "_descriptor",
        "_frames",
        "_response",
        "_straight",
        "_transport",
        "_writer",
        "failed",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        response: web.WebSocketResponse,
        writer: AbstractStreamWriter,
        frames: MaskCheck,
        close_timeout: float,
    ) -> None:
        """Take over an accepted socket; `accept` makes one."""
        # Bytes that the kernel does not take at once pause writing: packets then wait in the session's queue, where
        # they are counted.
        transport.set_write_buffer_limits(high=0)
        _limit_kernel_buffer(transport)
        self._descriptor = _plain_descriptor(transport)
        # Whether nothing is buffered, so that frames may bypass the transport.
        self._straight = self._descriptor is not None and not transport.get_write_buffer_size()
        self._transport = transport
        self._response = response
        self._writer = writer
        self._frames = frames
        self._close_timeout = close_timeout
        self._close_sent = False
        self._deadline: asyncio.TimerHandle | None = None
        self.failed = False

    @classmethod
    async def accept(cls, request: web.Request, *, largest: int, close_timeout: float) -> Self:
        """Complete the handshake of `request`. Messages over `largest` bytes end the socket with code 1009.

        No compression: one frame must serve every client, and a deflate state costs more than a session.
        Raises web.HTTPException for a malformed handshake, ConnectionError when the client has left.
        """
        # aiohttp takes what is smaller than its maximum.
        response = _Response(compress=False, autoping=False, autoclose=False, max_msg_size=largest + 1)
        protocol = request.protocol
        # aiohttp has no public way to put something before its reader. Frames that came along with the handshake are
        # kept back until the check stands there.
        early, protocol._message_tail = protocol._message_tail, b""  # noqa: SLF001
        writer = await response.prepare(request)
        frames = MaskCheck(protocol._payload_parser)  # noqa: SLF001
        protocol._payload_parser = frames  # noqa: SLF001
        if early and frames.feed_data(early)[0]:
            protocol.close()
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client left during the handshake")
        return cls(transport, response, writer, frames, close_timeout)

    @property
    def response(self) -> web.WebSocketResponse:
        """The response that the request's handler returns in the end."""
        return self._response

    def write(self, frames: bytes) -> bool:
        """Hand whole frames to the operating system; False when it did not take all, and the rest is buffered.

        With nothing buffered they go to the socket's descriptor: the transport's own `write` costs a third of the
        system call. The descriptor is the socket's for as long as the transport is not closing.
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
        """Return the next message; None once no further one can come.

        After `close`, messages are dropped. `failed` then says whether the end was an error.
        """
        while (content := await self._receive()) is not None:
            if not self._close_sent:
                return content
        return None

    async def _receive(self) -> str | bytes | None:
        message = await self._response.receive()
        while message.type in (WSMsgType.PING, WSMsgType.PONG):
            # Answered here, so that everything is written in one way; no faster than the answers are read.
            if (
                message.type is WSMsgType.PING
                and not self._close_sent
                and not self.write(websocket_frame(message.data, Opcode.PONG))
            ):
                await self.drained()
            message = await self._response.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            content: str | bytes = message.data
            return content
        if message.type is WSMsgType.CLOSE:
            self.close(message.data or WSCloseCode.OK)
        elif message.type is WSMsgType.ERROR:
            self.failed = True
            if isinstance(message.data, WebSocketError):
                self.close(message.data.code)
        return None

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame with `code` and `reason`, once. Whatever the client does, the connection ends within the
        `close_timeout` of `accept`.
        """  # noqa: D205 - one sentence
        if self._close_sent:
            return
        self._close_sent = True
        # Cut where a character ends: the client must refuse what is not UTF-8.
        text = reason.encode()[:_CLOSE_REASON_MAX].decode(errors="ignore").encode()
        content = struct.pack("!H", code) + text
        self.write(websocket_frame(content, Opcode.CLOSE))
        self._deadline = asyncio.get_running_loop().call_later(self._close_timeout, self.abort)

    async def finish(self) -> None:
        """Complete the closing handshake and end the connection (RFC 6455, section 7.1.1).

        Sends a close frame if none was sent, and waits for the client's, until the timeout of `close`.
        """
        self.close(WSCloseCode.OK)
        with suppress(ConnectionError):
            while not self.failed and await self.receive() is not None:
                pass
            await self._writer.drain()
            # After an error the client's frames cannot be read any more. Until it has read ours, bytes of it that come
            # in must not reset the connection.
            if self.failed and self._transport.can_write_eof() and not self._transport.is_closing():
                self._transport.write_eof()
                await self._frames.connection_lost()
        self._transport.close()
        if self._deadline is not None:
            self._deadline.cancel()

    def abort(self) -> None:
        """Drop the connection, and frames that are still buffered."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._transport.abort()


def _plain_descriptor(transport: asyncio.Transport) -> int | None:
    """Return the descriptor of a socket without TLS, None for one with."""
    raw = transport.get_extra_info("socket")
    if raw is None or transport.get_extra_info("sslcontext") is not None:
        return None
    descriptor: int = raw.fileno()
    return descriptor


def _limit_kernel_buffer(transport: asyncio.Transport) -> None:
    """Limit what the kernel buffers unsent; bytes under way to a fast reader are not counted (tcp(7))."""
    raw = transport.get_extra_info("socket")
    if raw is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_SIZE)
