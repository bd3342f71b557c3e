"""python-socketio's server on our Engine.IO, with the Socket.IO layer's own faults cured.

Only methods of the class are overridden; nothing process-wide is changed, so other integrations keep the stock server.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
import logging
from typing import Any, Final, override
from urllib.parse import parse_qsl

import socketio
from socketio import exceptions, packet

from ...engineio.packet import PacketError
from ...engineio.reason import Reason
from ...engineio.server import Engine
from ...engineio.session import Session
from .manager import SocketIoManager, encode
from .packet import SocketIoPacket

# A session that shows no token within this time is closed.
AUTHENTICATE_TIMEOUT: Final = 5.0
# Events of one session: a slider sends about ten a second; the burst is a scene of sixty devices.
EVENT_RATE: Final = 20.0
EVENT_BURST: Final = 60

_LOGGER = logging.getLogger(__name__)

_NO_CONNECT = "no_connect"
_V3 = 3


@dataclass(slots=True)
class _Peer:
    """What is known of one Engine.IO session: its version, a packet still waiting for attachments, its allowance."""

    version: int
    allowance: float
    counted_at: float
    pending: SocketIoPacket | None = None
    pending_size: int = 0
    joined: int = 0


class SocketIoServer(socketio.AsyncServer):
    """Socket.IO 5 over Engine.IO 4, and the one before over Engine.IO 3, for the same handlers.

    Keyword arguments beyond the ones below go to `Engine`: `settings`, `source_of`. A session that joins no namespace
    within `connect_timeout` is closed; events over `event_rate` a second, after a burst of `event_burst`, wait their
    turn. Connect handlers take `(sid, environ, auth)`, disconnect handlers `(sid, reason)`.
    """

    eio: Engine
    manager: SocketIoManager

    def __init__(
        self,
        *,
        connect_timeout: float = AUTHENTICATE_TIMEOUT,
        event_rate: float = EVENT_RATE,
        event_burst: float = EVENT_BURST,
        logger: logging.Logger = _LOGGER,
        **engine_options: Any,
    ) -> None:
        """Make a server that listens to nothing yet: give `handle_request` the requests of its path."""
        self._connect_timeout = connect_timeout
        self._event_rate = event_rate
        self._event_burst = event_burst
        self._peers: dict[str, _Peer] = {}
        self._calls: dict[str, set[asyncio.Future[Any]]] = {}
        super().__init__(
            client_manager=SocketIoManager(),
            serializer=SocketIoPacket,
            logger=logger,
            engineio_logger=logger,
            **engine_options,
        )

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    # --- for the gateway ---

    def engine_sid(self, sid: str, namespace: str = "/") -> str | None:
        """Return the Engine.IO session behind a Socket.IO session; in version 3 only its client may learn it."""
        found: str | None = self.manager.eio_sid_from_sid(sid, namespace)
        return found

    def engine_session(self, sid: str, namespace: str = "/") -> Session | None:
        """Return the Engine.IO session itself, to write to without looking it up each time."""
        engine_sid = self.engine_sid(sid, namespace)
        return None if engine_sid is None else self.eio.find(engine_sid)

    def version(self, sid: str, namespace: str = "/") -> int | None:
        """Return the Engine.IO version a session speaks, 3 or 4, or None when it is gone."""
        peer = self._peers.get(self.engine_sid(sid, namespace) or "")
        return None if peer is None else peer.version

    def close(self, sid: str, reason: str, *, namespace: str = "/") -> bool:
        """Close the connection of a session after what was sent to it so far; False when it is gone already."""
        engine_sid = self.engine_sid(sid, namespace)
        return engine_sid is not None and self.eio.close(engine_sid, reason)

    def authenticated(self, sid: str, *, packet_size: int | None = None, namespace: str = "/") -> None:
        """Note that a session is known, and how large its messages may be."""
        engine_sid = self.engine_sid(sid, namespace)
        if engine_sid is not None:
            self.eio.authenticated(engine_sid, packet_size=packet_size)

    async def shutdown(self, reason: str = Reason.SERVER_DISCONNECT) -> None:
        """Close every session with `reason`; when it returns, no task and no timer is left."""
        await self.eio.shutdown(reason)

    @override
    async def emit(
        self,
        event: str,
        data: Any = None,
        to: Any = None,
        room: Any = None,
        skip_sid: str | list[str] | None = None,
        namespace: str | None = None,
        callback: Any = None,
        ignore_queue: bool = False,
    ) -> None:
        """Send an event; nothing of it is logged."""
        del ignore_queue
        await self.manager.emit(event, data, namespace or "/", room=to or room, skip_sid=skip_sid, callback=callback)

    @override
    async def call(
        self,
        event: str,
        data: Any = None,
        to: str | None = None,
        sid: str | None = None,
        namespace: str | None = None,
        timeout: float = 60,
        ignore_queue: bool = False,
    ) -> Any:
        """Send an event and return what the client acknowledges: None, one value, or a tuple of several.

        Raises socketio's TimeoutError after `timeout` seconds, and its DisconnectedError once the session is gone.
        """
        del ignore_queue
        target, namespace = to or sid, namespace or "/"
        eio_sid = self.engine_sid(target or "", namespace)
        if target is None or eio_sid is None:
            raise exceptions.DisconnectedError
        answer: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()
        ack_id = self.manager.remember_callback(target, partial(_settle, answer))
        calls = self._calls.setdefault(eio_sid, set())
        calls.add(answer)
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        try:
            await self._send_packet(
                eio_sid, SocketIoPacket(packet.EVENT, namespace=namespace, data=[event, *arguments], id=ack_id)
            )
            async with asyncio.timeout(timeout):
                answers = await answer
        except TimeoutError:
            raise exceptions.TimeoutError from None
        finally:
            self.manager.forget_callback(target, ack_id)
            calls.discard(answer)
        return answers if len(answers) > 1 else answers[0] if answers else None

    # --- from Engine.IO ---

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        version = self.eio.version(eio_sid)
        self._peers[eio_sid] = _Peer(version, self._event_burst, asyncio.get_running_loop().time())
        self.eio.expect(eio_sid, self._connect_timeout, _NO_CONNECT)
        await super()._handle_eio_connect(eio_sid, environ)
        if version == _V3:
            await self._handle_connect(eio_sid, "/", None)

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        peer = self._peers.get(eio_sid)
        if peer is None:
            return
        pkt = peer.pending
        if pkt is not None:
            self._weigh(eio_sid, peer, data)
            if pkt.add_attachment(data):
                peer.pending = None
                await self._dispatch(eio_sid, peer, pkt)
            return
        pkt = SocketIoPacket()
        if pkt.decode(data):
            if not peer.joined:
                raise PacketError("attachments before CONNECT")
            peer.pending, peer.pending_size = pkt, 0
            self._weigh(eio_sid, peer, data)
        else:
            await self._dispatch(eio_sid, peer, pkt)

    def _weigh(self, eio_sid: str, peer: _Peer, data: str | bytes) -> None:
        """Count a part of a packet that is not whole yet: all parts together may weigh what one message may."""
        peer.pending_size += len(data)
        session = self.eio.find(eio_sid)
        if session is not None and peer.pending_size > session.packet_size:
            raise PacketError("attachments over the limit of a message")

    async def _dispatch(self, eio_sid: str, peer: _Peer, pkt: SocketIoPacket) -> None:
        if pkt.packet_type in (packet.ACK, packet.BINARY_ACK):
            await self._handle_ack(eio_sid, pkt.namespace, pkt.id, pkt.data)
            return
        if not await self._wait_turn(eio_sid, peer):
            return
        if pkt.packet_type == packet.CONNECT:
            auth = dict(parse_qsl(pkt.query)) if peer.version == _V3 else pkt.data
            await self._handle_connect(eio_sid, pkt.namespace, auth or None)
        elif not peer.joined:
            raise PacketError("no CONNECT yet")
        elif pkt.packet_type == packet.DISCONNECT:
            await self._handle_disconnect(eio_sid, pkt.namespace, self.reason.CLIENT_DISCONNECT)
        else:
            await self._handle_event(eio_sid, pkt.namespace, pkt.id, pkt.data)

    async def _wait_turn(self, eio_sid: str, peer: _Peer) -> bool:
        """Take one event from the session's allowance, or wait until there is one; False when it leaves meanwhile."""
        while True:
            now = asyncio.get_running_loop().time()
            peer.allowance = min(self._event_burst, peer.allowance + (now - peer.counted_at) * self._event_rate)
            peer.counted_at = now
            if peer.allowance >= 1:
                peer.allowance -= 1
                return True
            if eio_sid not in self.eio:
                return False
            await asyncio.sleep((1 - peer.allowance) / self._event_rate)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        for namespace in list(self.manager.get_namespaces()):
            sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
            if sid is not None:
                await self._leave(eio_sid, sid, namespace, reason)
        self._peers.pop(eio_sid, None)
        self.environ.pop(eio_sid, None)
        for answer in self._calls.pop(eio_sid, ()):
            if not answer.done():
                answer.set_exception(exceptions.DisconnectedError())

    # --- namespaces ---

    async def _handle_connect(self, eio_sid: str, namespace: str, data: dict[str, Any] | None) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, namespace) is not None:
            raise PacketError("joined already")
        if not self._serves(namespace):
            await self._refuse(eio_sid, namespace, {"message": "Invalid namespace"}, keep_form=True)
            return
        sid = await self.manager.pre_connect(eio_sid, namespace)
        refusal = await self._ask(eio_sid, sid, namespace, data)
        if refusal is not None:
            await self._refuse(eio_sid, namespace, refusal)
            await self.manager.disconnect(sid, namespace, ignore_queue=True)
            return
        peer = self._peers[eio_sid]
        peer.joined += 1
        # A session that has left meanwhile is still joined and then leaves, so that handlers are called in pairs.
        await self.manager.connect(sid, namespace)
        self.eio.relieve(eio_sid)
        hello = None if peer.version == _V3 else {"sid": sid}
        await self._send_packet(eio_sid, SocketIoPacket(packet.CONNECT, hello, namespace=namespace))

    def _serves(self, namespace: str) -> bool:
        return namespace in self.handlers or namespace in self.namespace_handlers or namespace in self.namespaces

    async def _ask(self, eio_sid: str, sid: str, namespace: str, data: dict[str, Any] | None) -> Any:
        """Return None when the connect handler lets the session in, else what to tell it."""
        try:
            answer = await self._trigger_event("connect", namespace, sid, self.environ[eio_sid], data)
        except exceptions.ConnectionRefusedError as refusal:
            return refusal.error_args
        except Exception:
            self.logger.exception("The connect handler failed")
            return {"message": "Internal error"}
        return exceptions.ConnectionRefusedError().error_args if answer is False else None

    async def _refuse(self, eio_sid: str, namespace: str, refusal: Any, *, keep_form: bool = False) -> None:
        """Say no. The clients of version 3 know a bare value, save for an unknown namespace."""
        if self._peers[eio_sid].version == _V3 and not keep_form and isinstance(refusal, dict):
            refusal = refusal.get("data") or refusal.get("message")
        await self._send_packet(eio_sid, SocketIoPacket(packet.CONNECT_ERROR, refusal, namespace=namespace))

    async def _handle_disconnect(self, eio_sid: str, namespace: str, reason: str | None = None) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid is not None and self.manager.is_connected(sid, namespace):
            await self._leave(eio_sid, sid, namespace, reason or self.reason.CLIENT_DISCONNECT)

    async def _leave(self, eio_sid: str, sid: str, namespace: str, reason: str) -> None:
        if self.manager.is_connected(sid, namespace):
            self.manager.pre_disconnect(sid, namespace)
            await self._trigger_event("disconnect", namespace, sid, reason)
        await self.manager.disconnect(sid, namespace, ignore_queue=True)
        self._count_leaving(eio_sid)

    async def disconnect(self, sid: str, namespace: str | None = None, ignore_queue: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature of python-socketio
        """Take a session out of a namespace and tell it; the connection stays, `close` ends it."""
        del ignore_queue
        namespace = namespace or "/"
        if not self.manager.is_connected(sid, namespace):
            return
        eio_sid = self.engine_sid(sid, namespace) or ""
        await self._send_packet(eio_sid, SocketIoPacket(packet.DISCONNECT, namespace=namespace))
        await self._leave(eio_sid, sid, namespace, self.reason.SERVER_DISCONNECT)

    def _count_leaving(self, eio_sid: str) -> None:
        peer = self._peers.get(eio_sid)
        if peer is not None:
            peer.joined -= 1
            if not peer.joined:
                self.eio.expect(eio_sid, self._connect_timeout, _NO_CONNECT)

    # --- events ---

    async def _handle_event(self, eio_sid: str, namespace: str, id: int | None, data: list[Any]) -> None:  # noqa: A002 - as in python-socketio
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid is None or not self.manager.is_connected(sid, namespace):
            return
        work = self._handle_event_internal(self, sid, eio_sid, data, namespace, id)
        if self.async_handlers:
            self.eio.spawn(work)
        else:
            await work

    async def _handle_ack(self, eio_sid: str, namespace: str, id: int | None, data: list[Any]) -> None:  # noqa: A002 - as in python-socketio
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace)
        if sid is not None and id is not None:
            await self.manager.trigger_callback(sid, id, data)

    async def _trigger_event(self, event: str, namespace: str, *args: Any) -> Any:
        try:
            answer = await super()._trigger_event(event, namespace, *args)
        except Exception:
            if event != "disconnect":
                raise
            self.logger.exception("The disconnect handler failed")
            return None
        # python-socketio takes a cancelled handler for one that returned None, and would go on with the next event.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError
        return answer

    async def _send_packet(self, eio_sid: str, pkt: SocketIoPacket) -> None:
        for part in encode(pkt):
            self.eio.write_frame(eio_sid, part)


def _settle(answer: asyncio.Future[tuple[Any, ...]], *arguments: Any) -> None:
    if not answer.done():
        answer.set_result(arguments)
