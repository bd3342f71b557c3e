"""Follows the feed of a home with Python's client, as follow.js does with JavaScript's: same arguments, same lines."""

import asyncio
from contextlib import suppress
from functools import partial
import json
from random import Random
import sys
import traceback
from typing import Any

import aiohttp
import socketio
from socketio.exceptions import SocketIOError

WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


class Follower:
    """One website, with the access token `token`."""

    def __init__(self, name: str, way: str, url: str, token: str, *, seed: int) -> None:
        self.restless = True
        self._name, self._way, self._url, self._token = name, way, url, token
        self._random = Random(seed)  # noqa: S311 - no secret
        self._position: dict[str, Any] | None = None
        self._until_leaving = self._random.uniform(0, 60)
        self._client: socketio.AsyncClient | None = None

    async def run(self) -> None:
        """Follow until cancelled. Python's client does not come back from everything by itself: each has one life."""
        # One session of HTTP for all, and ours: the client leaves its own unclosed.
        async with aiohttp.ClientSession() as http:
            while True:
                client = self._client = self._new_client(http)
                with suppress(SocketIOError, aiohttp.ClientError, TimeoutError):
                    await self._live(client)
                self._client = None
                loops = [loop for loop in (client.eio.read_loop_task, client.eio.write_loop_task) if loop]
                for loop in loops:
                    loop.cancel()
                await asyncio.gather(*loops, return_exceptions=True)
                await asyncio.sleep(self._random.uniform(0.005, 0.03))

    async def _live(self, client: socketio.AsyncClient) -> None:
        """Connect, and return when it is over, one way or another."""
        gone = asyncio.Event()
        client.on("disconnect", lambda _reason: gone.set())
        auth = {"token": self._token, "since": self._position}
        try:
            async with asyncio.timeout(1):
                await client.connect(self._url, transports=WAYS[self._way], auth=auth, wait_timeout=0.3)
        except TypeError as err:
            if not _is_early_end(err):
                raise
            return
        left = asyncio.create_task(gone.wait())
        await asyncio.wait((client.eio.read_loop_task, left), return_when=asyncio.FIRST_COMPLETED)
        left.cancel()

    def _new_client(self, http: aiohttp.ClientSession) -> socketio.AsyncClient:
        client = socketio.AsyncClient(reconnection=False, http_session=http)

        async def hear(event: str, payload: dict[str, Any]) -> None:
            # What a client hands out after its end has been asked for once more.
            if client is self._client:
                await self._hear(event, payload)

        async def refused(data: Any = None) -> None:
            if isinstance(data, dict) and "data" in data:
                self._say("refused", data["data"])

        for event in ("snapshot", "resume", "state", "devices", "event"):
            client.on(event, partial(hear, event))
        client.on("connect_error", refused)
        return client

    async def _hear(self, event: str, payload: dict[str, Any]) -> None:
        epoch = payload.get("epoch") or (self._position or {}).get("epoch")
        self._position = {"epoch": epoch, "seq": payload["seq"]}
        self._say(event, payload)
        self._until_leaving -= 1
        if self.restless and self._until_leaving < 0 and self._client is not None:
            self._until_leaving = self._random.uniform(0, 60)
            self._client.start_background_task(self._client.disconnect)

    def _say(self, event: str, payload: Any) -> None:
        sys.stdout.write(f"{json.dumps({'name': self._name, 'event': event, 'payload': payload})}\n")
        sys.stdout.flush()


def _is_early_end(err: TypeError) -> bool:
    """Return whether a WebSocket ended before its first message: python-engineio decodes the close code as a packet."""
    return traceback.extract_tb(err.__traceback__)[-1].name == "decode"


async def main(seed: str, followers: str) -> None:
    """Follow until stdin ends. A follower that raises ends all of them, and the process with its exception."""
    each = [Follower(**each, seed=int(seed) + number) for number, each in enumerate(json.loads(followers))]
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(follower.run()) for follower in each]
        while await stdin.readline():
            for follower in each:
                follower.restless = False
        for task in tasks:
            task.cancel()


asyncio.run(main(*sys.argv[1:]))
