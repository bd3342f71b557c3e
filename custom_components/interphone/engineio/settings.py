"""How the server is set: every time in seconds, every size in bytes. The defaults are the ones of const.py."""

from dataclasses import dataclass

from .. import const


@dataclass(frozen=True, slots=True)
class Settings:
    """Times and bounds of the Engine.IO server; tests give it small ones."""

    ping_interval: float = const.ENGINE_PING_INTERVAL
    ping_timeout: float = const.ENGINE_PING_TIMEOUT
    upgrade_timeout: float = const.ENGINE_UPGRADE_TIMEOUT
    close_timeout: float = const.ENGINE_CLOSE_TIMEOUT
    farewell_timeout: float = const.ENGINE_FAREWELL_TIMEOUT
    body_timeout: float = const.ENGINE_BODY_TIMEOUT
    # What one message or POST may weigh: at first, and at most once a session is known.
    packet_size: int = const.ENGINE_PACKET_SIZE
    packet_size_max: int = const.ENGINE_PACKET_SIZE_MAX
    payload_packets: int = const.ENGINE_PAYLOAD_PACKETS
    poll_packets: int = const.ENGINE_POLL_PACKETS
    queue_packets: int = const.ENGINE_QUEUE_PACKETS
    queue_size: int = const.ENGINE_QUEUE_SIZE
    inbox_packets: int = const.ENGINE_INBOX_PACKETS
    sessions: int = const.ENGINE_SESSIONS
    sessions_per_source: int = const.ENGINE_SESSIONS_PER_SOURCE
    sessions_unauthenticated: int = const.ENGINE_SESSIONS_UNAUTHENTICATED
