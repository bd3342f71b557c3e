"""on_off: whether a device is on, and switching it."""

from collections.abc import Mapping
from typing import ClassVar, Final

from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.components.fan import FanEntityFeature
from homeassistant.components.media_player import MediaPlayerEntityFeature
from homeassistant.components.siren import SirenEntityFeature
from homeassistant.components.water_heater import WaterHeaterEntityFeature
from homeassistant.const import STATE_OFF, STATE_ON

from ...errors import InvalidParamsError
from ..fields import Shape, boolean
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import same
from .transition import TRANSITION_ATTRIBUTES, TRANSITION_PARAMS, transition_attributes, transition_data

# Domains that switch only with these features, as (on, off); all others always do.
_FEATURES: Final = {
    "climate": (ClimateEntityFeature.TURN_ON, ClimateEntityFeature.TURN_OFF),
    "fan": (FanEntityFeature.TURN_ON, FanEntityFeature.TURN_OFF),
    "media_player": (MediaPlayerEntityFeature.TURN_ON, MediaPlayerEntityFeature.TURN_OFF),
    "siren": (SirenEntityFeature.TURN_ON, SirenEntityFeature.TURN_OFF),
    "water_heater": (WaterHeaterEntityFeature.ON_OFF, WaterHeaterEntityFeature.ON_OFF),
}
# Domains whose state is "on" or "off" and nothing else; the others are on in every state but "off" and "standby".
_BINARY: Final = frozenset({"light", "switch", "input_boolean", "fan", "humidifier", "siren", "automation"})
_OFF: Final = frozenset({STATE_OFF, "standby"})
# water_heater has no toggle service.
_NO_TOGGLE: Final = frozenset({"water_heater"})


def _can(entity: Entity, *, on: bool) -> bool:
    features = _FEATURES.get(entity.domain)
    return features is None or entity.has(features[0] if on else features[1])


def _can_set(entity: Entity) -> bool:
    return _can(entity, on=True) or _can(entity, on=False)


def _can_toggle(entity: Entity) -> bool:
    return _can(entity, on=True) and _can(entity, on=False) and entity.domain not in _NO_TOGGLE


def _set(entity: Entity, params: Json) -> ServiceCall:
    on = params["on"]
    if not _can(entity, on=on):
        raise InvalidParamsError(f"on: this device can only be switched {'off' if on else 'on'}")
    return ServiceCall(entity.domain, "turn_on" if on else "turn_off", transition_data(entity, params))


def _toggle(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "toggle", transition_data(entity, params))


class OnOff(Trait):
    """On, off, or unknown."""

    name = "on_off"
    attribute_fields: ClassVar[Shape] = TRANSITION_ATTRIBUTES
    state_fields: ClassVar[Shape] = {"on": boolean()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({"on": boolean(), **TRANSITION_PARAMS},), _can_set, same("on")),
        "toggle": Command(_toggle, (TRANSITION_PARAMS,), _can_toggle),
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe the longest transition of a light; nothing for a device that cannot fade."""
        return transition_attributes(entity)

    def read(self, entity: Entity) -> Json:
        """Read `on`."""
        value = entity.value
        if value is None or (entity.domain in _BINARY and value not in {STATE_ON, STATE_OFF}):
            return {"on": None}
        return {"on": value not in _OFF}
