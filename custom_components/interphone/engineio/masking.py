"""Refuses WebSocket frames of a client that are not masked (RFC 6455, section 5.1)."""

import asyncio
from typing import Final, Protocol

_MASKED, _LENGTH = 0x80, 0x7F
_LENGTH_16BIT, _LENGTH_64BIT = 126, 127
_MASK_SIZE = 4
# A header with reserved bits that no extension defines: every reader closes the connection with 1002.
_INVALID_HEADER: Final = b"\xf0\x80"


class Reader(Protocol):
    """Receiver of the bytes of aiohttp's connection: its reader of WebSocket frames, in C or in Python."""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes; return whether the reader has failed, and what it left over."""

    def feed_eof(self) -> None:
        """Take the end of the connection."""


class MaskCheck:
    """Stands before aiohttp's reader, which takes unmasked frames, and follows where frames begin.

    At the first unmasked frame the reader gets an invalid header in its place, and nothing after it.
    """

    __slots__ = ("_header", "_lost", "_reader", "_refused", "_skip", "_waiter")

    def __init__(self, reader: Reader) -> None:
        """Check what goes to `reader`, from the first frame on."""
        self._reader = reader
        # Bytes until the next header, and the beginning of one that is still incomplete.
        self._skip = 0
        self._header = b""
        self._refused = False
        self._lost = False
        self._waiter: asyncio.Future[None] | None = None

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Pass `data` on, up to the first unmasked frame."""
        if self._refused:
            return False, b""
        if self._header:
            data, self._header = self._header + data, b""
        position, end = self._skip, len(data)
        while position < end:
            size = _frame_size(data[position : position + 10])
            if size is None:
                data, self._header = data[:position], data[position:]
                break
            if not size:
                self._refused = True
                data = data[:position] + _INVALID_HEADER
                break
            position += size
        self._skip = max(position - end, 0)
        return self._reader.feed_data(data) if data else (False, b"")

    def feed_eof(self) -> None:
        """Pass the end of the connection on."""
        self._lost = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        self._reader.feed_eof()

    async def connection_lost(self) -> None:
        """Wait for the end of the connection."""
        if not self._lost:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter


def _frame_size(header: bytes) -> int | None:
    """Return the size of the frame that begins with `header`: None when that is too short, 0 without a mask."""
    if len(header) < 2:  # noqa: PLR2004 - the bytes that every header has
        return None
    if not header[1] & _MASKED:
        return 0
    length, size = header[1] & _LENGTH, 2
    if length >= _LENGTH_16BIT:
        size += 2 if length == _LENGTH_16BIT else 8
        if len(header) < size:
            return None
        length = int.from_bytes(header[2:size])
    return size + _MASK_SIZE + length
