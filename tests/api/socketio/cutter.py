"""A network that drops: a TCP proxy to the home, for one client, that cuts all its connections at random moments."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
import math
from random import Random
from typing import Self

# How many bytes pass between two cuts, both ways together: from an unfinished handshake to a long talk, each order of
# magnitude as likely as another.
_PASS = (300, 100_000)
_CHUNK = 4096


class Cut(Enum):
    """How a connection ends for whom."""

    RESET = "both sides see a reset"
    CLOSED = "both sides see the end of the stream"
    UNNOTICED = "the client sees a reset, the home nothing"


@dataclass(eq=False)
class Connection:
    """The two ends of one."""

    client: asyncio.StreamWriter
    home: asyncio.StreamWriter
    dropped: bool = False

    def drop(self, how: Cut) -> None:
        self.dropped = True
        match how:
            case Cut.CLOSED:
                self.client.close()
                self.home.close()
            case Cut.RESET:
                self.client.transport.abort()
                self.home.transport.abort()
            case Cut.UNNOTICED:
                self.client.transport.abort()


class Cutter:
    """Takes connections on a port of its own, as an async context manager; to the home they come from `source`."""

    def __init__(self, home_port: int, source: str, random: Random) -> None:
        self.cuts = 0
        self._home_port = home_port
        self._source = source
        self._random = random
        self._left = self._draw()
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def rest(self) -> None:
        """Cut nothing any more."""
        self._left = math.inf

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with suppress(OSError, asyncio.CancelledError):
            home = await asyncio.open_connection("127.0.0.1", self._home_port, local_addr=(self._source, 0))
            connection = Connection(writer, home[1])
            self._connections.add(connection)
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._carry(connection, reader, home[1]))
                    both.create_task(self._carry(connection, home[0], writer))
            finally:
                self._connections.discard(connection)
                home[1].transport.abort()
        writer.transport.abort()

    async def _carry(self, connection: Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes, up to the byte at which the network drops; and then nothing."""
        while chunk := await self._read(reader):
            if connection.dropped:
                continue
            if len(chunk) < self._left:
                self._left -= len(chunk)
                writer.write(chunk)
                with suppress(OSError):
                    await writer.drain()
            else:
                writer.write(chunk[: int(self._left)])
                self._cut()
        if not connection.dropped:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        with suppress(OSError):
            return await reader.read(_CHUNK)
        return b""

    def _draw(self) -> float:
        return math.exp(self._random.uniform(*map(math.log, _PASS)))

    def _cut(self) -> None:
        self.cuts += 1
        self._left = self._draw()
        how = self._random.choice(list(Cut))
        for connection in self._connections:
            connection.drop(how)
        self._connections.clear()
