"""battery: charge of a machine's or a phone's battery."""

from typing import ClassVar, Final

from ..fields import Shape, percent
from ..model import Entity, Json, Trait

_LEVEL: Final = "battery_level"


class Battery(Trait):
    """Charge in percent, of entities that have it as an attribute; others have a sensor for it."""

    name = "battery"
    state_fields: ClassVar[Shape] = {"percent": percent()}

    def supported(self, entity: Entity) -> bool:
        """Return whether the entity has a charge. No feature bit says so: the attribute appears once it is online."""
        return entity.number(_LEVEL) is not None

    def read(self, entity: Entity) -> Json:
        """Read the charge."""
        return {"percent": entity.share(_LEVEL)}
