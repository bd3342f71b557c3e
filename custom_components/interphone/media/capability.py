"""Cameras: what Home Assistant knows of them beside their state."""

from collections.abc import Iterator
from typing import Final

from homeassistant.components.camera import StreamType
from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant

# Home Assistant's integration that makes HLS of what a camera sends. It is not named in the manifest: it would then be
# set up in every home, and where its decoder (`av`) cannot be had, Interphone would not load. Only that is spared: the
# rest of it is imported by `camera`, and so with Interphone.
STREAM: Final = "stream"

HLS: Final = "hls"
WEBRTC: Final = "webrtc"


def streams_of(hass: HomeAssistant, entity_id: str) -> tuple[str, ...]:
    """Return how a camera's moving pictures can be had now: `hls`, `webrtc`, both, or neither.

    A change of this is no change of state, and often only reported: see `Catalog`.
    """
    component = hass.data.get(DATA_COMPONENT)
    camera = component.get_entity(entity_id) if component else None
    return () if camera is None else tuple(_offered(hass, camera.camera_capabilities.frontend_stream_types))


def _offered(hass: HomeAssistant, types: set[StreamType]) -> Iterator[str]:
    if StreamType.HLS in types and STREAM in hass.config.components:
        yield HLS
    if StreamType.WEB_RTC in types:
        yield WEBRTC
