"""The registry: which type of device each domain is, and which traits it may have."""

from dataclasses import dataclass, field
from typing import Final

from .model import Entity, Trait
from .traits.activate import Activate
from .traits.active import Active
from .traits.brightness import Brightness
from .traits.color import Color
from .traits.effect import Effect
from .traits.fan import Fan
from .traits.humidity import Humidity
from .traits.lock import Lock
from .traits.media import Media
from .traits.on_off import OnOff
from .traits.open_close import OpenClose
from .traits.source import SoundMode, Source
from .traits.thermostat import Thermostat
from .traits.tilt import Tilt
from .traits.value import Value
from .traits.volume import Volume


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


_ON_OFF: Final = OnOff()
_ACTIVATE: Final = Activate()
_OPEN_CLOSE: Final = OpenClose()

DOMAINS: Final[dict[str, Kind]] = {
    "binary_sensor": Kind(
        "sensor",
        (Active(),),
        {
            "door": "contact",
            "garage_door": "contact",
            "opening": "contact",
            "window": "contact",
            "carbon_monoxide": "carbon_monoxide",
            "gas": "gas",
            "moisture": "leak",
            "motion": "motion",
            "moving": "motion",
            "occupancy": "occupancy",
            "presence": "occupancy",
            "smoke": "smoke",
            "sound": "sound",
            "vibration": "vibration",
        },
    ),
    "climate": Kind("thermostat", (_ON_OFF, Thermostat(), Humidity())),
    "cover": Kind(
        "blind",
        (_OPEN_CLOSE, Tilt()),
        {
            "awning": "awning",
            "curtain": "curtain",
            "damper": "damper",
            "door": "door",
            "garage": "garage",
            "gate": "gate",
            "shutter": "shutter",
            "window": "window",
        },
    ),
    "fan": Kind("fan", (_ON_OFF, Fan())),
    "light": Kind("light", (_ON_OFF, Brightness(), Color(), Effect())),
    "lock": Kind("lock", (Lock(),)),
    "media_player": Kind(
        "speaker",
        (_ON_OFF, Volume(), Media(), Source(), SoundMode()),
        {"tv": "tv", "receiver": "receiver", "projector": "projector"},
    ),
    "scene": Kind("scene", (_ACTIVATE,)),
    "sensor": Kind("sensor", (Value(),)),
    "switch": Kind("switch", (_ON_OFF,), {"outlet": "outlet"}),
}

# What opens a home, watches or follows its people. Shared only when chosen one by one, and controlled only by grants
# that were given "doors and alarms".
SENSITIVE: Final = frozenset({"alarm_control_panel", "camera", "device_tracker", "lock", "person"})
SENSITIVE_CLASSES: Final = {"cover": frozenset({"door", "garage", "gate"})}

# Every trait by its name on the wire.
TRAITS: Final[dict[str, Trait]] = {trait.name: trait for kind in DOMAINS.values() for trait in kind.traits}
