"""The application the clients talk to: what they ask for, it does."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as RefusedError

from custom_components.interphone.api.socketio.server import SocketIoServer

from ....engineio.conftest import send

UNICODE = "현관문 é ß 😀 \u2028 日本語 "

# What is said in a room, text and bytes by turns; the second as JavaScript's clients report it.
SHOUTS: list[Any] = [
    shout for number in range(20) for shout in ((number, UNICODE), {"number": number, "picture": bytes([number, 255])})
]
HEARD: list[Any] = [
    list(shout) if isinstance(shout, tuple) else [{**shout, "picture": {"bytes": list(shout["picture"])}}]
    for shout in SHOUTS
]


class Application:
    """Handlers for every behaviour of behaviours.js and mixed.js."""

    def __init__(self, sio: SocketIoServer) -> None:
        self.sio = sio
        self.ended: dict[str, str] = {}
        self.credentials: dict[str, Any] = {}
        self.changes: dict[str, int] = {}
        self.watchers: dict[str, str] = {}
        self.audience: list[str] = []
        for name, handler in self._handlers().items():
            sio.on(name, handler)
        sio.on("connect", self.connect_admin, namespace="/admin")
        sio.on("who", self.who, namespace="/admin")

    def _handlers(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        return {
            "connect": self.connect,
            "disconnect": self.disconnect,
            "transport": self.transport,
            "credentials": self.tell_credentials,
            "echo": self.echo,
            "ask": self.ask,
            "kinds": self.kinds,
            "send Unicode": self.send_unicode,
            "burst me": self.burst,
            "disconnect me": self.disconnect_client,
            "revoke me": self.revoke,
            "my id": self.my_id,
            "how did it end": self.how_did_it_end,
            "join": self.join,
            "since": self.since,
            "change": self.change,
            "drop me": self.drop,
        }

    async def connect(self, sid: str, request: web.Request, auth: dict[str, Any] | None) -> None:
        auth = auth or dict(request.query)
        match auth.get("refuse"):
            case "yes":
                raise RefusedError("grant_revoked", {"code": 7})
            case "bare":
                raise RefusedError("grant_paused")
        self.credentials[sid] = auth.get("token")

    async def disconnect(self, sid: str, reason: str) -> None:
        self.ended[sid] = reason

    async def transport(self, sid: str) -> str:
        return self.sio.transport(sid)

    async def tell_credentials(self, sid: str) -> Any:
        return self.credentials[sid]

    async def echo(self, sid: str, *args: Any) -> None:
        send(self.sio, sid, "echo", *args)

    async def ask(self, _sid: str, *args: Any) -> tuple[Any, ...]:
        return args

    async def kinds(self, _sid: str, *args: Any) -> tuple[str, ...]:
        return tuple(type(arg).__name__ for arg in args)

    async def send_unicode(self, _sid: str, times: int) -> str:
        return UNICODE * times

    async def burst(self, sid: str, count: int) -> None:
        for number in range(count):
            send(self.sio, sid, "burst", number)

    async def disconnect_client(self, sid: str) -> None:
        await self.sio.disconnect(sid)

    async def revoke(self, sid: str) -> None:
        send(self.sio, sid, "revoked", {"reason": UNICODE})
        self.sio.close(sid, "revoked")

    async def my_id(self, sid: str) -> str:
        return sid

    async def how_did_it_end(self, _sid: str, other: str) -> str | None:
        return self.ended.get(other)

    async def join(self, sid: str, awaited: int) -> None:
        """Add a client to the audience, and send to all of it once everybody awaited is there."""
        self.audience.append(sid)
        if len(self.audience) == awaited:
            for shout in SHOUTS:
                self.send_to_audience("shout", *(shout if isinstance(shout, tuple) else (shout,)))
            self.send_to_audience("end")

    def send_to_audience(self, event: str, *arguments: Any) -> None:
        for sid in self.audience:
            send(self.sio, sid, event, *arguments)

    async def since(self, sid: str, feed: str, number: int) -> None:
        self.watchers[feed] = sid
        for missed in range(number + 1, self.changes.get(feed, 0) + 1):
            send(self.sio, sid, "change", missed)

    async def change(self, _sid: str, feed: str, count: int) -> None:
        for _ in range(count):
            self.changes[feed] = self.changes.get(feed, 0) + 1
            if feed in self.watchers:
                send(self.sio, self.watchers[feed], "change", self.changes[feed])

    async def drop(self, sid: str, feed: str, count: int) -> None:
        """Lose the connection, and let things change while it is lost."""
        self.watchers.pop(feed)
        self.sio.close(sid, "dropped")
        await self.change(sid, feed, count)

    async def connect_admin(self, sid: str, _request: web.Request, auth: dict[str, Any] | None) -> None:
        self.credentials[sid] = (auth or {}).get("token")

    async def who(self, sid: str) -> tuple[str, Any]:
        return "/admin", self.credentials[sid]
