"""python-socketio's server on our Engine.IO: checks what clients send before it, and speaks both protocol versions.

The library is used as it is. The engine's events pass through `SocketIoServer`, which hands python-socketio only what a
well-behaved client sends: well-formed packets, at a bounded rate, CONNECT first, one CONNECT a namespace. Nothing
process-wide is changed, so that other integrations keep the stock server.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import logging
from typing import Any, Final, override
from urllib.parse import parse_qsl

from aiohttp import web
import orjson
import socketio
from socketio import exceptions, packet

from ...engineio.packet import PacketError
from ...engineio.ready import ReadyMade
from ...engineio.reason import Reason
from ...engineio.server import Engine
from ...engineio.session import Session
from ...rate import TokenBucket
from .packet import SocketIoPacket, encode

# A session that shows no token within this time is closed.
AUTHENTICATE_TIMEOUT: Final = 5.0
# Events of one session: a slider sends about ten a second; the burst is a scene of sixty devices.
EVENT_RATE: Final = 20.0
EVENT_BURST: Final = 60

_LOGGER = logging.getLogger(__name__)
# python-socketio logs the names of events, which clients choose, and what it ignores: nothing an owner could act upon.
_LIBRARY_LOGGER = logging.getLogger(f"{__name__}.library")
_LIBRARY_LOGGER.setLevel(logging.CRITICAL)

_NO_CONNECT: Final = "no_connect"
_V3: Final = 3
# The first character of a packet is its type.
_CONNECT, _DISCONNECT, _CONNECT_ERROR = (
    str(kind) for kind in (packet.CONNECT, packet.DISCONNECT, packet.CONNECT_ERROR)
)
_BINARY = frozenset({str(packet.BINARY_EVENT), str(packet.BINARY_ACK)})


def _itself(request: web.Request) -> web.Request:
    return request


@dataclass(slots=True)
class _Client:
    """Counters of one Engine.IO session."""

    version: int
    bucket: TokenBucket
    joined: bool = False
    # Attachments that must follow the last packet, and the size of its parts so far.
    attachments: int = 0
    size: int = 0


class _Engine(Engine):
    """Sends what python-socketio encodes in the form of the session's protocol version."""

    @override
    async def send(self, sid: str, data: str | bytes) -> None:
        session = self.find(sid)
        if session is not None:
            if session.form.version == _V3 and isinstance(data, str):
                data = _as_version_3(data)
            # Acknowledgements leave in one write with what else the turn of the loop sends.
            session.write_later(ReadyMade.message(data, json=True))


