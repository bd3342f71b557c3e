"""siren: tone, volume and duration of a siren. Whether it sounds is on_off."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from homeassistant.components.siren import SirenEntityFeature

from ...errors import InvalidParamsError
from ..fields import Shape, boolean, is_number, number, optional, options, percent, text
from ..model import Command, Entity, Json, ServiceCall, Trait, choosable
from .planning import one_of, supports

_TONES: Final = "available_tones"
_HOUR_SECONDS: Final = 3600

# By param: the required feature, and the name and scale of the service's field.
_OPTIONS: Final = {
    "tone": (SirenEntityFeature.TONES, "tone"),
    "percent": (SirenEntityFeature.VOLUME_SET, "volume_level"),
    "seconds": (SirenEntityFeature.DURATION, "duration"),
}


def _tones(entity: Entity) -> list[str] | None:
    """Return the tones; integrations give a list of names or numbers, or a mapping to such names."""
    tones = entity.state.attributes.get(_TONES)
    if isinstance(tones, Mapping):
        tones = list(tones.values())
    if not isinstance(tones, list | tuple):
        return None
    return choosable(str(tone) for tone in tones if isinstance(tone, str) or is_number(tone))


def _sound(entity: Entity, params: Json) -> ServiceCall:
    for name in params:
        if not entity.has(_OPTIONS[name][0]):
            raise InvalidParamsError(f"{name}: this siren cannot be set to it")
    data: dict[str, Any] = {_OPTIONS[name][1]: value for name, value in params.items()}
    if "tone" in params:
        one_of("tone", params["tone"], _tones(entity))
    if "percent" in params:
        data["volume_level"] = params["percent"] / 100
    if "seconds" in params:
        data["duration"] = round(params["seconds"])
    return ServiceCall(entity.domain, "turn_on", data)


class Siren(Trait):
    """Sounding a siren."""

    name = "siren"
    attribute_fields: ClassVar[Shape] = {"tones": options(), "percent": boolean(), "seconds": boolean()}
    commands: ClassVar[Mapping[str, Command]] = {
        "sound": Command(
            _sound,
            (
                {
                    "tone": optional(text()),
                    "percent": optional(percent()),
                    "seconds": optional(number(1, _HOUR_SECONDS)),
                },
            ),
            supports(SirenEntityFeature.TURN_ON),
        )
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe the tones, and whether volume and duration can be set."""
        return {
            "tones": _tones(entity) if entity.has(SirenEntityFeature.TONES) else None,
            "percent": entity.has(SirenEntityFeature.VOLUME_SET),
            "seconds": entity.has(SirenEntityFeature.DURATION),
        }

    def read(self, _entity: Entity) -> Json:
        """Return no state: sirens do not report how they sound."""
        return {}
