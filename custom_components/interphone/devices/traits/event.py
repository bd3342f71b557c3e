"""event: the last occurrence of an event entity: a press of a doorbell or a button. Each is also pushed."""

from typing import ClassVar, Final

from homeassistant.components.event import ATTR_EVENT_TYPE, ATTR_EVENT_TYPES

from ..fields import Shape, label, options, utc_instant
from ..model import Entity, Json, Trait
from ..times import instant

# The feed reads occurrences from this trait.
EVENT_TRAIT: Final = "event"


class EventTrait(Trait):
    """The last occurrence: its type, and when it was."""

    name = EVENT_TRAIT
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"event_type"})
    attribute_fields: ClassVar[Shape] = {"event_types": options()}
    state_fields: ClassVar[Shape] = {"type": label(), "at": utc_instant()}

    def attributes(self, entity: Entity) -> Json:
        """Describe the types of occurrences."""
        return {"event_types": entity.options(ATTR_EVENT_TYPES)}

    def read(self, entity: Entity) -> Json:
        """Read the last occurrence; null when there was none."""
        return {"type": entity.label(ATTR_EVENT_TYPE), "at": instant(entity.value)}
