"""camera: what a camera does. Its pictures have their own ways."""

from typing import ClassVar, Final

from ...media.capability import HLS, WEBRTC
from ..fields import Shape, boolean, choice, listing
from ..model import Entity, Json, Trait

_ACTIVITIES: Final = ("idle", "recording", "streaming")


class Camera(Trait):
    """A camera, and how its pictures can be had: still ones from each, moving ones by its `streams`."""

    name = "camera"
    attribute_fields: ClassVar[Shape] = {"snapshot": boolean(), "streams": listing(choice(HLS, WEBRTC))}
    state_fields: ClassVar[Shape] = {"activity": choice(*_ACTIVITIES)}

    def attributes(self, entity: Entity) -> Json:
        """Describe which pictures a website may ask for."""
        return {"snapshot": True, "streams": entity.streams}

    def read(self, entity: Entity) -> Json:
        """Read the activity."""
        return {"activity": entity.value if entity.value in _ACTIVITIES else None}
