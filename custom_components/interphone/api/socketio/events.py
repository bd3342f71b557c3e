"""The names that go over the socket."""

from enum import StrEnum


class Event(StrEnum):
    """Every event there is, in either direction."""

    # home → website
    SNAPSHOT = "snapshot"
    RESUME = "resume"
    STATE = "state"
    DEVICES = "devices"
    EVENT = "event"
    WEBRTC = "webrtc"
    REVOKED = "revoked"
    # home → panel
    CODE = "code"
    PAIRING = "pairing"
    # website → home
    AUTHENTICATE = "authenticate"
    COMMAND = "command"
    ANSWER = "answer"
    WEBRTC_CONFIG = "webrtc_config"
    WEBRTC_OFFER = "webrtc_offer"
    WEBRTC_CANDIDATE = "webrtc_candidate"
    WEBRTC_CLOSE = "webrtc_close"
