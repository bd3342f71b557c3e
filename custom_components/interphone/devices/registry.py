"""The registry: which type of device each domain is, and which traits it may have."""

from dataclasses import dataclass, field
from typing import Final

from .model import Entity, Trait
from .traits.activate import Activate
from .traits.active import Active
from .traits.arm import Arm
from .traits.battery import Battery
from .traits.brightness import Brightness
from .traits.camera import Camera
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


@dataclass(frozen=True, slots=True)
class Kind:
    """A domain: its type, refined by device class, and the traits its entities may have."""

    type: str
    traits: tuple[Trait, ...]
    types: dict[str, str] = field(default_factory=dict)

    def type_of(self, entity: Entity) -> str:
        """Return the type of this entity."""
        return self.types.get(entity.device_class or "", self.type)

    def traits_of(self, entity: Entity) -> tuple[Trait, ...]:
        """Return the traits of this entity."""
        return tuple(trait for trait in self.traits if trait.supported(entity))


_DETECTORS: Final = {
    "carbon_monoxide": "carbon_monoxide",
    "door": "contact",
    "garage_door": "contact",
    "gas": "gas",
    "moisture": "leak",
    "motion": "motion",
    "moving": "motion",
    "occupancy": "occupancy",
    "opening": "contact",
    "presence": "occupancy",
    "smoke": "smoke",
    "sound": "sound",
    "vibration": "vibration",
    "window": "contact",
}
_COVERS: Final = {name: name for name in ("awning", "curtain", "damper", "door", "garage", "gate", "shutter", "window")}
_PLAYERS: Final = {name: name for name in ("tv", "receiver", "projector")}
_MOMENTS: Final = {name: name for name in ("doorbell", "button", "motion")}

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
    "alarm_control_panel": Kind("alarm", (Arm(),)),
    "automation": Kind("automation", (_ON_OFF, _ACTIVATE)),
    "binary_sensor": Kind("sensor", (Active(),), _DETECTORS),
    "button": Kind("button", (_ACTIVATE,)),
    "camera": Kind("camera", (Camera(),)),
    "climate": Kind("thermostat", (_ON_OFF, _THERMOSTAT, _HUMIDITY)),
    "cover": Kind("blind", (_OPEN_CLOSE, Tilt()), _COVERS),
    "date": Kind("datetime", (_DATETIME,)),
    "datetime": Kind("datetime", (_DATETIME,)),
    "device_tracker": Kind("presence", (_PRESENCE, _BATTERY)),
    "event": Kind("event", (EventTrait(),), _MOMENTS),
    "fan": Kind("fan", (_ON_OFF, Fan())),
    "humidifier": Kind("humidifier", (_ON_OFF, _HUMIDITY), {"dehumidifier": "dehumidifier"}),
    "input_boolean": Kind("switch", (_ON_OFF,)),
    "input_button": Kind("button", (_ACTIVATE,)),
    "input_datetime": Kind("datetime", (_DATETIME,)),
    "input_number": Kind("number", (_LEVEL,)),
    "input_select": Kind("select", (_CHOICE,)),
    "input_text": Kind("text", (_TEXT,)),
    "lawn_mower": Kind("mower", (_RUN, _BATTERY)),
    "light": Kind("light", (_ON_OFF, Brightness(), Color(), Effect())),
    "lock": Kind("lock", (Lock(),)),
    "media_player": Kind("speaker", (_ON_OFF, Volume(), Media(), Source(), SoundMode()), _PLAYERS),
    "number": Kind("number", (_LEVEL,)),
    "person": Kind("presence", (_PRESENCE,)),
    "scene": Kind("scene", (_ACTIVATE,)),
    "script": Kind("script", (_ACTIVATE,)),
    "select": Kind("select", (_CHOICE,)),
    "sensor": Kind("sensor", (Value(),)),
    "siren": Kind("siren", (_ON_OFF, Siren())),
    "switch": Kind("switch", (_ON_OFF,), {"outlet": "outlet"}),
    "text": Kind("text", (_TEXT,)),
    "time": Kind("datetime", (_DATETIME,)),
    "timer": Kind("timer", (Timer(),)),
    "update": Kind("update", (Update(),)),
    "vacuum": Kind("vacuum", (_RUN, FanSpeed(), _BATTERY)),
    "valve": Kind("valve", (_OPEN_CLOSE,)),
    "water_heater": Kind("water_heater", (_ON_OFF, _THERMOSTAT)),
    "weather": Kind("weather", (Weather(),)),
}

# What opens a home, watches or follows its people. Shared only when chosen one by one, and controlled only by grants
# that were given "doors and alarms".
SENSITIVE: Final = frozenset({"alarm_control_panel", "camera", "device_tracker", "lock", "person"})
SENSITIVE_CLASSES: Final = {"cover": frozenset({"door", "garage", "gate"})}

# Every trait by its name on the wire.
TRAITS: Final[dict[str, Trait]] = {trait.name: trait for kind in DOMAINS.values() for trait in kind.traits}

# Every type a device may have.
TYPES: Final = frozenset(type_ for kind in DOMAINS.values() for type_ in (kind.type, *kind.types.values()))
