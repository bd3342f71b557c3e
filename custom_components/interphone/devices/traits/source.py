"""source and sound_mode: input and sound program of a media player."""

from collections.abc import Mapping
from typing import ClassVar, Final

from homeassistant.components.media_player import MediaPlayerEntityFeature

from ..fields import Shape, label, options, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import offers, one_of, same

_SOURCES: Final = "source_list"
_SOUND_MODES: Final = "sound_mode_list"


def _set_source(entity: Entity, params: Json) -> ServiceCall:
    source = one_of("source", params["source"], entity.options(_SOURCES))
    return ServiceCall(entity.domain, "select_source", {"source": source})


def _set_sound_mode(entity: Entity, params: Json) -> ServiceCall:
    mode = one_of("sound_mode", params["sound_mode"], entity.options(_SOUND_MODES))
    return ServiceCall(entity.domain, "select_sound_mode", {"sound_mode": mode})


class Source(Trait):
    """The input a player is set to."""

    name = "source"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"source"})
    attribute_fields: ClassVar[Shape] = {"sources": options()}
    state_fields: ClassVar[Shape] = {"source": label()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set_source, ({"source": text()},), offers(_SOURCES), same("source"))
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the player has inputs to choose from."""
        return entity.has(MediaPlayerEntityFeature.SELECT_SOURCE)

    def attributes(self, entity: Entity) -> Json:
        """Describe the inputs."""
        return {"sources": entity.options(_SOURCES)}

    def read(self, entity: Entity) -> Json:
        """Read the chosen input."""
        return {"source": entity.label("source")}


class SoundMode(Trait):
    """The sound program a player is set to."""

    name = "sound_mode"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"sound_mode"})
    attribute_fields: ClassVar[Shape] = {"sound_modes": options()}
    state_fields: ClassVar[Shape] = {"sound_mode": label()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set_sound_mode, ({"sound_mode": text()},), offers(_SOUND_MODES), same("sound_mode"))
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the player has sound programs."""
        return entity.has(MediaPlayerEntityFeature.SELECT_SOUND_MODE)

    def attributes(self, entity: Entity) -> Json:
        """Describe the sound programs."""
        return {"sound_modes": entity.options(_SOUND_MODES)}

    def read(self, entity: Entity) -> Json:
        """Read the chosen sound program."""
        return {"sound_mode": entity.label("sound_mode")}
