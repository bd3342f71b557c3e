"""Why sessions end, as the disconnect handler gets it."""

from enum import StrEnum


class Reason(StrEnum):
    """The engine's own reasons; the application may close a session with any other text."""

    CLIENT_DISCONNECT = "client disconnect"
    SERVER_DISCONNECT = "server disconnect"
    PING_TIMEOUT = "ping timeout"
    TRANSPORT_CLOSE = "transport close"
    TRANSPORT_ERROR = "transport error"
    PARSE_ERROR = "parse error"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    CROWDED_OUT = "crowded_out"
