"""Clients by the thousand: each is a socket and a buffer, and costs no task."""

import asyncio
import gc
import socket
from typing import Any, Self


class Client(asyncio.Protocol):
    """A WebSocket client of either protocol version, which keeps what it hears and answers a close."""

    def __init__(self, version: int, headers: str) -> None:
        """Use `open`."""
        self.version = version
        self.headers = headers
        self.heard: list[str] = []
        self.closed_with: tuple[int, str] | None = None
        self.gone = asyncio.get_running_loop().create_future()
        self._buffer = bytearray()
        self._upgraded = False
        self.transport: asyncio.Transport

    @classmethod
    async def open(cls, url: str, version: int = 4, *, source: str = "127.0.0.1", headers: str = "") -> Self:
        """Connect from an address of this machine; `headers` are whole lines."""
        host, port = url.removeprefix("http://").rstrip("/").split(":")
        sock = socket.socket()
        sock.settimeout(0)
        # Small, so that what is not read stays with the sender.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        sock.bind((source, 0))
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, (host, int(port)))
        _, client = await loop.create_connection(lambda: cls(version, headers), sock=sock)
        return client

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(
            f"GET /socket.io/?EIO={self.version}&transport=websocket HTTP/1.1\r\nHost: home\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n{self.headers}\r\n".encode()
        )

    @property
    def joined(self) -> bool:
        """Whether it is in `/`."""
        return any(text.startswith("40") for text in self.heard[:1])

    def connection_lost(self, _: Exception | None) -> None:
        self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert b" 101 " in head.splitlines()[0], head
            self._upgraded = True
            self._buffer = rest
        taken = 0
        while (frame := self._next_frame(taken)) is not None:
            opcode, content, taken = frame
            if opcode == 8:
                self.closed_with = int.from_bytes(content[:2]), content[2:].decode()
                self.write(content, opcode)
            else:
                self.take(content.decode())
        del self._buffer[:taken]

    def _next_frame(self, start: int) -> tuple[int, bytes, int] | None:
        """Return opcode and content of the frame at `start`, and where it ends; None when it is not whole yet."""
        begin = start + 2
        if len(self._buffer) < begin:
            return None
        length = self._buffer[start + 1]
        if length >= 126:
            size = 2 if length == 126 else 8
            length = int.from_bytes(self._buffer[begin : begin + size])
            begin += size
        end = begin + length
        return None if len(self._buffer) < end else (self._buffer[start] & 15, bytes(self._buffer[begin:end]), end)

    def take(self, text: str) -> None:
        """Act on a message: join, answer pings, keep the rest."""
        if text.startswith("0"):
            if self.version == 4:
                self.write(b"40")
        elif text == "2":
            self.write(b"3")
        else:
            self.heard.append(text)

    def write(self, content: bytes, opcode: int = 1) -> None:
        """Send a frame, masked with zeros."""
        size = len(content)
        length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126, *size.to_bytes(2)])
        self.transport.write(bytes([0x80 | opcode]) + length + bytes(4) + content)


def alive(*kinds: type) -> list[Any]:
    """Return every living object of these kinds."""
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, kinds)]


def open_sockets() -> int:
    """Return how many sockets this process has open."""
    return sum(thing.fileno() >= 0 for thing in alive(socket.socket))
