"""media: playback of a media player."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from homeassistant.components.media_player import MediaPlayerEntityFeature, RepeatMode

from ..fields import SPAN_SECONDS_MAX, Shape, boolean, choice, label, number, optional, span, utc_instant
from ..model import Command, Entity, Json, ServiceCall, Trait
from ..times import instant
from .planning import calls, same, supports, wish

_STATES: Final = ("playing", "paused", "buffering", "idle", "on", "off")
# Older integrations use standby for off.
_PLAYBACK: Final = {state: state for state in _STATES} | {"standby": "off"}
_REPEAT: Final = tuple(mode.value for mode in RepeatMode)
_DAY_SECONDS: Final = 24 * 3600

_Can = MediaPlayerEntityFeature


def _seek(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "media_seek", {"seek_position": params["seconds"]})


def _shuffle(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "shuffle_set", {"shuffle": params["shuffle"]})


def _repeat(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "repeat_set", {"repeat": params["repeat"]})


class Media(Trait):
    """Playback. `position_seconds` was measured at `position_at`: while playing, add the time since then."""

    name = "media"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset(
        {
            *("app_name", "media_album_name", "media_artist", "media_content_id", "media_duration"),
            *("media_position", "media_position_updated_at", "media_title", "repeat", "shuffle"),
        }
    )
    state_fields: ClassVar[Shape] = {
        "playback": choice(*_STATES),
        "title": label(),
        "artist": label(),
        "album": label(),
        "app": label(),
        "duration_seconds": span(),
        "position_seconds": span(),
        "position_at": utc_instant(),
        "shuffle": optional(boolean()),
        "repeat": optional(choice(*_REPEAT)),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "play": Command(calls("media_play"), supported=supports(_Can.PLAY), wants=wish(playback="playing")),
        "pause": Command(calls("media_pause"), supported=supports(_Can.PAUSE), wants=wish(playback="paused")),
        "stop": Command(calls("media_stop"), supported=supports(_Can.STOP)),
        "next": Command(calls("media_next_track"), supported=supports(_Can.NEXT_TRACK)),
        "previous": Command(calls("media_previous_track"), supported=supports(_Can.PREVIOUS_TRACK)),
        "seek": Command(_seek, ({"seconds": number(0, _DAY_SECONDS * 365)},), supports(_Can.SEEK)),
        "shuffle": Command(_shuffle, ({"shuffle": boolean()},), supports(_Can.SHUFFLE_SET), same("shuffle")),
        "repeat": Command(_repeat, ({"repeat": choice(*_REPEAT)},), supports(_Can.REPEAT_SET), same("repeat")),
    }

    def read(self, entity: Entity) -> Json:
        """Read what is played; null where the player does not report it."""
        position = entity.number("media_position", 0, SPAN_SECONDS_MAX)
        state: dict[str, Any] = {
            "playback": _PLAYBACK.get(entity.value or ""),
            "title": entity.label("media_title"),
            "artist": entity.label("media_artist") or entity.label("media_album_artist"),
            "album": entity.label("media_album_name"),
            "app": entity.label("app_name"),
            "duration_seconds": entity.number("media_duration", 0, SPAN_SECONDS_MAX),
            "position_seconds": position,
            "position_at": instant(entity.state.attributes.get("media_position_updated_at")),
        }
        if entity.has(_Can.SHUFFLE_SET):
            state["shuffle"] = entity.flag("shuffle")
        if entity.has(_Can.REPEAT_SET):
            repeat = entity.text("repeat")
            state["repeat"] = repeat if repeat in _REPEAT else None
        return state
