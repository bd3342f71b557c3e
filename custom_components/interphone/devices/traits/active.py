"""active: what a binary sensor detects."""

from typing import ClassVar

from ..fields import Shape, boolean, label
from ..model import Entity, Json, Trait


class Active(Trait):
    """Whether it detects what it is for: motion, an open door, smoke."""

    name = "active"
    attribute_fields: ClassVar[Shape] = {"detects": label()}
    state_fields: ClassVar[Shape] = {"active": boolean()}

    def attributes(self, entity: Entity) -> Json:
        """Describe what is detected; null when nobody said."""
        return {"detects": entity.device_class}

    def read(self, entity: Entity) -> Json:
        """Read `active`."""
        return {"active": {"on": True, "off": False}.get(entity.value or "")}
