"""camera: activity of a camera, and the kinds of pictures it offers."""

from collections.abc import Iterator
from typing import ClassVar, Final

from homeassistant.components.camera import StreamType
from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant, State

from ..fields import Shape, boolean, choice, listing
from ..model import BesideState, Entity, Json, Trait

# Home Assistant's integration that makes HLS of a camera's stream. It is not in the manifest: it would then be set up
# in every home, and Interphone would not load where its decoder (`av`) is missing. Only set-up and decoder are spared:
# `camera` imports the rest, and so does Interphone.
_STREAM: Final = "stream"

HLS: Final = "hls"
WEBRTC: Final = "webrtc"

_ACTIVITIES: Final = ("idle", "recording", "streaming")


def _streams(hass: HomeAssistant, state: State) -> Json:
    """Return the kinds of live stream a camera offers now: `hls`, `webrtc`, both, or neither."""
    component = hass.data.get(DATA_COMPONENT)
    camera = component.get_entity(state.entity_id) if component else None
    types = camera.camera_capabilities.frontend_stream_types if camera else set()
    return {"streams": tuple(_offered(hass, types))}


def _offered(hass: HomeAssistant, types: set[StreamType]) -> Iterator[str]:
    if StreamType.HLS in types and _STREAM in hass.config.components:
        yield HLS
    if StreamType.WEB_RTC in types:
        yield WEBRTC


# A camera updates its capabilities right after its state is written, and reports that.
STREAMS: Final = BesideState(_streams, silent=True, component=_STREAM)


class Camera(Trait):
    """A camera: every one has stills, `streams` lists its kinds of live stream."""

    name = "camera"
    attribute_fields: ClassVar[Shape] = {"snapshot": boolean(), "streams": listing(choice(HLS, WEBRTC))}
    state_fields: ClassVar[Shape] = {"activity": choice(*_ACTIVITIES)}

    def attributes(self, entity: Entity) -> Json:
        """Describe the pictures that websites can request."""
        return {"snapshot": True, "streams": entity.beside.get("streams", ())}

    def read(self, entity: Entity) -> Json:
        """Read the activity."""
        return {"activity": entity.value if entity.value in _ACTIVITIES else None}
