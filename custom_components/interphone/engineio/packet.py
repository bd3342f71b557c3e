"""Engine.IO packets, the same in both versions of the protocol."""

from dataclasses import dataclass
from enum import IntEnum


class PacketType(IntEnum):
    """What a packet is for; on the wire its number is one ASCII digit, or one byte in version 3's binary form."""

    OPEN = 0
    CLOSE = 1
    PING = 2
    PONG = 3
    MESSAGE = 4
    UPGRADE = 5
    NOOP = 6


class Form(IntEnum):
    """How packets are written for one session: its protocol version and whether it can take raw bytes."""

    V4 = 0
    V3 = 1
    V3_BASE64 = 2

    @property
    def version(self) -> int:
        """The protocol version a client names in `EIO`."""
        return 4 if self is Form.V4 else 3


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. Only messages carry bytes; every other type carries text, mostly none."""

    type: PacketType
    data: str | bytes = ""


class PacketError(ValueError):
    """What came in is no packet or payload of this protocol; the session it came from must end."""


TYPES = {str(int(kind)): kind for kind in PacketType}
