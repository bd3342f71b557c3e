"""The values of the device model: a device, a trait's contract, and the one service call a command becomes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
import hashlib
from itertools import islice
import math
from types import MappingProxyType
from typing import Any, ClassVar, Final

from homeassistant.const import (
    ATTR_ASSUMED_STATE,
    ATTR_DEVICE_CLASS,
    ATTR_SUPPORTED_FEATURES,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant, State
import voluptuous as vol

from ..access.models import Scope
from ..errors import InvalidParamsError
from ..validation import json_schema, validate
from .fields import LABEL_LENGTH_MAX, OPTIONS_MAX, TEXT_LENGTH_MAX, Shape, is_number, object_of

type Json = Mapping[str, Any]
# The ends of a range: both, or neither.
type Ends = tuple[float, float] | tuple[None, None]

NOTHING: Final[Json] = MappingProxyType({})


# 80 bits: collisions within a home are negligible.
_ID_LENGTH: Final = 20


def opaque_id(origin: str) -> str:
    """Return the id on the wire of something in the home: always the same, and without what it is made of."""
    return hashlib.sha256(origin.encode(errors="surrogatepass")).hexdigest()[:_ID_LENGTH]


def sendable(text: str) -> str:
    """Return a text that UTF-8 can encode: lone surrogates, as in names of files, become question marks."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def bounded(text: str, maximum: int = LABEL_LENGTH_MAX) -> str:
    """Return a text that can be sent, cut to so many characters with an ellipsis at its end."""
    text = sendable(text)
    return text if len(text) <= maximum else text[: maximum - 1] + "…"


def choosable(options: Iterable[str]) -> list[str] | None:
    """Return what of these can be shown and chosen, each once; None for nothing.

    A blank one cannot be shown, and one that is too long or that UTF-8 cannot encode cannot be sent back.
    """
    chosen = dict.fromkeys(
        option
        for option in map(str, options)
        if option.strip() and len(option) <= LABEL_LENGTH_MAX and sendable(option) == option
    )
    return list(islice(chosen, OPTIONS_MAX)) or None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as a trait sees it: its state, the home's unit of temperature, and what `BesideState` reads.

    The readers return None for what is missing, unknown, or of another type: integrations put anything into
    attributes, and a website must be able to rely on the published types.
    """

    state: State
    temperature_unit: str = UnitOfTemperature.CELSIUS
    beside: Json = NOTHING

    @property
    def domain(self) -> str:
        """The domain: light, cover …."""
        return self.state.domain

    @property
    def device_class(self) -> str | None:
        """The device class, which refines the domain."""
        return self.text(ATTR_DEVICE_CLASS)

    @property
    def features(self) -> int:
        """The supported features, a bit field whose meaning depends on the domain."""
        value = self.state.attributes.get(ATTR_SUPPORTED_FEATURES)
        # A plain integer: operations on enums take a microsecond each.
        return int(value) if isinstance(value, int) and not isinstance(value, bool) else 0

    @property
    def online(self) -> bool:
        """Whether the entity can be reached."""
        return self.state.state != STATE_UNAVAILABLE

    @property
    def assumed(self) -> bool:
        """Whether Home Assistant guesses the state: the device does not report it."""
        return self.state.attributes.get(ATTR_ASSUMED_STATE) is True

    @property
    def value(self) -> str | None:
        """The state, None when it is unknown or the entity cannot be reached."""
        value = self.state.state
        return None if value in {STATE_UNAVAILABLE, STATE_UNKNOWN} else bounded(value)

    def number(self, attribute: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Read an attribute as a finite number within its meaning."""
        value = self.state.attributes.get(attribute)
        return value if is_number(value) and low <= value <= high else None

    def share(self, attribute: str) -> float | None:
        """Read an attribute as a percentage."""
        return self.number(attribute, 0, 100)

    def step(self, attribute: str) -> float | None:
        """Read an attribute as the step of a range."""
        value = self.number(attribute)
        return value if value is not None and value > 0 else None

    def ends(self, low: str, high: str, least: float = -math.inf, most: float = math.inf) -> Ends:
        """Read two attributes as a range that a slider can be made of: both ends, or neither."""
        lowest, highest = self.number(low, least, most), self.number(high, least, most)
        if lowest is None or highest is None or not lowest < highest:
            return None, None
        return lowest, highest

    def text(self, attribute: str) -> str | None:
        """Read an attribute as a string."""
        value = self.state.attributes.get(attribute)
        # Many are enums; on the wire they are plain strings.
        return bounded(str(value)) if isinstance(value, str) else None

    def label(self, attribute: str) -> str | None:
        """Read an attribute as a text for people: a number is one, too, and an empty one is none."""
        value = self.state.attributes.get(attribute)
        return (
            self.text(attribute) or None
            if isinstance(value, str)
            else bounded(str(value))
            if is_number(value)
            else None
        )

    def pattern(self, attribute: str) -> str | None:
        """Read an attribute as a regular expression, which cannot be cut."""
        value = self.state.attributes.get(attribute)
        return sendable(str(value)) if isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX else None

    def flag(self, attribute: str) -> bool | None:
        """Read an attribute as true or false."""
        value = self.state.attributes.get(attribute)
        return value if isinstance(value, bool) else None

    def options(self, attribute: str) -> list[str] | None:
        """Read an attribute as options to choose from; None where there is nothing to choose."""
        value = self.state.attributes.get(attribute)
        if not isinstance(value, list | tuple | set | frozenset):
            return None
        return choosable(option for option in value if isinstance(option, str))

    def has(self, feature: int) -> bool:
        """Return whether all these feature bits are set."""
        wanted = int(feature)
        return self.features & wanted == wanted


