"""The values of the device model: a device, a trait's contract, and the one service call a command becomes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from homeassistant.core import State
import voluptuous as vol

type Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One service call, planned and not yet made. The entity is added by the one who makes it."""

    domain: str
    service: str
    data: Json


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a trait can be told.

    `schema` checks types and absolute ranges. `plan` turns the checked params into one service call; it raises
    `InvalidParamsError` for what this device's own range or options exclude, and never calls anything.
    """

    schema: vol.Schema
    plan: Callable[[State, Json], ServiceCall]


class Trait(ABC):
    """One ability of a device. Stateless: all it knows, it reads from the entity's state."""

    name: ClassVar[str]
    commands: ClassVar[Mapping[str, Command]] = {}

    @abstractmethod
    def supported(self, domain: str, features: int, device_class: str | None, capabilities: Json) -> bool:
        """Tell whether an entity of this kind has the trait."""

    @abstractmethod
    def attributes(self, state: State) -> Json:
        """Describe what does not change with use: ranges, steps, options, units."""

    @abstractmethod
    def read(self, state: State) -> Json:
        """Read the present state. Unknown is None, never "off"."""


@dataclass(frozen=True, slots=True)
class Device:
    """A Home Assistant entity as a website sees it."""

    id: str
    entity_id: str
    type: str
    name: str
    area: str | None
    sensitive: bool
    online: bool
    traits: Mapping[str, Json]
    commands: tuple[str, ...]
    state: Mapping[str, Json]

    def as_dict(self) -> dict[str, Any]:
        """Return the device as it goes over the wire."""
        return {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "area": self.area,
            "sensitive": self.sensitive,
            "online": self.online,
            "traits": self.traits,
            "commands": self.commands,
            "state": self.state,
        }
