"""presence: whether a person is at home, or else in which zone. Coordinates are never sent."""

from typing import ClassVar, Final

from homeassistant.const import STATE_HOME, STATE_NOT_HOME

from ..fields import Shape, boolean, label
from ..model import Entity, Json, Trait

_NOWHERE: Final = frozenset({STATE_HOME, STATE_NOT_HOME})


class Presence(Trait):
    """Whether a person, or a device they carry, is at home."""

    name = "presence"
    state_fields: ClassVar[Shape] = {"home": boolean(), "place": label()}

    def read(self, entity: Entity) -> Json:
        """Read `home`, and the name of the zone when it is another."""
        value = entity.value
        if value is None:
            return {"home": None, "place": None}
        return {"home": value == STATE_HOME, "place": None if value in _NOWHERE else value}