@dataclass(frozen=True, slots=True)
class BesideState:
    """Data of an entity that is not in its state, and that traits need.

    `read` returns it by name, for `Entity.beside`. It may change without a change of the state: with `silent` the
    entity is described anew at every report of its state, and with `component` when that component is loaded.
    """

    read: Callable[[HomeAssistant, State], Json]
    silent: bool = False
    component: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """A service call that is planned. The caller adds the entity."""

    domain: str
    service: str
    data: Json


def always(_entity: Entity) -> bool:
    """Support a command on every device that has its trait."""
    return True


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a trait.

    `shapes` are the alternatives its params may have; they fix types and absolute ranges. `plan` turns checked params
    into one service call; it raises `InvalidParamsError` for what this device's own range or options exclude, and
    never calls anything. `wants` returns, before the call, the state of the trait that confirms the command; without
    it there is nothing to wait for.
    """

    plan: Callable[[Entity, Json], ServiceCall]
    shapes: tuple[Shape, ...] = ({},)
    supported: Callable[[Entity], bool] = always
    wants: Callable[[Entity, Json], Json] | None = None
    _schemas: tuple[vol.Schema, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile the schemas once."""
        object.__setattr__(self, "_schemas", tuple(object_of(shape) for shape in self.shapes))

    def check(self, params: object) -> Json:
        """Return the params if they fit one of the shapes. Raises `InvalidParamsError` naming the first fault."""
        if not isinstance(params, dict):
            raise InvalidParamsError("params: expected an object")
        # The shape that knows most of the given names gives the most helpful message.
        known = [len(shape.keys() & params.keys()) for shape in self.shapes]
        checked: Json = validate(self._schemas[known.index(max(known))], params, InvalidParamsError)
        return checked

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the params."""
        return json_schema(self.validator)

    @property
    def validator(self) -> Any:
        """The voluptuous schema of the params."""
        return self._schemas[0] if len(self._schemas) == 1 else vol.Any(*self._schemas)


class Trait(ABC):
    """One ability of a device. Stateless: it reads everything from the entity.

    `supported`, `attributes` and the keys of `read` rely only on what Home Assistant keeps while an entity is
    unavailable: domain, device class, supported features and capability attributes.
    """

    name: ClassVar[str]
    # Attributes that change with use and that no description is made of: most changes are of these alone.
    volatile_attributes: ClassVar[frozenset[str]] = frozenset()
    attribute_fields: ClassVar[Shape] = {}
    state_fields: ClassVar[Shape] = {}
    commands: ClassVar[Mapping[str, Command]] = {}

    def supported(self, _entity: Entity) -> bool:
        """Return whether this entity, of a domain that may have the trait, has it."""
        return True

    def attributes(self, _entity: Entity) -> Json:
        """Return what does not change with use, with the keys of `attribute_fields`: ranges, steps, options, units."""
        return {}

    @abstractmethod
    def read(self, entity: Entity) -> Json:
        """Return the present state, with the keys of `state_fields`. Unknown is None, never "off"."""

    def supported_commands(self, entity: Entity) -> list[str]:
        """Return the commands of this entity: `["<trait>.<verb>"]`."""
        return [f"{self.name}.{verb}" for verb, command in self.commands.items() if command.supported(entity)]

    def tolerances(self, _entity: Entity, _wanted: Json) -> Mapping[str, float]:
        """Return, by key of the wanted state, half the step in which this device moves; else the field's tolerance."""
        return NOTHING

    def shows(self, wanted: Json, seen: Json) -> bool:
        """Return whether the seen state is exactly what a command wanted."""
        return all(self.state_fields[key].equal(value, seen.get(key)) for key, value in wanted.items())

    def reached(self, wanted: Json, seen: Json, tolerances: Mapping[str, float] = NOTHING) -> bool:
        """Return whether the seen state is as near to what a command wanted as the device's own steps allow."""
        fields = self.state_fields
        return all(
            fields[key].equal(value, seen.get(key), tolerances.get(key, fields[key].tolerance))
            for key, value in wanted.items()
        )


@dataclass(frozen=True, slots=True)
class Appliance:
    """The appliance an entity is part of: a "device" in Home Assistant's words."""

    id: str
    name: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return `{id, name}`."""
        return {"id": self.id, "name": self.name}


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
    floor: str | None = None
    labels: tuple[str, ...] = ()
    part_of: Appliance | None = None
    icon: str | None = None
    # Places and labels that a scope may name, by ids of Home Assistant. Not on the wire.
    area_id: str | None = None
    floor_id: str | None = None
    label_ids: frozenset[str] = frozenset()

    def seen_by(self, scope: Scope) -> Device | None:
        """Return the device as a scope sees it: with the commands that it permits. None where it does not see it."""
        if not scope.sees(self):
            return None
        return self if not self.commands or scope.controls(self) else replace(self, commands=())

    def as_dict(self) -> dict[str, Any]:
        """Return `{id, type, name, area, floor, labels, part_of, icon, sensitive, traits, commands, online, state}`.

        `traits` maps each trait to its attributes, `state` each trait to its state: see `schema.json_schema`.
        """
        return {**self.description(), "online": self.online, "state": self.state}

    def description(self) -> dict[str, Any]:
        """Return what `as_dict` returns but for `online` and `state`: what does not change with use."""
        return {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "area": self.area,
            "floor": self.floor,
            "labels": self.labels,
            "part_of": self.part_of and self.part_of.as_dict(),
            "icon": self.icon,
            "sensitive": self.sensitive,
            "traits": self.traits,
            "commands": self.commands,
        }
