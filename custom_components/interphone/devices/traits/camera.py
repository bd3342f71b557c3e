"""camera: what a camera does. Its pictures have their own ways."""

from typing import ClassVar, Final

from homeassistant.components.camera import CameraEntityFeature

from ..fields import Shape, boolean, choice
from ..model import Entity, Json, Trait

_ACTIVITIES: Final = ("idle", "recording", "streaming")


class Camera(Trait):
    """A camera, and whether it can stream."""

    name = "camera"
    attribute_fields: ClassVar[Shape] = {"stream": boolean()}
    state_fields: ClassVar[Shape] = {"activity": choice(*_ACTIVITIES)}

    def attributes(self, entity: Entity) -> Json:
        """Describe whether there is a stream beside the still picture."""
        return {"stream": entity.has(CameraEntityFeature.STREAM)}

    def read(self, entity: Entity) -> Json:
        """Read the activity."""
        return {"activity": entity.value if entity.value in _ACTIVITIES else None}
