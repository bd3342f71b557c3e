"""effect: a light's built-in programs, such as a rainbow or a candle."""

from collections.abc import Mapping
from typing import ClassVar

from homeassistant.components.light import ATTR_EFFECT, ATTR_EFFECT_LIST, EFFECT_OFF, LightEntityFeature

from ..fields import Shape, label, options, text
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import offers, one_of


def _set(entity: Entity, params: Json) -> ServiceCall:
    effect = one_of("effect", params["effect"], entity.options(ATTR_EFFECT_LIST))
    return ServiceCall(entity.domain, "turn_on", {ATTR_EFFECT: effect})


def _wants(_entity: Entity, params: Json) -> Json:
    return {"effect": None if params["effect"] == EFFECT_OFF else params["effect"]}


class Effect(Trait):
    """The running effect of a light. Setting one switches the light on."""

    name = "effect"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"effect"})
    attribute_fields: ClassVar[Shape] = {"effects": options()}
    state_fields: ClassVar[Shape] = {"effect": label()}
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({"effect": text()},), offers(ATTR_EFFECT_LIST), _wants)
    }

    def supported(self, entity: Entity) -> bool:
        """Return whether the light has effects."""
        return entity.has(LightEntityFeature.EFFECT)

    def attributes(self, entity: Entity) -> Json:
        """Describe the effects to choose from."""
        return {"effects": entity.options(ATTR_EFFECT_LIST)}

    def read(self, entity: Entity) -> Json:
        """Read the running effect; null when none runs."""
        # Home Assistant calls none "off".
        effect = entity.label(ATTR_EFFECT)
        return {"effect": None if effect == EFFECT_OFF else effect}
