"""update: a newer version of a device's software."""

from collections.abc import Mapping
from typing import ClassVar

from homeassistant.components.update import UpdateEntityFeature

from ..fields import Shape, boolean, label, percent
from ..model import Command, Entity, Json, Trait
from .planning import calls, supports


class Update(Trait):
    """Whether there is a newer version, and its installation."""

    name = "update"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"update_percentage"})
    attribute_fields: ClassVar[Shape] = {"title": label()}
    state_fields: ClassVar[Shape] = {
        "available": boolean(),
        "installed_version": label(),
        "latest_version": label(),
        "installing": boolean(),
        "percent": percent(),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "install": Command(calls("install"), supported=supports(UpdateEntityFeature.INSTALL))
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe what is updated, by its title."""
        return {"title": entity.label("title")}

    def read(self, entity: Entity) -> Json:
        """Read versions and progress; `percent` is null where it is not reported."""
        return {
            "available": {"on": True, "off": False}.get(entity.value or ""),
            "installed_version": entity.label("installed_version"),
            "latest_version": entity.label("latest_version"),
            "installing": entity.flag("in_progress"),
            "percent": entity.share("update_percentage"),
        }
