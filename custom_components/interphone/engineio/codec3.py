"""Encoding of Engine.IO 3: payloads of length-prefixed packets, as text or as bytes.

Lengths count UTF-16 code units in a text payload and bytes in a binary one. A binary WebSocket frame starts with the
packet type as a byte. A client that cannot take bytes (`b64=1`) gets base64 after a `b`.
"""

import base64
from collections.abc import Iterator

from .packet import TYPES, Packet, PacketError, PacketType, decode_base64

# Longer prefixes are lengths that no body has.
_LENGTH_DIGITS = 9
_TEXT, _BINARY, _END_OF_LENGTH = 0, 1, 0xFF


def encode(packet: Packet, *, base64_only: bool = False) -> str | bytes:
    """Return the content of the WebSocket frame for `packet`."""
    if isinstance(packet.data, str):
        return f"{packet.type:d}{packet.data}"
    if base64_only:
        return f"b{packet.type:d}{base64.b64encode(packet.data).decode('ascii')}"
    return bytes([packet.type]) + packet.data


def decode(content: str | bytes) -> Packet:
    """Decode the content of one WebSocket frame, or one packet of a payload. Raises PacketError."""
    if isinstance(content, bytes):
        if not content or content[0] not in PacketType:
            raise PacketError("unknown packet type")
        kind = PacketType(content[0])
        if kind is not PacketType.MESSAGE:
            raise PacketError("only messages carry bytes")
        return Packet(kind, content[1:])
    if content.startswith("b"):
        if content[1:2] != "4":
            raise PacketError("only messages carry bytes")
        return Packet(PacketType.MESSAGE, decode_base64(content[2:]))
    text_kind = TYPES.get(content[:1])
    if text_kind is None:
        raise PacketError("unknown packet type")
    return Packet(text_kind, content[1:])


def text_segment(packet: Packet) -> bytes:
    """Return `packet` as a part of a text payload: its length and its content, bytes as base64."""
    content = encode(packet, base64_only=True)
    assert isinstance(content, str)  # noqa: S101 - base64_only never gives bytes
    units = len(content) if content.isascii() else len(content.encode("utf-16-le")) // 2
    return f"{units}:{content}".encode()


def binary_segment(packet: Packet) -> bytes:
    """Return `packet` as a part of a binary payload, in which packets are text or bytes."""
    content = encode(packet)
    marker = _TEXT if isinstance(content, str) else _BINARY
    raw = content.encode() if isinstance(content, str) else content
    return bytes([marker, *(int(digit) for digit in str(len(raw))), _END_OF_LENGTH]) + raw


def join(segments: list[bytes]) -> bytes:
    """Return the payload of `segments`, which are all text or all binary ones."""
    return b"".join(segments)


def decode_payload(body: bytes, *, binary: bool, most: int) -> list[Packet]:
    """Decode the body of a POST with at most `most` packets. Raises PacketError for anything else."""
    packets: list[Packet] = []
    for content in _split_binary(body) if binary else _split_text(body):
        if len(packets) == most:
            raise PacketError("too many packets")
        packets.append(decode(content))
    if not packets:
        raise PacketError("empty payload")
    return packets


def _split_text(body: bytes) -> Iterator[str]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise PacketError("not UTF-8") from None
    if text and max(text) > "\uffff":
        yield from _split_utf16(text.encode("utf-16-le"))
        return
    start = 0
    while start < len(text):
        colon = text.find(":", start, start + _LENGTH_DIGITS + 1)
        end = colon + 1 + _length(text[start:colon] if colon >= 0 else "")
        if end > len(text):
            raise PacketError("cut short")
        yield text[colon + 1 : end]
        start = end


def _split_utf16(units: bytes) -> Iterator[str]:
    """Split a text payload with characters outside the basic plane, where one character counts as two."""
    colon_unit = ":".encode("utf-16-le")
    start = 0
    while start < len(units):
        colon = units.find(colon_unit, start, start + 2 * (_LENGTH_DIGITS + 1))
        prefix = units[start:colon].decode("utf-16-le", "replace") if colon >= 0 else ""
        end = colon + 2 + 2 * _length(prefix)
        if end > len(units):
            raise PacketError("cut short")
        try:
            yield units[colon + 2 : end].decode("utf-16-le")
        except UnicodeDecodeError:
            raise PacketError("a length that ends within a character") from None
        start = end


def _split_binary(body: bytes) -> Iterator[str | bytes]:
    start = 0
    while start < len(body):
        marker = body[start]
        stop = body.find(_END_OF_LENGTH, start + 1, start + _LENGTH_DIGITS + 2)
        if marker not in (_TEXT, _BINARY) or stop < 0 or any(digit > 9 for digit in body[start + 1 : stop]):  # noqa: PLR2004 - decimal digits, as bytes
            raise PacketError("bad length")
        end = stop + 1 + _length("".join(map(str, body[start + 1 : stop])))
        if end > len(body):
            raise PacketError("cut short")
        content = body[stop + 1 : end]
        try:
            yield content.decode() if marker == _TEXT else content
        except UnicodeDecodeError:
            raise PacketError("not UTF-8") from None
        start = end


def _length(prefix: str) -> int:
    if not (prefix.isascii() and prefix.isdecimal() and len(prefix) <= _LENGTH_DIGITS):
        raise PacketError("bad length")
    return int(prefix)
