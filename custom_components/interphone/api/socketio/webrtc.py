"""The socket events of WebRTC: each is passed to `media.webrtc`, whose signals are pushed as `webrtc`."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import voluptuous as vol

from ... import errors
from ...devices.envelope import ID_LENGTH_MAX
from ...errors import InterphoneError
from ...media.webrtc import Signal, Viewer
from ...relay import Relay
from ..contract import exactly, text
from ..operation import Errors, success
from .events import ClientEvent, Event, EventCall, EventGroup, Send, ServerEvent
from .sessions import Session

# In characters. An SDP offer with many codecs has some 8 Ki, one candidate a line.
WEBRTC_OFFER_SIZE_MAX: Final = 32 * 1024
WEBRTC_CANDIDATE_SIZE_MAX: Final = 4 * 1024
# Ids of media sections have some three bytes (RFC 8829, section 5.2.1).
SDP_MID_LENGTH_MAX: Final = 64
# The longest `ice-ufrag` (RFC 8839, section 5.4).
USERNAME_FRAGMENT_LENGTH_MAX: Final = 256

_DEVICE: Final = {vol.Required("device"): text(ID_LENGTH_MAX)}
_STREAM: Final = {vol.Required("stream"): text(ID_LENGTH_MAX)}
# RTCIceCandidateInit (W3C WebRTC, section 4.8.1). An empty candidate says that there are no more.
_CANDIDATE: Final = {
    vol.Required("candidate"): text(WEBRTC_CANDIDATE_SIZE_MAX, minimum=0),
    vol.Optional("sdpMid"): vol.Maybe(text(SDP_MID_LENGTH_MAX)),
    vol.Optional("sdpMLineIndex"): vol.Maybe(vol.All(int, vol.Range(min=0, max=65535))),
    vol.Optional("usernameFragment"): vol.Maybe(text(USERNAME_FRAGMENT_LENGTH_MAX)),
}
_CAMERA_ERRORS: Final[Errors] = (
    errors.UnknownDeviceError,
    errors.UnsupportedStreamError,
    errors.DeviceOfflineError,
    errors.StreamUnavailableError,
)

WEBRTC: Final = ServerEvent(
    Event.WEBRTC,
    "A camera's signal about a stream; an error and `closed` end it",
    vol.Any(
        exactly(stream=str, type="answer", answer=str),
        exactly(stream=str, type="candidate", candidate=dict),
        exactly(stream=str, type="error", error=str, message=str),
        exactly(stream=str, type="closed"),
    ),
)


class WebRtcEvents(EventGroup):
    """Opens and closes streams of cameras, each owned by the session that opened it."""

    def __init__(self, relay: Relay) -> None:
        """Pass events to the relay's WebRTC; `start` begins."""
        super().__init__(relay)
        self._viewers: dict[Session, Viewer] = {}
        self._send: Send | None = None

    def start(self, send: Send) -> Callable[[], None]:
        """Send signals through `send`; the returned function ends every stream of the sessions."""
        self._send = send

        def stop() -> None:
            self._send = None
            for session in list(self._viewers):
                self._leave(session)

        return stop

    @ClientEvent(
        Event.WEBRTC_CONFIG,
        "Request the configuration of an RTCPeerConnection for a camera",
        data=vol.Schema(_DEVICE),
        ack=success(configuration=dict, data_channel=vol.Maybe(str)),
        errors=_CAMERA_ERRORS,
    )
    async def config(self, call: EventCall) -> dict[str, Any]:
        """Return an RTCConfiguration and the label of the data channel that the camera needs."""
        return {"success": True, **self._relay.webrtc.configuration(call.grant.scope, call.data["device"])}

    @ClientEvent(
        Event.WEBRTC_OFFER,
        "Send an SDP offer to a camera; its answer comes as `webrtc`",
        data=vol.Schema({**_DEVICE, vol.Required("offer"): text(WEBRTC_OFFER_SIZE_MAX)}),
        ack=success(stream=str),
        errors=(*_CAMERA_ERRORS, errors.RateLimitedError),
    )
    async def offer(self, call: EventCall) -> dict[str, Any]:
        """Return the id of the stream."""
        stream = self._relay.webrtc.open(self._viewer(call), call.grant.scope, call.data["device"], call.data["offer"])
        return {"success": True, "stream": stream}

    @ClientEvent(
        Event.WEBRTC_CANDIDATE,
        "Send an ICE candidate to a stream's camera",
        data=vol.Schema({**_STREAM, vol.Required("candidate"): _CANDIDATE}),
        ack=success(),
        errors=(errors.UnknownDeviceError, errors.CommandTimeoutError, errors.CommandFailedError),
    )
    async def candidate(self, call: EventCall) -> dict[str, Any]:
        """Return once the camera has the candidate."""
        await self._relay.webrtc.add_candidate(
            self._viewer(call), call.grant.scope, call.data["stream"], call.data["candidate"]
        )
        return {"success": True}

    @ClientEvent(Event.WEBRTC_CLOSE, "Close a stream", data=vol.Schema(_STREAM), ack=success())
    async def close(self, call: EventCall) -> dict[str, Any]:
        """Return once the stream is closed."""
        self._relay.webrtc.close(self._viewer(call), call.data["stream"])
        return {"success": True}

    def _viewer(self, call: EventCall) -> Viewer:
        """Return a session's viewer: one for as long as the session is open."""
        session = call.session
        if session not in self._viewers:
            self._viewers[session] = Viewer(call.grant.id, lambda: session.bound, partial(self._push, session))
            session.on_close.append(partial(self._leave, session))
        return self._viewers[session]

    def _leave(self, session: Session) -> None:
        if viewer := self._viewers.pop(session, None):
            self._relay.webrtc.leave(viewer)

    def _push(self, session: Session, stream: str, signal: Signal) -> None:
        if isinstance(signal, InterphoneError):
            body = self._relay.messages.body(signal, session.language)
            signal = {"type": "error", "error": body["error"], "message": body["message"]}
        if self._send:
            self._send((session.sid,), Event.WEBRTC, {"stream": stream, **signal})
