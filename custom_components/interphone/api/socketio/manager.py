"""Who is where in Socket.IO: rooms as python-socketio keeps them, with broadcasts that make no tasks."""

from collections.abc import Callable
import inspect
from itertools import count
from typing import Any, override

import socketio
from socketio import packet

from ...engineio.ready import ReadyMade


class SocketIoManager(socketio.AsyncManager):
    """Encodes a broadcast once and writes it to every session in turn, without waiting for any.

    Acknowledgement ids live beside the callbacks, not among them: an acknowledgement of id 0 is as unknown as any.
    """

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self._ack_ids = count(1)

    @override
    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: str | list[str] | None = None,
        callback: Callable[..., object] | None = None,
        to: Any = None,
        **_: Any,
    ) -> None:
        """Send an event to everyone in a room, or, for a `callback`, to each with an id of its own.

        Broadcasts leave out who is still at the door: a session whose connect handler has not yet said yes.
        """
        room = to or room
        skipped = skip_sid if isinstance(skip_sid, list) else [skip_sid]
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        parts = None if callback else self._encode([event, *arguments], namespace)
        for sid, eio_sid in self.get_participants(namespace, room):
            if sid in skipped or (sid != room and self.is_pre_connected(sid, namespace)):
                continue
            ack_id = self.remember_callback(sid, callback) if callback else None
            for part in parts or self._encode([event, *arguments], namespace, ack_id):
                self.server.eio.write_frame(eio_sid, part)

    def _encode(self, data: list[Any], namespace: str, ack_id: int | None = None) -> list[ReadyMade]:
        return encode(self.server.packet_class(packet.EVENT, namespace=namespace, data=data, id=ack_id))

    def remember_callback(self, sid: str, callback: Callable[..., object]) -> int:
        """Keep what an acknowledgement will call, and return the id it will carry."""
        ack_id = next(self._ack_ids)
        self.callbacks.setdefault(sid, {})[ack_id] = callback
        return ack_id

    async def trigger_callback(self, sid: str, id: int, data: list[Any]) -> None:  # noqa: A002 - the name it is called by
        """Call the callback that waits for this acknowledgement; an unknown one is ignored."""
        callback = self.forget_callback(sid, id)
        result = callback(*data) if callback is not None else None
        if inspect.isawaitable(result):
            await result

    def forget_callback(self, sid: str, ack_id: int) -> Callable[..., object] | None:
        """Take a callback out, if it still waits."""
        waiting = self.callbacks.get(sid, {})
        callback: Callable[..., object] | None = waiting.pop(ack_id, None)
        if not waiting:
            self.callbacks.pop(sid, None)
        return callback


def encode(pkt: Any) -> list[ReadyMade]:
    """Return a Socket.IO packet as ready-made messages: its text and then its attachments."""
    encoded = pkt.encode()
    parts = encoded if isinstance(encoded, list) else [encoded]
    return [ReadyMade.message(bytes(part) if isinstance(part, bytearray) else part, json=True) for part in parts]
