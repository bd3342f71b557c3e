"""Engine.IO packets, the same in both versions of the protocol."""

import base64
import binascii
from dataclasses import dataclass
from enum import IntEnum


class PacketType(IntEnum):
    """Packet types. On the wire: one ASCII digit, or one byte in version 3's binary form."""

    OPEN = 0
    CLOSE = 1
    PING = 2
    PONG = 3
    MESSAGE = 4
    UPGRADE = 5
    NOOP = 6


class Form(IntEnum):
    """Encoding of a session's packets: the protocol version, and base64 for clients that cannot take raw bytes."""

    V4 = 0
    V3 = 1
    V3_BASE64 = 2

    @property
    def version(self) -> int:
        """The protocol version, as in the query parameter `EIO`."""
        return 4 if self is Form.V4 else 3


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. Only messages carry bytes; the other types carry text, mostly the empty one."""

    type: PacketType
    data: str | bytes = ""


class PacketError(ValueError):
    """The input is not a packet or payload of this protocol. The server closes the session that sent it."""


TYPES = {str(int(kind)): kind for kind in PacketType}

# The URL-safe alphabet (RFC 4648, section 5) and the line breaks of MIME (RFC 2045, section 6.8).
_BASE64_VARIANTS = str.maketrans("-_", "+/", "\r\n\t ")


def decode_base64(text: str) -> bytes:
    """Decode base64 as clients write it: either alphabet, with or without line breaks and padding.

    Java's and Android's encoders wrap lines at 76 characters and end with a line break. Unlike the JavaScript server,
    which skips or cuts off what it cannot decode, this raises PacketError for any other character.
    """
    digits = text.translate(_BASE64_VARIANTS).rstrip("=")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error, ValueError:
        raise PacketError("not base64") from None
