"""Clients without a library: HTTP requests and WebSocket frames as bytes, over connections that the test chooses."""

import asyncio
from dataclasses import dataclass
import struct
from typing import Self
from urllib.parse import urlsplit

MASK = b"\x5a\xc3\x0f\x96"


def masked_frame(content: bytes, opcode: int = 1, *, fin: bool = True) -> bytes:
    """Return a client's frame (RFC 6455, section 5.2)."""
    size = len(content)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = struct.pack("!BH", 0x80 | 126, size)
    else:
        length = struct.pack("!BQ", 0x80 | 127, size)
    masked = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(content))
    return bytes([0x80 * fin | opcode]) + length + MASK + masked


@dataclass(slots=True)
class RawConnection:
    """One TCP connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, url: str) -> Self:
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def request(self, method: str, target: str, body: bytes = b"", content_type: str = "") -> tuple[int, bytes]:
        """Send a request on the open connection; return status and body of its response."""
        head = f"{method} {target} HTTP/1.1\r\nHost: home\r\n"
        if method == "POST":
            head += f"Content-Type: {content_type or 'text/plain;charset=UTF-8'}\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(f"{head}\r\n".encode() + body)
        return await self.response()

    async def response(self) -> tuple[int, bytes]:
        async with asyncio.timeout(5):
            head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
            return int(head.split()[1]), await self.reader.readexactly(size)

    async def upgrade(self, target: str, early: bytes = b"") -> None:
        """Send a WebSocket handshake, and `early` in the same segment; read the 101."""
        self.writer.write(
            f"GET {target} HTTP/1.1\r\nHost: home\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
            + early
        )
        async with asyncio.timeout(5):
            assert b" 101 " in (await self.reader.readuntil(b"\r\n\r\n")).splitlines()[0]

    async def frame(self) -> tuple[int, bytes]:
        """Return opcode and content of the next frame; IncompleteReadError at the end of the stream."""
        async with asyncio.timeout(5):
            first, length = await self.reader.readexactly(2)
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2))
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(length)

    async def close_frame(self) -> tuple[int, str]:
        """Read up to the server's close frame; return its code and reason."""
        while (frame := await self.frame())[0] != 8:
            pass
        return int.from_bytes(frame[1][:2]), frame[1][2:].decode()

    async def end(self) -> bytes:
        """Return what comes until the server ends the stream; ConnectionResetError when it resets it."""
        async with asyncio.timeout(5):
            return await self.reader.read()
