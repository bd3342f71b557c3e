"""Polling clients of the gateway: each with a poll that waits. Python serves here, for nothing is timed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import json

import aiohttp

from .errors import BenchError
from .subjects import Subject

_PATH = "/socket.io/?EIO=4&transport=polling"
_PER_ADDRESS = 60
_INFLIGHT = 32


@asynccontextmanager
async def polling(subject: Subject, count: int) -> AsyncIterator[None]:
    """Hold so many sessions, each of which has entered and then waits in a poll."""
    limit = asyncio.Semaphore(_INFLIGHT)
    tasks: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:
        try:
            entered: list[asyncio.Event] = []
            for first in range(0, count, _PER_ADDRESS):
                connector = aiohttp.TCPConnector(limit=0, local_addr=(f"127.0.1.{1 + first // _PER_ADDRESS}", 0))
                http = await stack.enter_async_context(
                    aiohttp.ClientSession(f"http://127.0.0.1:{subject.port}", connector=connector)
                )
                for _ in range(min(_PER_ADDRESS, count - first)):
                    entered.append(asyncio.Event())
                    tasks.append(asyncio.create_task(_live(http, subject.steps[0][1], entered[-1], limit)))
            async with asyncio.timeout(60):
                await asyncio.gather(*(event.wait() for event in entered))
            # The last polls have been sent, and are about to wait.
            await asyncio.sleep(0.5)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _live(http: aiohttp.ClientSession, hello: str, entered: asyncio.Event, limit: asyncio.Semaphore) -> None:
    """Enter, and then poll until cancelled."""
    async with limit:
        async with http.get(_PATH) as response:
            opened = await response.text()
        if not opened.startswith("0{"):
            raise BenchError(f"a polling handshake was answered {opened}")
        path = f"{_PATH}&sid={json.loads(opened[1:])['sid']}"
        async with http.post(path, data=hello) as response:
            await response.read()
        while '"snapshot"' not in await _poll(http, path):
            pass
    entered.set()
    with suppress(aiohttp.ClientError):
        while True:
            if "2" in (await _poll(http, path)).split("\x1e"):
                async with http.post(path, data="3") as response:
                    await response.read()


async def _poll(http: aiohttp.ClientSession, path: str) -> str:
    async with http.get(path) as response:
        return await response.text()
