"""Cameras of a test home: real camera entities whose hardware is these few lines."""

import asyncio
from typing import override

from homeassistant.components.camera import (
    Camera,
    CameraEntityFeature,
    CameraWebRTCProvider,
    WebRTCAnswer,
    WebRTCCandidate,
    WebRTCError,
    WebRTCSendMessage,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import setup_test_component_platform
from webrtc_models import RTCIceCandidateInit


class StillCamera(Camera):
    """Gives one picture, after `ready`, and counts how often it was asked."""

    _attr_name = "Porch"
    _attr_unique_id = "porch"

    def __init__(self) -> None:
        super().__init__()
        self.picture: bytes | None = b"\xff\xd8 the porch"
        self.fault: Exception | None = None
        self.ready = asyncio.Event()
        self.ready.set()
        self.asked = 0
        self.working = asyncio.Event()

    @override
    async def async_camera_image(self, width: int | None = None, height: int | None = None) -> bytes | None:
        self.asked += 1
        self.working.set()
        await self.ready.wait()
        if self.fault:
            raise self.fault
        return self.picture


class LiveCamera(StillCamera):
    """Speaks WebRTC itself: answers each offer, and keeps the messages it received."""

    _attr_name = "Gate"
    _attr_unique_id = "gate"
    _attr_supported_features = CameraEntityFeature.STREAM

    def __init__(self) -> None:
        super().__init__()
        self.offers: dict[str, str] = {}
        self.candidates: list[tuple[str, RTCIceCandidateInit]] = []
        self.closed: list[str] = []

    @override
    async def async_handle_async_webrtc_offer(
        self, offer_sdp: str, session_id: str, send_message: WebRTCSendMessage
    ) -> None:
        self.offers[session_id] = offer_sdp
        self.working.set()
        await self.ready.wait()
        if self.fault:
            raise self.fault
        if offer_sdp == "nonsense":
            send_message(WebRTCError("offer_failed", "rtsp://user:secret@camera said no"))
            return
        send_message(WebRTCAnswer(f"answer to {offer_sdp}"))
        send_message(WebRTCCandidate(RTCIceCandidateInit("candidate:1 1 udp 1 192.168.1.2 5000 typ host")))

    @override
    async def async_on_webrtc_candidate(self, session_id: str, candidate: RTCIceCandidateInit) -> None:
        self.candidates.append((session_id, candidate))

    @override
    def close_webrtc_session(self, session_id: str) -> None:
        self.closed.append(session_id)


class FilmCamera(StillCamera):
    """Has its film fetched from `source`, after `ready`, and counts how often it was asked for that."""

    _attr_name = "Garden"
    _attr_unique_id = "garden"
    _attr_supported_features = CameraEntityFeature.STREAM

    def __init__(self, source: str | None) -> None:
        super().__init__()
        self.source = source

    @override
    async def stream_source(self) -> str | None:
        self.asked += 1
        self.working.set()
        await self.ready.wait()
        if self.fault:
            raise self.fault
        return self.source


class GoBetween(CameraWebRTCProvider):
    """An integration that makes WebRTC of whatever a camera streams; here no website offers it anything."""

    domain = "go_between"

    @override
    def async_is_supported(self, stream_source: str) -> bool:
        return True

    @override
    async def async_handle_async_webrtc_offer(
        self, camera: Camera, offer_sdp: str, session_id: str, send_message: WebRTCSendMessage
    ) -> None:
        raise NotImplementedError

    @override
    async def async_on_webrtc_candidate(self, session_id: str, candidate: RTCIceCandidateInit) -> None:
        raise NotImplementedError


async def set_up_cameras(hass: HomeAssistant, *cameras: Camera) -> None:
    """Add these cameras to the home."""
    setup_test_component_platform(hass, "camera", cameras)
    assert await async_setup_component(hass, "camera", {"camera": {"platform": "test"}})
    await hass.async_block_till_done()
