"""arm: an alarm system."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntityFeature as Feature,
    AlarmControlPanelState as AlarmState,
)
from homeassistant.const import ATTR_CODE_FORMAT

from ..fields import Shape, boolean, choice, label, listing
from ..model import Command, Entity, Json, ServiceCall, Trait
from .pin import PIN_PARAM, has_default, pin_data
from .planning import one_of, supports, wish

# By mode: the feature that offers it. The service and the state are named after the mode.
_MODES: Final[dict[str, Feature]] = {
    "home": Feature.ARM_HOME,
    "away": Feature.ARM_AWAY,
    "night": Feature.ARM_NIGHT,
    "vacation": Feature.ARM_VACATION,
    "custom_bypass": Feature.ARM_CUSTOM_BYPASS,
}
_ARMED: Final = {f"armed_{mode}": mode for mode in _MODES}
_STATES: Final = ("disarmed", "arming", "armed", "pending", "triggered", "disarming")


def _modes(entity: Entity) -> list[str]:
    return [mode for mode, feature in _MODES.items() if entity.has(feature)]


def _needs_pin_to_arm(entity: Entity) -> bool:
    # Home Assistant refuses to arm without one, whatever the format.
    return entity.flag("code_arm_required") is True and not has_default(entity)


def _needs_pin_to_disarm(entity: Entity) -> bool:
    return entity.text(ATTR_CODE_FORMAT) is not None and not has_default(entity)


def _call(entity: Entity, service: str, params: Json, *, required: bool) -> ServiceCall:
    return ServiceCall(entity.domain, service, pin_data(params, entity.text(ATTR_CODE_FORMAT), required=required))


def _arm(entity: Entity, params: Json) -> ServiceCall:
    service = f"alarm_arm_{one_of('mode', params['mode'], _modes(entity))}"
    return _call(entity, service, params, required=_needs_pin_to_arm(entity))


def _disarm(entity: Entity, params: Json) -> ServiceCall:
    return _call(entity, "alarm_disarm", params, required=_needs_pin_to_disarm(entity))


def _trigger(entity: Entity, params: Json) -> ServiceCall:
    return _call(entity, "alarm_trigger", params, required=_needs_pin_to_arm(entity))


def _wants_armed(_entity: Entity, params: Json) -> dict[str, Any]:
    return {"state": "armed", "mode": params["mode"]}


class Arm(Trait):
    """State of an alarm system, and the mode it is armed in."""

    name = "arm"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"changed_by"})
    attribute_fields: ClassVar[Shape] = {
        "modes": listing(choice(*_MODES)),
        "pin_format": label(),
        "pin_to_arm": boolean(),
        "pin_to_disarm": boolean(),
    }
    state_fields: ClassVar[Shape] = {"state": choice(*_STATES), "mode": choice(*_MODES)}
    commands: ClassVar[Mapping[str, Command]] = {
        "arm": Command(
            _arm, ({"mode": choice(*_MODES), **PIN_PARAM},), lambda entity: bool(_modes(entity)), wants=_wants_armed
        ),
        "disarm": Command(_disarm, (PIN_PARAM,), wants=wish(state="disarmed")),
        "trigger": Command(_trigger, (PIN_PARAM,), supports(Feature.TRIGGER), wish(state="triggered")),
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe the modes, the PIN's format ("number", "text", or null for none), and what needs it."""
        return {
            "modes": _modes(entity),
            "pin_format": entity.text(ATTR_CODE_FORMAT),
            "pin_to_arm": _needs_pin_to_arm(entity),
            "pin_to_disarm": _needs_pin_to_disarm(entity),
        }

    def read(self, entity: Entity) -> Json:
        """Read the state, and the mode while armed."""
        value = entity.value
        if value in _ARMED:
            return {"state": "armed", "mode": _ARMED[value]}
        return {"state": value if value in _STATES and value in set(AlarmState) else None, "mode": None}
