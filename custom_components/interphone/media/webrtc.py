"""WebRTC signalling: carries a website's offer and candidates to a camera, and the camera's answer and candidates back.

The media flows between the two directly; only what sets the connection up passes here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
import logging
import secrets
from typing import Any, Final

from homeassistant.components.camera import Camera, WebRTCAnswer, WebRTCCandidate, WebRTCMessage
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from webrtc_models import RTCIceCandidateInit

from ..access.grants import GrantChange, Grants
from ..access.models import Bound, Grant, Scope
from ..const import DOMAIN
from ..devices.catalog import Catalog, Difference
from ..devices.commands import COMMAND_TIMEOUT
from ..devices.model import Device
from ..devices.traits.camera import WEBRTC
from ..errors import (
    CommandFailedError,
    CommandTimeoutError,
    InterphoneError,
    InvalidRequestError,
    RateLimitedError,
)
from .capability import camera_of, require_stream

# Streams that one viewer watches at once: a page of four cameras.
WEBRTC_STREAMS_PER_VIEWER: Final = 4

_LOGGER = logging.getLogger(__name__)

# A message to a viewer about a stream: an error ends the stream, as does `CLOSED`.
type Signal = Mapping[str, Any] | InterphoneError

CLOSED: Final[Mapping[str, Any]] = {"type": "closed"}


@dataclass(frozen=True, eq=False, slots=True)
class Viewer:
    """One connection of a website, which owns the streams it opens: only it may use them, and they end with it.

    `send` takes a stream's id and a signal about it: `{type: "answer", answer}`, `{type: "candidate", candidate}`,
    `{type: "closed"}`, or the error that ended it. It is called in the event loop and must not raise.
    """

    grant_id: str
    # Returns the most that its token permits, which may become less.
    bound: Callable[[], Bound]
    send: Callable[[str, Signal], None]


@dataclass(eq=False, slots=True)
class _Stream:
    """One camera watched by one viewer."""

    device_id: str
    camera: Camera
    viewer: Viewer
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    negotiation: asyncio.Task[None] | None = None


class WebRtc:
    """Owns the streams. One ends with its viewer, when its camera goes offline, and when its grant loses the camera."""

    def __init__(self, hass: HomeAssistant, catalog: Catalog, grants: Grants) -> None:
        """Start without streams."""
        self._hass = hass
        self._catalog = catalog
        self._grants = grants
        self._streams: dict[str, _Stream] = {}
        self._releases: list[CALLBACK_TYPE] = []

    @callback
    def start(self) -> None:
        """Follow cameras and grants."""
        self._releases = [self._catalog.subscribe(self._on_difference), self._grants.subscribe(self._on_grant)]

    @callback
    def stop(self) -> None:
        """End every stream, without a signal."""
        while self._releases:
            self._releases.pop()()
        for stream in list(self._streams.values()):
            self._end(stream)

    def configuration(self, scope: Scope, device_id: str) -> dict[str, Any]:
        """Return what to make an `RTCPeerConnection` of: `{configuration, data_channel}`.

        `configuration` is an RTCConfiguration (W3C WebRTC, section 4.2.1), `data_channel` the label of the data
        channel that the camera needs, or None. Raises `UnknownDeviceError`, `UnsupportedStreamError`,
        `DeviceOfflineError`, or `StreamUnavailableError` when the camera is off.
        """
        config = self._camera(scope, device_id).async_get_webrtc_client_configuration()
        return {"configuration": config.configuration.to_dict(), "data_channel": config.data_channel}

    def open(self, viewer: Viewer, scope: Scope, device_id: str, offer: str) -> str:
        """Pass an SDP offer to a camera and return the stream's id; the camera's answer is sent to the viewer later.

        The first signal is sent in a later turn of the event loop: the website learns the id before. Raises
        `UnknownDeviceError`, `UnsupportedStreamError`, `DeviceOfflineError`, `StreamUnavailableError` when the camera
        is off, or `RateLimitedError` for one more than `WEBRTC_STREAMS_PER_VIEWER`.
        """
        camera = self._camera(scope, device_id)
        if len(self._of(viewer)) >= WEBRTC_STREAMS_PER_VIEWER:
            raise RateLimitedError(f"{WEBRTC_STREAMS_PER_VIEWER} streams at once")
        stream = _Stream(device_id, camera, viewer)
        self._streams[stream.id] = stream
        stream.negotiation = self._hass.async_create_task(
            self._negotiate(stream, offer), f"{DOMAIN} webrtc", eager_start=False
        )
        return stream.id

    async def add_candidate(self, viewer: Viewer, scope: Scope, stream_id: str, candidate: Mapping[str, Any]) -> None:
        """Pass a website's ICE candidate (an RTCIceCandidateInit) to the camera.

        Raises `InvalidRequestError` for a stream that is not the viewer's, `UnknownDeviceError`, `CommandTimeoutError`
        or `CommandFailedError`.
        """
        stream = self._stream(viewer, stream_id)
        self._catalog.seen(stream.device_id, scope)
        parsed = RTCIceCandidateInit.from_dict(dict(candidate))
        await _wait_for_camera(stream.camera.async_on_webrtc_candidate(stream.id, parsed))

    def close(self, viewer: Viewer, stream_id: str) -> None:
        """End a stream. Raises `InvalidRequestError` for one that is not the viewer's."""
        self._end(self._stream(viewer, stream_id))

    def leave(self, viewer: Viewer) -> None:
        """End every stream of a viewer whose connection is closed."""
        for stream in self._of(viewer):
            self._end(stream)

    def _of(self, viewer: Viewer) -> list[_Stream]:
        return [stream for stream in self._streams.values() if stream.viewer is viewer]

    def _stream(self, viewer: Viewer, stream_id: str) -> _Stream:
        stream = self._streams.get(stream_id)
        if stream is None or stream.viewer is not viewer:
            raise InvalidRequestError("stream: not one of this socket's")
        return stream

    def _camera(self, scope: Scope, device_id: str) -> Camera:
        device = self._catalog.seen(device_id, scope)
        require_stream(device, WEBRTC)
        return camera_of(self._hass, device)

    async def _negotiate(self, stream: _Stream, offer: str) -> None:
        try:
            await _wait_for_camera(
                stream.camera.async_handle_async_webrtc_offer(offer, stream.id, partial(self._on_message, stream))
            )
        except InterphoneError as err:
            self._close(stream, err)

    @callback
    def _on_message(self, stream: _Stream, message: WebRTCMessage) -> None:
        """Send on what a camera says. The text of its errors stays in the home: it may hold addresses."""
        if isinstance(message, WebRTCAnswer | WebRTCCandidate):
            self._signal(stream, message.as_dict())
        else:
            self._close(stream, CommandFailedError())

    @callback
    def _on_difference(self, difference: Difference) -> None:
        if difference.old is None:
            return
        for stream in list(self._streams.values()):
            if stream.device_id == difference.old.id and not self._may_go_on(stream, difference.new):
                self._close(stream, CLOSED)

    def _may_go_on(self, stream: _Stream, device: Device | None) -> bool:
        """Return whether the camera is online, and where the viewer's grant sees it."""
        if device is None or not device.online:
            return False
        try:
            return self._grants.require_active(stream.viewer.grant_id, stream.viewer.bound()).scope.sees(device)
        except InterphoneError:  # revoked, paused or ended
            return False

    @callback
    def _on_grant(self, change: GrantChange) -> None:
        """Close what an edited grant no longer sees; the connections of a revoked or paused one call `leave`."""
        self.recheck(change.grant)

    @callback
    def recheck(self, grant: Grant) -> None:
        """Close the streams of a grant's viewers that these see no longer."""
        for stream in list(self._streams.values()):
            if stream.viewer.grant_id != grant.id:
                continue
            device = self._catalog.get(stream.device_id)
            if device is None or not stream.viewer.bound().narrow(grant.scope).sees(device):
                self._close(stream, CLOSED)

    def _close(self, stream: _Stream, signal: Signal) -> None:
        """Send a stream's last signal and end it."""
        self._signal(stream, signal)
        self._end(stream)

    def _signal(self, stream: _Stream, signal: Signal) -> None:
        if stream.id in self._streams:
            stream.viewer.send(stream.id, signal)

    def _end(self, stream: _Stream) -> None:
        if self._streams.pop(stream.id, None) is None:
            return
        try:
            stream.camera.close_webrtc_session(stream.id)
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            _LOGGER.warning("A camera could not end a stream: %s", type(err).__name__)
        if stream.negotiation and stream.negotiation is not asyncio.current_task():
            stream.negotiation.cancel()


async def _wait_for_camera(work: Awaitable[None]) -> None:
    """Wait for a camera. Raises `CommandTimeoutError` or `CommandFailedError`; integrations raise anything."""
    try:
        async with asyncio.timeout(COMMAND_TIMEOUT) as limit:
            await work
    except Exception as err:  # noqa: BLE001 - integrations raise anything
        if limit.expired():
            raise CommandTimeoutError from None
        _LOGGER.warning("A camera refused WebRTC: %s", type(err).__name__)
        raise CommandFailedError from None
