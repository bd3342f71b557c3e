"""Encoding of Engine.IO 4: packets joined by the record separator; bytes as base64 in payloads, raw in frames."""

import base64

from .packet import TYPES, Packet, PacketError, PacketType, decode_base64

_SEPARATOR = b"\x1e"


def encode(packet: Packet) -> str | bytes:
    """Return the content of the WebSocket frame for `packet`: text, or bytes for a binary message."""
    if isinstance(packet.data, bytes):
        return packet.data
    return f"{packet.type:d}{packet.data}"


def decode(content: str | bytes) -> Packet:
    """Decode the content of one WebSocket frame, or one packet of a payload. Raises PacketError."""
    if isinstance(content, bytes):
        return Packet(PacketType.MESSAGE, content)
    if content.startswith("b"):
        return Packet(PacketType.MESSAGE, decode_base64(content[1:]))
    kind = TYPES.get(content[:1])
    if kind is None:
        raise PacketError("unknown packet type")
    return Packet(kind, content[1:])


def text_segment(packet: Packet) -> bytes:
    """Return `packet` as a part of a payload."""
    if isinstance(packet.data, bytes):
        return b"b" + base64.b64encode(packet.data)
    return f"{packet.type:d}{packet.data}".encode()


def join(segments: list[bytes]) -> bytes:
    """Return the payload of `segments`."""
    return _SEPARATOR.join(segments)


def decode_payload(body: bytes, *, binary: bool, most: int) -> list[Packet]:
    """Decode the body of a POST with at most `most` packets. Raises PacketError for anything else."""
    if binary:
        raise PacketError("payloads are text in version 4")
    if body.count(_SEPARATOR) >= most:
        raise PacketError("too many packets")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise PacketError("not UTF-8") from None
    return [decode(part) for part in text.split("\x1e")]
