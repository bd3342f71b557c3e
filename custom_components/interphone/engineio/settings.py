"""Settings of the server, and their defaults: times in seconds, sizes in bytes."""

from dataclasses import dataclass
from typing import Final

# The heartbeat of the JavaScript server: clients and proxies are configured for it.
PING_INTERVAL: Final = 25.0
PING_TIMEOUT: Final = 20.0
# Within this time a WebSocket that is to replace polling must prove itself.
UPGRADE_TIMEOUT: Final = 10.0
# Within this time after its close frame a WebSocket ends, answered or not; `Engine.shutdown` takes as long.
CLOSE_TIMEOUT: Final = 1.5
# A polling session that the server closes can be polled for this time, for what was sent before.
LINGER_TIMEOUT: Final = 5.0
# Within this time the body of a POST must arrive.
BODY_TIMEOUT: Final = 20.0
# One message or POST, before and after authentication. A body is cut off at its limit; a WebSocket message is measured
# when it is complete, so that a socket may hold the larger size meanwhile.
PACKET_SIZE: Final = 64 * 1024
PACKET_SIZE_MAX: Final = 1024 * 1024
# Packets in one POST: the JavaScript clients send together what they queued during the POST before.
PAYLOAD_PACKETS: Final = 64
# Packets in the response to one poll: Python's client refuses more.
POLL_PACKETS: Final = 16
# The outbox of a client that does not read. The next packet closes the session as `too_slow`. A first packet always
# fits, whatever its size.
QUEUE_PACKETS: Final = 512
QUEUE_SIZE: Final = 1024 * 1024
# A client is not read further while this many of its packets wait for the application.
INBOX_PACKETS: Final = 64
# Sessions, idle, take up less than 64 MiB together. The tabs of a browser come from one source, and so does everybody
# behind a proxy that hides its clients.
SESSIONS: Final = 2048
SESSIONS_PER_SOURCE: Final = 64
SESSIONS_UNAUTHENTICATED: Final = 128


@dataclass(frozen=True, slots=True)
class Settings:
    """Timeouts and limits of one `Engine`. README.md has a table of them."""

    ping_interval: float = PING_INTERVAL
    ping_timeout: float = PING_TIMEOUT
    upgrade_timeout: float = UPGRADE_TIMEOUT
    close_timeout: float = CLOSE_TIMEOUT
    linger_timeout: float = LINGER_TIMEOUT
    body_timeout: float = BODY_TIMEOUT
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
