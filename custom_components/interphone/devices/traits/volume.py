"""volume: volume of a media player in percent."""

from collections.abc import Mapping
from typing import Any, ClassVar

from homeassistant.components.media_player import MediaPlayerEntityFeature

from ..fields import Shape, boolean, optional, percent
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import calls, rounded, same, supports


def _set(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "volume_set", {"volume_level": params["percent"] / 100})


def _mute(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "volume_mute", {"is_volume_muted": params["muted"]})


def _can_step(entity: Entity) -> bool:
    return entity.has(MediaPlayerEntityFeature.VOLUME_STEP) or entity.has(MediaPlayerEntityFeature.VOLUME_SET)


class Volume(Trait):
    """Volume and mute of a player."""

    name = "volume"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"is_volume_muted", "volume_level"})
    state_fields: ClassVar[Shape] = {"percent": percent(), "muted": optional(boolean())}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(
            _set, ({"percent": percent()},), supports(MediaPlayerEntityFeature.VOLUME_SET), rounded("percent")
        ),
        "mute": Command(_mute, ({"muted": boolean()},), supports(MediaPlayerEntityFeature.VOLUME_MUTE), same("muted")),
        "up": Command(calls("volume_up"), supported=_can_step),
        "down": Command(calls("volume_down"), supported=_can_step),
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the player's volume can be changed."""
        return bool(self.supported_commands(entity))

    def read(self, entity: Entity) -> Json:
        """Read `percent`, null while the player does not report it, and `muted` of players that mute."""
        level = entity.number("volume_level", 0, 1)
        state: dict[str, Any] = {"percent": None if level is None else round(level * 100)}
        if entity.has(MediaPlayerEntityFeature.VOLUME_MUTE):
            state["muted"] = entity.flag("is_volume_muted")
        return state
