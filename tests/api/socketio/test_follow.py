"""The followers of `test_resume.py`: they survive every end of a connection, and none dies without a word."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import json
import socket
import struct
import sys
from typing import Final, Self

import pytest

from ...conftest import Home, Tokens
from .clients.javascript import start_process

pytestmark = pytest.mark.slow

# A close frame of a server, with the code 1000 (RFC 6455, section 5.5.1).
CLOSE_FRAME: Final = b"\x88\x02\x03\xe8"
# SO_LINGER of no time: a socket that closes so resets its connection.
RESET: Final = struct.pack("ii", 1, 0)
ENDS: Final = 3


def close(client: asyncio.StreamWriter) -> None:
    client.write(CLOSE_FRAME)
    client.close()


def reset(client: asyncio.StreamWriter) -> None:
    client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.transport.abort()


class EarlyEnd:
    """A TCP proxy to the home. It ends the first WebSockets through it in the place of the home's first frame."""

    def __init__(self, home_port: int, end: Callable[[asyncio.StreamWriter], None]) -> None:
        self.ended = 0
        self._home_port = home_port
        self._end = end

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._server.close_clients()
        await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        home_reader, home_writer = await asyncio.open_connection("127.0.0.1", self._home_port)
        requests = asyncio.create_task(self._carry(reader, home_writer))
        with suppress(OSError):
            await self._carry_answers(home_reader, writer)
        requests.cancel()
        home_writer.transport.abort()
        writer.close()

    async def _carry_answers(self, home: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while chunk := await home.read(65536):
            if chunk.startswith(b"HTTP/1.1 101") and self.ended < ENDS:
                head, blank, frame = chunk.partition(b"\r\n\r\n")
                client.write(head + blank)
                if not frame:
                    await home.read(1)
                self.ended += 1
                self._end(client)
                return
            client.write(chunk)
            await client.drain()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
            writer.write_eof()


async def follow(**follower: str) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader, asyncio.StreamReader]:
    """Start a follower; return its process, its output and its errors. It stays while its stdin is open."""
    process = await start_process(sys.executable, "follow.py", "1", json.dumps([{"name": "python", **follower}]))
    assert process.stdout is not None
    assert process.stderr is not None
    return process, process.stdout, process.stderr


@pytest.mark.parametrize("end", [close, reset])
@pytest.mark.parametrize("way", ["websocket", "upgrade"])
async def test_a_websocket_that_ends_before_its_first_message_is_one_more_life(
    home: Home, tokens: Tokens, way: str, end: Callable[[asyncio.StreamWriter], None]
) -> None:
    async with asyncio.timeout(20), EarlyEnd(home.client.port, end) as network:
        process, heard, failed = await follow(way=way, url=network.url, token=tokens.token)
        line = await heard.readline()
        assert line, (await failed.read()).decode()
        assert json.loads(line)["event"] == "snapshot"
        assert network.ended > 0
        assert process.stdin is not None
        process.stdin.close()
        assert await process.wait() == 0


async def test_a_follower_that_dies_takes_its_process_with_it() -> None:
    """So `test_resume.py`, which watches the process, fails with the exception and does not wait for its time."""
    async with asyncio.timeout(20):
        process, heard, failed = await follow(way="a way there is not", url="http://127.0.0.1", token="x")
        assert await process.wait() != 0
        assert await heard.read() == b""
        assert "KeyError: 'a way there is not'" in (await failed.read()).decode()