class SocketIoServer(socketio.AsyncServer):
    """Socket.IO 5 over Engine.IO 4, and the version before over Engine.IO 3, for the same handlers.

    Keyword arguments beyond the ones below go to `Engine`: `settings`, `source_of`. A session that joins no namespace
    within `connect_timeout` seconds is closed; events over `event_rate` a second, after a burst of `event_burst`, wait
    their turn. Connect handlers take `(sid, handshake, auth)`, disconnect handlers `(sid, reason)`: `handshake` is what
    the function of that name makes of the request that opened the session, in that request's context. By default it is
    the request itself.

    Events are sent by `Fanout`. python-socketio's own `emit`, `call` and rooms need an engine that has more methods.
    """

    eio: Engine

    def __init__(
        self,
        *,
        connect_timeout: float = AUTHENTICATE_TIMEOUT,
        event_rate: float = EVENT_RATE,
        event_burst: float = EVENT_BURST,
        handshake: Callable[[web.Request], Any] = _itself,
        logger: logging.Logger = _LOGGER,
        **engine_options: Any,
    ) -> None:
        """Make a server that listens to nothing yet: give `handle_request` the requests of its path."""
        self._connect_timeout = connect_timeout
        self._event_rate = event_rate
        self._event_burst = event_burst
        self._handshake = handshake
        self._logger = logger
        self._clients: dict[str, _Client] = {}
        super().__init__(serializer=SocketIoPacket, logger=_LIBRARY_LOGGER, engineio_logger=logger, **engine_options)
        # In place of python-socketio's own handlers, which these call.
        self.eio.on("connect", self._on_open)
        self.eio.on("message", self._on_message)
        self.eio.on("disconnect", self._on_end)

    def _engineio_server_class(self) -> type[Engine]:
        return _Engine

    @override
    def on(self, event: str, handler: Callable[..., Awaitable[Any]], namespace: str | None = None) -> None:
        """Set the handler of an event. A connect handler that fails refuses; a disconnect handler's failure is logged.

        python-socketio calls a handler that raises TypeError once more with fewer arguments, and forgets to clean up
        after one that raises anything else: these two never raise.
        """
        guards = {"connect": self._guard_connect, "disconnect": self._guard_disconnect}
        super().on(event, guards[event](handler) if event in guards else handler, namespace)

    def _guard_connect(self, handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def connect(sid: str, handshake: Any, auth: Any) -> Any:
            try:
                return await handler(sid, handshake, auth)
            except exceptions.ConnectionRefusedError:
                raise
            except Exception:
                self._logger.exception("The connect handler failed")
                raise exceptions.ConnectionRefusedError("Internal error") from None

        return connect

    def _guard_disconnect(self, handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def disconnect(sid: str, reason: str) -> None:
            try:
                await handler(sid, reason)
            except Exception:
                self._logger.exception("The disconnect handler failed")

        return disconnect

    def engine_sid(self, sid: str, namespace: str = "/") -> str | None:
        """Return the id of the Engine.IO session behind a Socket.IO session, None when it is gone.

        In version 3 it is a secret between the client and the server.
        """
        found: str | None = self.manager.eio_sid_from_sid(sid, namespace)
        return found

    def engine_session(self, sid: str, namespace: str = "/") -> Session | None:
        """Return the Engine.IO session itself, to write to without a look-up each time."""
        engine_sid = self.engine_sid(sid, namespace)
        return None if engine_sid is None else self.eio.find(engine_sid)

    def close(self, sid: str, reason: str, *, namespace: str = "/") -> bool:
        """Close the connection of a session after what was sent to it so far; False when it is gone already."""
        engine_sid = self.engine_sid(sid, namespace)
        try:
            return engine_sid is not None and self.eio.close(engine_sid, reason)
        except Exception:  # the caller closes others too
            self._logger.exception("A session could not be closed")
            return True

    def authenticated(self, sid: str, *, packet_size: int | None = None, namespace: str = "/") -> None:
        """Count a session as authenticated, and set how large its messages may be, in bytes."""
        engine_sid = self.engine_sid(sid, namespace)
        if engine_sid is not None:
            self.eio.authenticated(engine_sid, packet_size=packet_size)

    @override
    async def shutdown(self, reason: str = Reason.SERVER_DISCONNECT) -> None:
        """Close every session with `reason`; when it returns, no task and no timer is left."""
        await self.eio.shutdown(reason)

    # --- events of the engine, one session's in order ---

    async def _on_open(self, eio_sid: str, environ: dict[str, Any]) -> None:
        version = self.eio.version(eio_sid)
        bucket = TokenBucket(self._event_rate, self._event_burst, asyncio.get_running_loop().time())
        client = self._clients[eio_sid] = _Client(version, bucket)
        self.eio.set_deadline(eio_sid, self._connect_timeout, _NO_CONNECT)
        # python-socketio keeps what it is given here, and passes it to connect handlers.
        await self._handle_eio_connect(eio_sid, self._handshake(environ["aiohttp.request"]))
        if version == _V3:  # joins the main namespace without asking
            await self._pass_on(eio_sid, _CONNECT)
            self._note_joined(eio_sid, client)

    async def _on_message(self, eio_sid: str, data: str | bytes) -> None:
        client = self._clients.get(eio_sid)
        if client is None:
            return
        if client.attachments:
            client.attachments -= 1
            self._weigh(eio_sid, client, data)
            await self._pass_on(eio_sid, data)
            return
        if not isinstance(data, str) or not data:
            raise PacketError("not a Socket.IO packet")
        kind = data[0]
        if kind in _BINARY:
            self._expect_attachments(eio_sid, client, data)
        if not await self._wait_turn(eio_sid, client):
            return
        if kind == _CONNECT:
            await self._connect(eio_sid, client, data)
        elif not client.joined:
            raise PacketError("no CONNECT yet")
        else:
            await self._pass_on(eio_sid, data)
        if kind in {_CONNECT, _DISCONNECT}:
            self._note_joined(eio_sid, client)

    async def _on_end(self, eio_sid: str, reason: str) -> None:
        self._clients.pop(eio_sid, None)
        await self._handle_eio_disconnect(eio_sid, reason)

    async def _pass_on(self, eio_sid: str, data: str | bytes) -> None:
        await self._handle_eio_message(eio_sid, data)
        # python-socketio takes a cancelled handler for one that returned None, and would go on with the next message.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError

    async def _connect(self, eio_sid: str, client: _Client, data: str) -> None:
        """Pass on a CONNECT to a namespace that is served and not joined; refuse an unknown one."""
        pkt = SocketIoPacket()
        pkt.decode(data)
        if self.manager.sid_from_eio_sid(eio_sid, pkt.namespace) is not None:
            raise PacketError("joined already")
        if pkt.namespace not in self.handlers and pkt.namespace not in self.namespaces:
            # Both versions know this form, python-socketio's neither.
            error = SocketIoPacket(packet.CONNECT_ERROR, {"message": "Invalid namespace"}, namespace=pkt.namespace)
            for part in encode(error):
                self.eio.write_frame(eio_sid, part)
            return
        if client.version == _V3:  # the credentials are in the namespace's query
            pkt.data = dict(parse_qsl(pkt.query)) or None
            data = pkt.encode()
        await self._pass_on(eio_sid, data)

    def _expect_attachments(self, eio_sid: str, client: _Client, data: str) -> None:
        pkt = SocketIoPacket()
        client.attachments = pkt.decode(data)
        if self.manager.sid_from_eio_sid(eio_sid, pkt.namespace) is None:
            raise PacketError("attachments for a namespace that is not joined")
        client.size = 0
        self._weigh(eio_sid, client, data)

    def _weigh(self, eio_sid: str, client: _Client, data: str | bytes) -> None:
        """Add a part of a packet to its size: all parts together may be as large as one message."""
        client.size += len(data)
        session = self.eio.find(eio_sid)
        if session is not None and client.size > session.packet_size:
            raise PacketError("attachments over the limit of a message")

    async def _wait_turn(self, eio_sid: str, client: _Client) -> bool:
        """Take a token for one packet, or wait until there is one; False when the session leaves meanwhile."""
        loop = asyncio.get_running_loop()
        while wait := client.bucket.take(loop.time()):
            if eio_sid not in self.eio:
                return False
            await asyncio.sleep(wait)
        return True

    def _note_joined(self, eio_sid: str, client: _Client) -> None:
        """Expect a CONNECT from a session that has left its last namespace, and no longer from one that joined."""
        joined = any(
            self.manager.is_connected(self.manager.sid_from_eio_sid(eio_sid, namespace), namespace)
            for namespace in self.manager.get_namespaces()
        )
        if joined and not client.joined:
            self.eio.clear_deadline(eio_sid)
        elif client.joined and not joined:
            self.eio.set_deadline(eio_sid, self._connect_timeout, _NO_CONNECT)
        client.joined = joined


def _as_version_3(text: str) -> str:
    """Rewrite the responses to CONNECT: version 3 has no session id in them, and an error as a bare value."""
    head, brace, rest = text.partition("{")
    if brace and text[0] == _CONNECT:
        return head
    if brace and text[0] == _CONNECT_ERROR:
        refusal = orjson.loads(brace + rest)
        return head + orjson.dumps(refusal.get("data") or refusal["message"]).decode()
    return text
