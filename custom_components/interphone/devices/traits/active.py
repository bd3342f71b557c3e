"""active: the state of a binary sensor."""

from typing import ClassVar

from ..fields import Shape, boolean, label
from ..model import Entity, Json, Trait


class Active(Trait):
    """Whether a binary sensor detects: motion, an open door, smoke."""

    name = "active"
    attribute_fields: ClassVar[Shape] = {"detects": label()}
    state_fields: ClassVar[Shape] = {"active": boolean()}

    def attributes(self, entity: Entity) -> Json:
        """Describe what is detected: the device class, or null."""
        return {"detects": entity.device_class}

    def read(self, entity: Entity) -> Json:
        """Read `active`."""
        return {"active": {"on": True, "off": False}.get(entity.value or "")}
