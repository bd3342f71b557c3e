"""The registry: one row for each domain says what its entities are. A new trait is one file and one row here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from homeassistant.const import ATTR_ENTITY_PICTURE

from .model import BesideState, Entity, Trait
from .traits.activate import SCRIPT_FIELDS, Activate
from .traits.active import Active
from .traits.arm import Arm
from .traits.battery import Battery
from .traits.brightness import Brightness
from .traits.camera import STREAMS, Camera
from .traits.choice import Choice
from .traits.color import Color
from .traits.datetime import DateTime
from .traits.effect import Effect
from .traits.event import EventTrait
from .traits.fan import Fan
from .traits.fan_speed import FanSpeed
from .traits.humidity import Humidity
from .traits.level import Level
from .traits.lock import Lock
from .traits.media import Media
from .traits.on_off import OnOff
from .traits.open_close import OpenClose
from .traits.pin import DEFAULT_CODE
from .traits.presence import Presence
from .traits.run import Run
from .traits.siren import Siren
from .traits.source import SoundMode, Source
from .traits.text import Text
from .traits.thermostat import Thermostat
from .traits.tilt import Tilt
from .traits.timer import Timer
from .traits.update import Update
from .traits.value import Value
from .traits.volume import Volume
from .traits.weather import Weather


class Default(Enum):
    """Places in which a new home shares the entities of a domain."""

    EVERYWHERE = auto()
    IN_CHOSEN_AREAS = auto()  # what residents rarely want on a website
    NOWHERE = auto()  # what can do anything


@dataclass(frozen=True, slots=True)
class Type:
    """A type of device: its name on the wire, and the Material Design icon where nobody chose another."""

    name: str
    icon: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the registry: what entities of a domain are.

    Their type, which their device class may refine; the traits they may have; whether they open a home, watch or
    follow its people, all of them or those of some device classes (then they are shared only when chosen one by one,
    and controlled only by grants that may move doors and alarms); where a new home shares them; and what is read beside
    their state.
    """

    type: Type
    traits: tuple[Trait, ...]
    types: Mapping[str, Type] = MappingProxyType({})
    sensitive: bool = False
    sensitive_classes: frozenset[str] = frozenset()
    by_default: Default = Default.EVERYWHERE
    beside_state: BesideState | None = None
    volatile_attributes: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Collect the attributes that no description is made of."""
        volatile = frozenset({ATTR_ENTITY_PICTURE}).union(*(trait.volatile_attributes for trait in self.traits))
        object.__setattr__(self, "volatile_attributes", volatile)

    def type_of(self, entity: Entity) -> Type:
        """Return the type of this entity."""
        return self.types.get(entity.device_class or "", self.type)

    def traits_of(self, entity: Entity) -> tuple[Trait, ...]:
        """Return the traits of this entity."""
        return tuple(trait for trait in self.traits if trait.supported(entity))

    @property
    def changes_silently(self) -> bool:
        """Whether a description may change without a change of the state."""
        return self.beside_state is not None and self.beside_state.silent


_CONTACT: Final = Type("contact", "door")
_MOTION: Final = Type("motion", "motion-sensor")
_OCCUPANCY: Final = Type("occupancy", "home-account")
_DETECTORS: Final = {
    "carbon_monoxide": Type("carbon_monoxide", "molecule-co"),
    "door": _CONTACT,
    "garage_door": _CONTACT,
    "gas": Type("gas", "gas-cylinder"),
    "moisture": Type("leak", "water-alert"),
    "motion": _MOTION,
    "moving": _MOTION,
    "occupancy": _OCCUPANCY,
    "opening": _CONTACT,
    "presence": _OCCUPANCY,
    "smoke": Type("smoke", "smoke-detector"),
    "sound": Type("sound", "music-note"),
    "vibration": Type("vibration", "vibrate"),
    "window": _CONTACT,
}
_COVERS: Final = {
    "awning": Type("awning", "storefront-outline"),
    "curtain": Type("curtain", "curtains"),
    "damper": Type("damper", "valve"),
    "door": Type("door", "door"),
    "garage": Type("garage", "garage"),
    "gate": Type("gate", "gate"),
    "shutter": Type("shutter", "window-shutter"),
    "window": Type("window", "window-closed-variant"),
}
_PLAYERS: Final = {
    "tv": Type("tv", "television"),
    "receiver": Type("receiver", "audio-video"),
    "projector": Type("projector", "projector"),
}
_EVENTS: Final = {
    "doorbell": Type("doorbell", "doorbell"),
    "button": Type("button", "gesture-tap-button"),
    "motion": Type("motion", "motion-sensor"),
}

_IN_AREAS: Final = Default.IN_CHOSEN_AREAS
_ON_OFF: Final = OnOff()
_ACTIVATE: Final = Activate()
_OPEN_CLOSE: Final = OpenClose()
_HUMIDITY: Final = Humidity()
_THERMOSTAT: Final = Thermostat()
_RUN: Final = Run()
_BATTERY: Final = Battery()
_LEVEL: Final = Level()
_CHOICE: Final = Choice()
_TEXT: Final = Text()
_DATETIME: Final = DateTime()
_PRESENCE: Final = Presence()

DOMAINS: Final[dict[str, Kind]] = {
    "alarm_control_panel": Kind(Type("alarm", "shield-home"), (Arm(),), sensitive=True, beside_state=DEFAULT_CODE),
    "automation": Kind(Type("automation", "robot"), (_ON_OFF, _ACTIVATE), by_default=Default.NOWHERE),
    "binary_sensor": Kind(Type("sensor", "eye"), (Active(),), _DETECTORS),
    "button": Kind(Type("button", "gesture-tap-button"), (_ACTIVATE,), by_default=_IN_AREAS),
    "camera": Kind(Type("camera", "video"), (Camera(),), sensitive=True, beside_state=STREAMS),
    "climate": Kind(Type("thermostat", "thermostat"), (_ON_OFF, _THERMOSTAT, _HUMIDITY)),
    "cover": Kind(
        Type("blind", "blinds"), (_OPEN_CLOSE, Tilt()), _COVERS, sensitive_classes=frozenset({"door", "garage", "gate"})
    ),
    "date": Kind(Type("datetime", "calendar-clock"), (_DATETIME,), by_default=_IN_AREAS),
    "datetime": Kind(Type("datetime", "calendar-clock"), (_DATETIME,), by_default=_IN_AREAS),
    "device_tracker": Kind(Type("presence", "account"), (_PRESENCE, _BATTERY), sensitive=True),
    "event": Kind(Type("event", "eye-check"), (EventTrait(),), _EVENTS),
    "fan": Kind(Type("fan", "fan"), (_ON_OFF, Fan())),
    "humidifier": Kind(
        Type("humidifier", "air-humidifier"),
        (_ON_OFF, _HUMIDITY),
        {"dehumidifier": Type("dehumidifier", "air-humidifier-off")},
    ),
    "input_boolean": Kind(Type("switch", "toggle-switch-variant"), (_ON_OFF,)),
    "input_button": Kind(Type("button", "gesture-tap-button"), (_ACTIVATE,), by_default=_IN_AREAS),
    "input_datetime": Kind(Type("datetime", "calendar-clock"), (_DATETIME,), by_default=_IN_AREAS),
    "input_number": Kind(Type("number", "ray-vertex"), (_LEVEL,), by_default=_IN_AREAS),
    "input_select": Kind(Type("select", "format-list-bulleted"), (_CHOICE,), by_default=_IN_AREAS),
    "input_text": Kind(Type("text", "form-textbox"), (_TEXT,), by_default=_IN_AREAS),
    "lawn_mower": Kind(Type("mower", "robot-mower"), (_RUN, _BATTERY)),
    "light": Kind(Type("light", "lightbulb"), (_ON_OFF, Brightness(), Color(), Effect())),
    "lock": Kind(Type("lock", "lock"), (Lock(),), sensitive=True, beside_state=DEFAULT_CODE),
    "media_player": Kind(Type("speaker", "speaker"), (_ON_OFF, Volume(), Media(), Source(), SoundMode()), _PLAYERS),
    "number": Kind(Type("number", "ray-vertex"), (_LEVEL,), by_default=_IN_AREAS),
    "person": Kind(Type("presence", "account"), (_PRESENCE,), sensitive=True),
    "scene": Kind(Type("scene", "palette"), (_ACTIVATE,)),
    "script": Kind(Type("script", "script-text"), (_ACTIVATE,), by_default=Default.NOWHERE, beside_state=SCRIPT_FIELDS),
    "select": Kind(Type("select", "format-list-bulleted"), (_CHOICE,), by_default=_IN_AREAS),
    "sensor": Kind(Type("sensor", "eye"), (Value(),)),
    "siren": Kind(Type("siren", "bullhorn"), (_ON_OFF, Siren())),
    "switch": Kind(Type("switch", "toggle-switch-variant"), (_ON_OFF,), {"outlet": Type("outlet", "power-socket")}),
    "text": Kind(Type("text", "form-textbox"), (_TEXT,), by_default=_IN_AREAS),
    "time": Kind(Type("datetime", "calendar-clock"), (_DATETIME,), by_default=_IN_AREAS),
    "timer": Kind(Type("timer", "timer-outline"), (Timer(),)),
    "update": Kind(Type("update", "package-up"), (Update(),), by_default=_IN_AREAS),
    "vacuum": Kind(Type("vacuum", "robot-vacuum"), (_RUN, FanSpeed(), _BATTERY)),
    "valve": Kind(Type("valve", "pipe-valve"), (_OPEN_CLOSE,)),
    "water_heater": Kind(Type("water_heater", "water-boiler"), (_ON_OFF, _THERMOSTAT)),
    "weather": Kind(Type("weather", "weather-partly-cloudy"), (Weather(),)),
}

# Controls that a device offers beside what it is: on the device of a lock, they may well be the lock's.
CONTROLS: Final = frozenset({"button", "number", "select", "switch", "text"})

# Every trait by its name on the wire.
TRAITS: Final[dict[str, Trait]] = {trait.name: trait for kind in DOMAINS.values() for trait in kind.traits}

# Every type a device may have, by its name on the wire.
TYPES: Final[dict[str, Type]] = {
    type_.name: type_ for kind in DOMAINS.values() for type_ in (kind.type, *kind.types.values())
}
