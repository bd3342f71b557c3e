"""color: color of a light, as a temperature in kelvin or as hue and saturation."""

from collections.abc import Mapping
from typing import Any, ClassVar

from homeassistant.components.light import (
    ATTR_COLOR_MODE,
    ATTR_COLOR_TEMP_KELVIN,
    ATTR_HS_COLOR,
    ATTR_MAX_COLOR_TEMP_KELVIN,
    ATTR_MIN_COLOR_TEMP_KELVIN,
    ATTR_SUPPORTED_COLOR_MODES,
    ColorMode,
)
from homeassistant.components.light.const import COLOR_MODES_COLOR

from ...errors import InvalidParamsError
from ..fields import Shape, choice, is_number, listing, number, percent, quantity
from ..model import Command, Ends, Entity, Json, ServiceCall, Trait
from .planning import within
from .transition import TRANSITION_ATTRIBUTES, TRANSITION_PARAMS, transition_attributes, transition_data

_KELVIN = "kelvin"
_HUE = "hue_saturation"
_WHITE = "white"
_MODES = dict.fromkeys(COLOR_MODES_COLOR, _HUE) | {ColorMode.COLOR_TEMP: _KELVIN, ColorMode.WHITE: _WHITE}

# Lamps count in mireds, which are a million divided by the kelvin.
_MIREDS = 1_000_000
# Below it a color has no hue to speak of: lamps report any.
_GREY = 1


def _modes(entity: Entity) -> set[str]:
    supported = entity.options(ATTR_SUPPORTED_COLOR_MODES) or ()
    return {_MODES[ColorMode(mode)] for mode in supported if mode in _MODES}


def _ends(entity: Entity) -> Ends:
    return entity.ends(ATTR_MIN_COLOR_TEMP_KELVIN, ATTR_MAX_COLOR_TEMP_KELVIN, 1)


def _set(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "turn_on", {**_color(entity, params), **transition_data(entity, params)})


def _color(entity: Entity, params: Json) -> dict[str, Any]:
    modes = _modes(entity)
    if "kelvin" in params:
        if _KELVIN not in modes:
            raise InvalidParamsError("kelvin: this light has no color temperature; set hue and saturation")
        kelvin = within("kelvin", params["kelvin"], _ends(entity), " K")
        return {ATTR_COLOR_TEMP_KELVIN: round(kelvin)}
    if _HUE not in modes:
        raise InvalidParamsError("hue: this light has no colors; set kelvin")
    return {ATTR_HS_COLOR: [params["hue"], params["saturation"]]}


def _wants(_entity: Entity, params: Json) -> dict[str, Any]:
    if "kelvin" in params:
        return {"mode": _KELVIN, "kelvin": round(params["kelvin"])}
    hue = {"hue": params["hue"]} if params["saturation"] >= _GREY else {}
    return {"mode": _HUE, "saturation": params["saturation"], **hue}


class Color(Trait):
    """Color of a light. Setting it switches the light on."""

    name = "color"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset(
        {
            *("color_mode", "color_temp_kelvin", "hs_color", "rgb_color", "rgbw_color", "rgbww_color", "xy_color"),
        }
    )
    attribute_fields: ClassVar[Shape] = {
        "modes": listing(choice(_HUE, _KELVIN, _WHITE)),
        "kelvin_min": quantity(1),
        "kelvin_max": quantity(1),
        **TRANSITION_ATTRIBUTES,
    }
    state_fields: ClassVar[Shape] = {
        "mode": choice(_HUE, _KELVIN, _WHITE),
        "kelvin": quantity(1),
        "hue": number(0, 360, tolerance=2, period=360),
        "saturation": percent(),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(
            _set,
            (
                {"kelvin": number(1000, 20000), **TRANSITION_PARAMS},
                {"hue": number(0, 360), "saturation": number(0, 100), **TRANSITION_PARAMS},
            ),
            wants=_wants,
        )
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the light has color temperatures or colors; white alone is no color to set."""
        return bool(_modes(entity) - {_WHITE})

    def attributes(self, entity: Entity) -> Json:
        """Describe the modes, the range of temperatures (null where there are none), and the longest transition."""
        modes = _modes(entity)
        low, high = _ends(entity) if _KELVIN in modes else (None, None)
        return {
            "modes": sorted(modes),
            "kelvin_min": low,
            "kelvin_max": high,
            **transition_attributes(entity),
        }

    def tolerances(self, _entity: Entity, wanted: Json) -> Mapping[str, float]:
        """Return half a mired in kelvin, and what rounding to whole kelvin adds."""
        kelvin = wanted.get("kelvin")
        return {} if kelvin is None else {"kelvin": kelvin * kelvin / _MIREDS / 2 + 1}

    def read(self, entity: Entity) -> Json:
        """Read the mode and its values; those of the other mode are null."""
        mode = entity.text(ATTR_COLOR_MODE)
        shown = _MODES.get(ColorMode(mode)) if mode in _MODES else None
        hue, saturation = _hue_saturation(entity) if shown == _HUE else (None, None)
        return {
            "mode": shown,
            "kelvin": entity.number(ATTR_COLOR_TEMP_KELVIN, 1) if shown == _KELVIN else None,
            "hue": hue,
            "saturation": saturation,
        }


def _hue_saturation(entity: Entity) -> tuple[float | None, float | None]:
    pair = entity.state.attributes.get(ATTR_HS_COLOR)
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(is_number(part) for part in pair):  # noqa: PLR2004  # hue and saturation
        return None, None
    return round(pair[0] % 360, 1) % 360, round(min(max(pair[1], 0), 100), 1)
