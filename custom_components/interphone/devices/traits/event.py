"""event: moments: a ring of the bell, a press of a button. Each is also pushed when it happens."""

from typing import ClassVar, Final

from homeassistant.components.event import ATTR_EVENT_TYPE, ATTR_EVENT_TYPES

from ..fields import Shape, label, listing, utc_instant
from ..model import Entity, Json, Trait
from ..times import instant

# The feed reads moments from this trait.
EVENT_TRAIT: Final = "event"


class EventTrait(Trait):
    """The last moment: what it was, and when."""

    name = EVENT_TRAIT
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"event_type"})
    attribute_fields: ClassVar[Shape] = {"event_types": listing(label())}
    state_fields: ClassVar[Shape] = {"type": label(), "at": utc_instant()}

    def attributes(self, entity: Entity) -> Json:
        """Describe the types of moments it tells."""
        return {"event_types": entity.options(ATTR_EVENT_TYPES) or []}

    def read(self, entity: Entity) -> Json:
        """Read the last moment; null when there was none."""
        return {"type": entity.text(ATTR_EVENT_TYPE), "at": instant(entity.value)}
