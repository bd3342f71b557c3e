"""Sending: each event is encoded once, and written to every session in the order it was handed in.

Nothing is awaited and no task is made per session. A session that reads slower than it is written to is closed by the
engine.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from socketio import packet

from ...engineio.ready import ReadyMade
from ...engineio.session import Session as EngineSession
from .packet import SocketIoPacket, encode
from .server import SocketIoServer


def ready(event: str, payload: Any) -> list[ReadyMade]:
    """Encode an event, once for whoever gets it. The payload is JSON."""
    return encode(SocketIoPacket(packet.EVENT, data=[event, payload]))


class Fanout:
    """Sends to many sessions through one server."""

    def __init__(self, server: SocketIoServer) -> None:
        """Send through `server`."""
        self._server = server

    def send(self, sids: Iterable[str], event: str, payload: Any) -> None:
        """Send an event to these sessions; those that are gone are passed over."""
        self.write(sids, ready(event, payload))

    def write(self, sids: Iterable[str], parts: Sequence[ReadyMade]) -> None:
        """Send what is encoded already to these sessions; those that are gone are passed over."""
        self.broadcast([session for sid in sids if (session := self._server.engine_session(sid))], parts)

    def join_acks(self, write: Callable[[], object] | None) -> None:
        """Call `write` just before acknowledgements leave, so that what it broadcasts leaves with them."""
        self._server.eio.before_flush = write

    def broadcast(self, sessions: Sequence[EngineSession], parts: Sequence[ReadyMade]) -> None:
        """Send what is encoded already to these Engine.IO sessions, in one write each.

        One whose write fails is dropped and never stops the others: see `Engine.broadcast`.
        """
        self._server.eio.broadcast(sessions, parts)

    def close(self, sids: Iterable[str], reason: str, *, for_good: bool) -> None:
        """Close these sessions after what was sent to them before.

        With `for_good` they get a Socket.IO DISCONNECT first, after which clients do not reconnect by themselves.
        """
        sids = tuple(sids)
        if for_good:
            self.write(sids, encode(SocketIoPacket(packet.DISCONNECT)))
        for sid in sids:
            self._server.close(sid, reason)
