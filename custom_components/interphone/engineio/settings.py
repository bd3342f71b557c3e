"""How the server is set: every time in seconds, every size in bytes. The defaults are the ones of const.py."""

from dataclasses import dataclass
from typing import Final

# Engine.IO. The heartbeat is the one of the JavaScript server: clients and proxies are tuned to it.
PING_INTERVAL: Final = 25.0
PING_TIMEOUT: Final = 20.0
# A WebSocket that is to replace polling must prove itself within this time.
UPGRADE_TIMEOUT: Final = 10.0
# A closing handshake is cut short then, so that an unload is done within 2 s.
CLOSE_TIMEOUT: Final = 1.5
# How long a closed polling session keeps its last packets for one more poll.
LINGER_TIMEOUT: Final = 5.0
# A body that trickles longer than this is given up.
BODY_TIMEOUT: Final = 20.0
# One message or POST: enough for a batch of commands; panels, once known, may send pictures. A body is cut off at its
# limit; a WebSocket message is weighed when it is whole, so that a socket may hold the larger one meanwhile.
PACKET_SIZE: Final = 64 * 1024
PACKET_SIZE_MAX: Final = 1024 * 1024
# Packets in one POST: the JavaScript clients send what gathered during the POST before.
PAYLOAD_PACKETS: Final = 64
# Packets in the answer to one poll: Python's client refuses more.
POLL_PACKETS: Final = 16
# What waits for a client that does not read; at the next packet it is cut off as `too_slow`, and may resume. One
# packet fits always: the snapshot of a large home is a large one.
QUEUE_PACKETS: Final = 512
QUEUE_SIZE: Final = 1024 * 1024
# A client is not read further while this many of its packets wait for the application.
INBOX_PACKETS: Final = 64
# Sessions: a browser's tabs and a home's panels come from one address; all together, idle, stay below 64 MiB. Behind a
# proxy that hides its clients everybody comes from one: then the option lets more in.
SESSIONS: Final = 2048
SESSIONS_PER_SOURCE: Final = 64
SESSIONS_PER_SOURCE_MIN: Final = 8
SESSIONS_UNAUTHENTICATED: Final = 128


@dataclass(frozen=True, slots=True)
class Settings:
    """Times and bounds of the Engine.IO server; tests give it small ones."""

    ping_interval: float = PING_INTERVAL
    ping_timeout: float = PING_TIMEOUT
    upgrade_timeout: float = UPGRADE_TIMEOUT
    close_timeout: float = CLOSE_TIMEOUT
    linger_timeout: float = LINGER_TIMEOUT
    body_timeout: float = BODY_TIMEOUT
    # What one message or POST may weigh: at first, and at most once a session is known.
    packet_size: int = PACKET_SIZE
    packet_size_max: int = PACKET_SIZE_MAX
    payload_packets: int = PAYLOAD_PACKETS
    poll_packets: int = POLL_PACKETS
    queue_packets: int = QUEUE_PACKETS
    queue_size: int = QUEUE_SIZE
    inbox_packets: int = INBOX_PACKETS
    sessions: int = SESSIONS
    sessions_per_source: int = SESSIONS_PER_SOURCE
    sessions_unauthenticated: int = SESSIONS_UNAUTHENTICATED
