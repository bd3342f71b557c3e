"""WebRTC: a website's offer and candidates go to the camera, the camera's answer and candidates to the website.

The pictures themselves go between the two; only what sets the stream up comes through here.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
import logging
import secrets
from typing import Any, Final

from homeassistant.components.camera import (
    DOMAIN as CAMERA,
    Camera,
    StreamType,
    WebRTCAnswer,
    WebRTCCandidate,
    WebRTCMessage,
)
from homeassistant.components.camera.helper import get_camera_from_entity_id
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol
from webrtc_models import RTCIceCandidateInit

from ...access.grants import GrantChange
from ...access.models import Grant
from ...const import DOMAIN
from ...devices.catalog import Difference
from ...devices.commands import COMMAND_TIMEOUT
from ...errors import (
    CommandFailedError,
    CommandTimeoutError,
    DeviceOfflineError,
    InterphoneError,
    InvalidRequestError,
    RateLimitedError,
    UnsupportedCommandError,
)
from ...relay import Relay
from ..view import describe
from .events import Event
from .sessions import Session
from .topics import Handler, Send

# WebRTC: streams one socket watches at once, and the size of what it sends to set one up.
WEBRTC_STREAMS_PER_SOCKET: Final = 4
WEBRTC_OFFER_SIZE_MAX: Final = 32 * 1024
WEBRTC_CANDIDATE_SIZE_MAX: Final = 4 * 1024

_LOGGER = logging.getLogger(__name__)


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


@dataclass(eq=False, slots=True)
class _Stream:
    """One camera watched over one socket."""

    device_id: str
    camera: Camera
    session: Session
    grant_id: str
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    negotiation: asyncio.Task[None] | None = None
    on_leave: Callable[[], None] | None = None


class WebRtc:
    """Owns the streams that websites watch. A stream ends with its socket, its camera, and its grant's sight of it."""

    def __init__(self, relay: Relay) -> None:
        """Watch nothing yet."""
        self._relay = relay
        self._streams: dict[str, _Stream] = {}
        self._send: Send | None = None

    @property
    def handlers(self) -> Mapping[Event, Handler]:
        """The events of setting a stream up and ending it."""
        return {
            Event.WEBRTC_CONFIG: self._config,
            Event.WEBRTC_OFFER: self._offer,
            Event.WEBRTC_CANDIDATE: self._candidate,
            Event.WEBRTC_CLOSE: self._close,
        }

    def start(self, send: Send) -> Callable[[], None]:
        """Follow cameras and grants; what is returned ends that and every stream."""
        self._send = send
        releases = (
            self._relay.catalog.watch(self._follow_camera),
            self._relay.grants.listen(self._follow_grant),
        )

        def stop() -> None:
            for release in releases:
                release()
            for stream in list(self._streams.values()):
                self._end(stream)

        return stop

    # Events of websites.

    async def _config(self, _session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        """Tell how to set a connection up: `{success, configuration, data_channel}`, as RTCPeerConnection takes it."""
        camera = self._camera(grant, _checked(CONFIG_SCHEMA, data)["device"])
        config = camera.async_get_webrtc_client_configuration()
        return {
            "success": True,
            "configuration": config.configuration.to_dict(),
            "data_channel": config.data_channel,
        }

    async def _offer(self, session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        """Take an SDP offer to a camera, and name the stream: `{success, stream}`; all else is pushed as `webrtc`."""
        asked = _checked(OFFER_SCHEMA, data)
        camera = self._camera(grant, asked["device"])
        if sum(stream.session is session for stream in self._streams.values()) >= WEBRTC_STREAMS_PER_SOCKET:
            raise RateLimitedError(f"{WEBRTC_STREAMS_PER_SOCKET} streams at once")
        stream = _Stream(asked["device"], camera, session, grant.id)
        self._streams[stream.id] = stream
        stream.on_leave = partial(self._end, stream)
        session.on_leave.append(stream.on_leave)
        # Not before the acknowledgement: the website knows the stream by what that says.
        stream.negotiation = self._relay.hass.async_create_task(
            self._negotiate(stream, asked["offer"]), f"{DOMAIN} webrtc", eager_start=False
        )
        return {"success": True, "stream": stream.id}

    async def _candidate(self, session: Session, grant: Grant, data: Any) -> dict[str, Any]:
        """Take a candidate of the website to the camera."""
        asked = _checked(CANDIDATE_SCHEMA, data)
        stream = self._stream(session, asked["stream"])
        self._relay.catalog.seen(stream.device_id, grant.scope)
        await _asked_of_camera(
            stream.camera.async_on_webrtc_candidate(stream.id, RTCIceCandidateInit.from_dict(asked["candidate"]))
        )
        return {"success": True}

    async def _close(self, session: Session, _grant: Grant, data: Any) -> dict[str, Any]:
        """End a stream."""
        self._end(self._stream(session, _checked(CLOSE_SCHEMA, data)["stream"]))
        return {"success": True}

    def _stream(self, session: Session, stream_id: str) -> _Stream:
        stream = self._streams.get(stream_id)
        if stream is None or stream.session is not session:
            raise InvalidRequestError("stream: not one of this socket's")
        return stream

    def _camera(self, grant: Grant, device_id: str) -> Camera:
        """Return the camera behind a device. Raises a refusal unless it is seen, online, and speaks WebRTC."""
        device = self._relay.catalog.seen(device_id, grant.scope)
        if not device.entity_id.startswith(f"{CAMERA}."):
            raise UnsupportedCommandError("only cameras have streams")
        if not device.online:
            raise DeviceOfflineError
        try:
            camera = get_camera_from_entity_id(self._relay.hass, device.entity_id)
        except HomeAssistantError:
            raise CommandFailedError("the camera is off") from None
        if StreamType.WEB_RTC not in camera.camera_capabilities.frontend_stream_types:
            raise UnsupportedCommandError("this camera has no WebRTC")
        return camera

    # From cameras.

    async def _negotiate(self, stream: _Stream, offer: str) -> None:
        try:
            await _asked_of_camera(
                stream.camera.async_handle_async_webrtc_offer(offer, stream.id, partial(self._pass_on, stream))
            )
        except InterphoneError as err:
            self._fail(stream, err)

    def _pass_on(self, stream: _Stream, message: WebRTCMessage) -> None:
        """Push what a camera says. Its own words about errors stay in the home: they may hold addresses."""
        if isinstance(message, WebRTCAnswer | WebRTCCandidate):
            self._push(stream, message.as_dict())
        else:
            self._fail(stream, CommandFailedError())

    def _fail(self, stream: _Stream, err: InterphoneError) -> None:
        body = self._relay.messages.body(err, stream.session.language)
        self._push(stream, {"type": "error", "error": body["error"], "message": body["message"]})
        self._end(stream)

    def _push(self, stream: _Stream, payload: dict[str, Any]) -> None:
        if self._send and stream.id in self._streams:
            self._send((stream.session.sid,), Event.WEBRTC, {"stream": stream.id, **payload})

    # Ends.

    def _follow_camera(self, difference: Difference) -> None:
        device = difference.new
        if device is None or not device.online:
            gone = difference.old.id if difference.old else None
            self._cut([stream for stream in self._streams.values() if stream.device_id == gone])

    def _follow_grant(self, change: GrantChange) -> None:
        """Cut what a grant no longer sees; one that is put out loses its sockets, and their streams with them."""
        scope = change.grant.scope
        self._cut(
            [
                stream
                for stream in self._streams.values()
                if stream.grant_id == change.grant.id and not scope.sees(stream.device_id)
            ]
        )

    def _cut(self, streams: list[_Stream]) -> None:
        for stream in streams:
            self._push(stream, {"type": "closed"})
            self._end(stream)

    def _end(self, stream: _Stream) -> None:
        if self._streams.pop(stream.id, None) is None:
            return
        if stream.on_leave in stream.session.on_leave:
            stream.session.on_leave.remove(stream.on_leave)
        try:
            stream.camera.close_webrtc_session(stream.id)
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            _LOGGER.warning("A camera could not end a stream: %s", type(err).__name__)
        if stream.negotiation and stream.negotiation is not asyncio.current_task():
            stream.negotiation.cancel()


async def _asked_of_camera(work: Any) -> None:
    """Wait for a camera. Raises `CommandTimeoutError` or `CommandFailedError`; integrations raise anything."""
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT) as limit:
            await work
    except Exception as err:  # noqa: BLE001 - integrations raise anything
        if limit.expired():
            raise CommandTimeoutError from None
        _LOGGER.warning("A camera refused WebRTC: %s", type(err).__name__)
        raise CommandFailedError from None


def _checked(schema: vol.Schema, data: Any) -> dict[str, Any]:
    try:
        checked: dict[str, Any] = schema(data)
    except vol.Invalid as err:
        raise InvalidRequestError(describe(err)) from err
    return checked
