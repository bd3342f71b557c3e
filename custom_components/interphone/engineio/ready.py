"""Packets that are encoded once for any number of sessions: as WebSocket frames and as parts of polling payloads."""

from collections.abc import Iterator, Sequence
from enum import IntEnum
import re
import struct
from typing import Final

from . import codec3, codec4
from .packet import Form, Packet, PacketType

# A batch is written in portions of about this size, so that a client that does not read is found after the first. The
# kernel may buffer as much anyway.
BATCH_PORTION: Final = 128 * 1024

_FIN = 0x80
_LENGTH_7BIT, _LENGTH_16BIT = 126, 1 << 16
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class Opcode(IntEnum):
    """Opcodes of WebSocket frames (RFC 6455, section 5.2)."""

    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PONG = 10


def websocket_frame(content: bytes, opcode: Opcode) -> bytes:
    """Return `content` as one unmasked, uncompressed frame, as a server sends it (RFC 6455, section 5.2)."""
    first, length = _FIN | opcode, len(content)
    if length < _LENGTH_7BIT:
        return bytes((first, length)) + content
    if length < _LENGTH_16BIT:
        return struct.pack("!BBH", first, 126, length) + content
    return struct.pack("!BBQ", first, 127, length) + content


class ReadyMade:
    """One packet for any number of sessions. Each encoding is made when first needed, and kept.

    `json` means that text outside ASCII stands inside JSON strings only. It is then escaped in version 3's text
    payloads, which clients of Socket.IO 1 decode from UTF-8 twice.
    """

    __slots__ = ("_binary_segment", "_frames", "_json", "_segments", "packet", "shared_frame", "size")

    def __init__(self, packet: Packet, *, json: bool = False) -> None:
        """Take `packet`; encode nothing yet."""
        self.packet = packet
        data = packet.data
        self.size = 1 + (len(data) if isinstance(data, bytes) or data.isascii() else len(data.encode()))
        self._json = json
        # The WebSocket frame of a text packet, which is the same in every form: an attribute is the quickest to read.
        self.shared_frame: bytes | None = None
        self._frames: list[bytes | None] = [None, None, None]
        self._segments: list[bytes | None] = [None, None, None]
        self._binary_segment: bytes | None = None

    @classmethod
    def message(cls, data: str | bytes, *, json: bool = False) -> ReadyMade:
        """Return a message that carries `data`."""
        return cls(Packet(PacketType.MESSAGE, data), json=json)

    @property
    def is_binary(self) -> bool:
        """Whether the packet carries bytes."""
        return isinstance(self.packet.data, bytes)

    def frame(self, form: Form) -> bytes:
        """Return the WebSocket frame; text is the same in every form."""
        frame = self.shared_frame or self._frames[form]
        if frame is None:
            frame = self._make_frame(form)
        return frame

    def _make_frame(self, form: Form) -> bytes:
        if form is Form.V4:
            content = codec4.encode(self.packet)
        else:
            content = codec3.encode(self.packet, base64_only=form is Form.V3_BASE64)
        if isinstance(content, str):
            frame = websocket_frame(content.encode(), Opcode.TEXT)
        else:
            frame = websocket_frame(content, Opcode.BINARY)
        if self.is_binary:
            self._frames[form] = frame
        else:
            self.shared_frame = frame
        return frame

    def segment(self, form: Form) -> bytes:
        """Return the packet's part of a text payload."""
        segment = self._segments[form]
        if segment is None:
            segment = codec4.text_segment(self.packet) if form is Form.V4 else codec3.text_segment(self._escaped())
            self._segments[form] = segment
        return segment

    def binary_segment(self) -> bytes:
        """Return the packet's part of a binary payload of version 3."""
        if self._binary_segment is None:
            self._binary_segment = codec3.binary_segment(self.packet)
        return self._binary_segment

    def _escaped(self) -> Packet:
        data = self.packet.data
        if not self._json or isinstance(data, bytes) or data.isascii():
            return self.packet
        return Packet(self.packet.type, _NOT_ASCII.sub(_json_escape, data))


class Batch:
    """Packets for any number of sessions, sent together. Their WebSocket frames are joined once."""

    __slots__ = ("_portions", "items")

    def __init__(self, items: Sequence[ReadyMade]) -> None:
        """Take the packets, in the order in which they are sent."""
        self.items = items
        self._portions: list[list[tuple[int, bytes]] | None] = [None, None, None]

    def portions(self, form: Form) -> list[tuple[int, bytes]]:
        """Return the joined frames in portions of about `BATCH_PORTION` bytes.

        Each comes with the number of packets up to its end.
        """
        portions = self._portions[form]
        if portions is None:
            portions = self._portions[form] = list(self._join(form))
        return portions

    def _join(self, form: Form) -> Iterator[tuple[int, bytes]]:
        frames: list[bytes] = []
        size = 0
        for number, item in enumerate(self.items, 1):
            frames.append(item.frame(form))
            size += item.size
            if size >= BATCH_PORTION or number == len(self.items):
                yield number, b"".join(frames)
                frames, size = [], 0


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{unit:04x}" for (unit,) in struct.iter_unpack("!H", units))


def payload(items: list[ReadyMade], form: Form) -> tuple[bytes, bool]:
    """Return the response body of a poll, and whether it is binary."""
    if form is Form.V3 and any(item.is_binary for item in items):
        return codec3.join([item.binary_segment() for item in items]), True
    join = codec4.join if form is Form.V4 else codec3.join
    return join([item.segment(form) for item in items]), False
