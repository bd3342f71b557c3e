"""The socket events of WebRTC: each is checked, passed to `media.webrtc`, and acknowledged."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import voluptuous as vol

from ...access.models import Grant
from ...errors import InterphoneError
from ...media.webrtc import Signal, Viewer
from ...relay import Relay
from ..contract import validate
from .events import Event
from .sessions import Session
from .topics import Handler, Send

# An SDP offer with many codecs has some 8 KiB, one candidate a line.
WEBRTC_OFFER_SIZE_MAX: Final = 32 * 1024
WEBRTC_CANDIDATE_SIZE_MAX: Final = 4 * 1024


def _text(maximum: int) -> Any:
    return vol.All(str, vol.Length(min=1, max=maximum))


DEVICE: Final = {vol.Required("device"): _text(64)}
STREAM: Final = {vol.Required("stream"): _text(64)}

CONFIG_SCHEMA: Final = vol.Schema(DEVICE)
OFFER_SCHEMA: Final = vol.Schema({**DEVICE, vol.Required("offer"): _text(WEBRTC_OFFER_SIZE_MAX)})
CANDIDATE_SCHEMA: Final = vol.Schema(
    {
        **STREAM,
        vol.Required("candidate"): {
            # An empty one says that there are no more (W3C WebRTC, section 4.8.1).
            vol.Required("candidate"): vol.All(str, vol.Length(max=WEBRTC_CANDIDATE_SIZE_MAX)),
            vol.Optional("sdpMid"): vol.Any(None, _text(64)),
            vol.Optional("sdpMLineIndex"): vol.Any(None, vol.All(int, vol.Range(min=0, max=65535))),
            vol.Optional("usernameFragment"): vol.Any(None, _text(256)),
        },
    }
)
CLOSE_SCHEMA: Final = vol.Schema(STREAM)


class WebRtcEvents:
    """The events of opening and closing streams, and `webrtc`, which carries each signal of a camera."""

    def __init__(self, relay: Relay) -> None:
        """Pass events to the relay's WebRTC; `start` begins."""
        self._relay = relay
        self._viewers: dict[Session, Viewer] = {}
        self._send: Send | None = None

    @property
    def handlers(self) -> Mapping[Event, Handler]:
        """The handler of each event."""
        return {
            Event.WEBRTC_CONFIG: self._config,
            Event.WEBRTC_OFFER: self._offer,
            Event.WEBRTC_CANDIDATE: self._candidate,
            Event.WEBRTC_CLOSE: self._close,
        }

    def start(self, send: Send) -> Callable[[], None]:
        """Send signals through `send`; the function returned ends every stream of the sockets."""
        self._send = send

        def stop() -> None:
            self._send = None
            for session in list(self._viewers):
                self._leave(session)

        return stop

    async def _config(self, _session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        """Return `{success, configuration, data_channel}`."""
        device = validate(CONFIG_SCHEMA, data)["device"]
        return {"success": True, **self._relay.webrtc.configuration(grant.scope, device)}

    async def _offer(self, session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        """Return `{success, stream}`; the camera's answer is pushed as `webrtc`."""
        checked = validate(OFFER_SCHEMA, data)
        stream = self._relay.webrtc.open(self._viewer(session, grant), grant.scope, checked["device"], checked["offer"])
        return {"success": True, "stream": stream}

    async def _candidate(self, session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        """Return `{success}` once the camera has the candidate."""
        checked = validate(CANDIDATE_SCHEMA, data)
        viewer = self._viewer(session, grant)
        await self._relay.webrtc.add_candidate(viewer, grant.scope, checked["stream"], checked["candidate"])
        return {"success": True}

    async def _close(self, session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        """Return `{success}` once the stream is closed."""
        self._relay.webrtc.close(self._viewer(session, grant), validate(CLOSE_SCHEMA, data)["stream"])
        return {"success": True}

    def _viewer(self, session: Session, grant: Grant) -> Viewer:
        """Return a socket's viewer: one for as long as the socket is open."""
        if session not in self._viewers:
            self._viewers[session] = Viewer(grant.id, partial(self._push, session))
            session.on_leave.append(partial(self._leave, session))
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
