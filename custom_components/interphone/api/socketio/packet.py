"""Socket.IO packets, decoded strictly: what a client may not send is refused before any handler sees it.

Given to python-socketio as its `serializer`, so that nothing process-wide is changed.
"""

import re
from typing import Any, Final

import orjson
from socketio import packet as base

from ...engineio.packet import PacketError
from ...engineio.ready import ReadyMade

# Attachments of one packet. No event takes any, but clients may send them: few, so that they do not fill the memory.
ATTACHMENTS_MAX: Final = 10
# Nesting of incoming JSON: commands need five levels, and recursion over more costs stack.
JSON_DEPTH_MAX: Final = 32

# <type>[<attachments>-][<namespace>,][<id>][<JSON>]
_HEAD = re.compile(r"([0-6])(?:([0-9]{1,10})-)?(?:(/[^,]*),?)?([0-9]{1,15})?")
_NAMESPACE_LENGTH_MAX = 128

# Names with a meaning in the protocol or in python-socketio: a client that emits them forges them.
_RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "*"})
_BINARY = (base.BINARY_EVENT, base.BINARY_ACK)
# An acknowledgement without data is an empty one: small clients leave the brackets out.
_ACKS = (base.ACK, base.BINARY_ACK)


class _Json:
    """The JSON encoder that python-socketio's packets use. NaN becomes null: no client could read it."""

    @staticmethod
    def dumps(data: Any, **_options: Any) -> str:
        return orjson.dumps(data).decode()


class SocketIoPacket(base.Packet):
    """A packet of Socket.IO 5, or of the version before (over Engine.IO 3), which is encoded alike.

    `decode` raises `PacketError` for everything that a client may not send: unknown types, reserved events, more than
    ten attachments, JSON that is deeper than 32 levels or holds NaN or infinities.
    """

    json = _Json
    namespace: str
    query = ""

    def decode(self, encoded_packet: Any) -> int:
        """Read the text part and return how many attachments must follow. Raises `PacketError`."""
        head = _HEAD.match(encoded_packet) if isinstance(encoded_packet, str) else None
        if head is None:
            raise PacketError("not a Socket.IO packet")
        kind, count, namespace, ident = head.groups()
        self.packet_type = int(kind)
        self.namespace, _, self.query = (namespace or "/").partition("?")
        self.id = None if ident is None else int(ident)
        self.data = _load(encoded_packet[head.end() :])
        if self.data is None and self.packet_type in _ACKS:
            self.data = []
        self.attachment_count = self._count_attachments(count)
        self._check()
        if self.packet_type in _BINARY and not self.attachment_count:
            # python-socketio would wait for an attachment that never comes.
            self.packet_type = base.EVENT if self.packet_type == base.BINARY_EVENT else base.ACK
        return self.attachment_count

    def _count_attachments(self, count: str | None) -> int:
        if (count is not None) != (self.packet_type in _BINARY):
            raise PacketError("attachments where none belong, or none where some do")
        number = int(count or 0)
        if number > ATTACHMENTS_MAX:
            raise PacketError("too many attachments")
        return number

    def _check(self) -> None:
        data = self.data
        match self.packet_type:
            case base.CONNECT:
                sound = data is None or isinstance(data, dict)
            case base.DISCONNECT:
                sound = data is None
            case base.EVENT | base.BINARY_EVENT:
                sound = isinstance(data, list) and bool(data) and _is_event_name(data[0])
            case base.ACK | base.BINARY_ACK:
                sound = isinstance(data, list) and self.id is not None
            case _:
                sound = False
        if not sound or len(self.namespace) > _NAMESPACE_LENGTH_MAX:
            raise PacketError("not what this packet may hold")

    def add_attachment(self, attachment: Any) -> bool:
        """Add the next attachment; True when the packet is complete. Raises `PacketError` for text in its place."""
        if not isinstance(attachment, bytes):
            raise PacketError("text among attachments")
        self.attachments.append(attachment)
        if len(self.attachments) < self.attachment_count:
            return False
        self.data = _fill(self.data, dict(enumerate(self.attachments)))
        return True


def _is_event_name(name: Any) -> bool:
    return isinstance(name, str) and name not in _RESERVED


def _load(text: str) -> Any:
    if not text:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise PacketError("not JSON") from None
    if value is None:
        raise PacketError("null in place of data")
    if text.count("[") + text.count("{") > JSON_DEPTH_MAX and _is_deep(value):
        raise PacketError("too deep")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(JSON_DEPTH_MAX):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(item: Any) -> list[Any]:
    children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return [child for child in children if isinstance(child, dict | list)]


def _fill(value: Any, attachments: dict[int, bytes]) -> Any:
    """Put the attachments in their places; each has one, so that a small packet cannot stand for a large one."""
    if isinstance(value, list):
        return [_fill(item, attachments) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is not True:
        return {key: _fill(item, attachments) for key, item in value.items()}
    try:
        return attachments.pop(value["num"])
    except KeyError, TypeError:
        raise PacketError("a placeholder for no attachment") from None


def encode(pkt: base.Packet) -> list[ReadyMade]:
    """Return a packet as Engine.IO messages: its text, then its attachments."""
    encoded = pkt.encode()
    return [ReadyMade.message(part, json=True) for part in (encoded if isinstance(encoded, list) else [encoded])]
