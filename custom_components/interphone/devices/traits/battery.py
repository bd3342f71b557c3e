"""battery: how full the battery of a machine or a phone is."""

from typing import ClassVar, Final

from ..fields import Shape, percent
from ..model import Entity, Json, Trait

_LEVEL: Final = "battery_level"


class Battery(Trait):
    """Charge in percent, of what tells it itself; others have a sensor beside them."""

    name = "battery"
    state_fields: ClassVar[Shape] = {"percent": percent()}

    def supported(self, entity: Entity) -> bool:
        """Tell whether it says how full it is. There is no feature bit for that: it shows once it is online."""
        return entity.number(_LEVEL) is not None

    def read(self, entity: Entity) -> Json:
        """Read the charge."""
        level = entity.number(_LEVEL)
        return {"percent": None if level is None else min(max(level, 0), 100)}
