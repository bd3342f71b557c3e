"""activate: what is run rather than set: scenes, scripts, automations, buttons."""

from collections.abc import Mapping
from typing import ClassVar, Final

from ..fields import Shape, boolean, moment, optional
from ..model import Command, Entity, Json, ServiceCall, Trait
from ..times import instant

_RUN: Final = {
    "scene": "turn_on",
    "script": "turn_on",
    "automation": "trigger",
    "button": "press",
    "input_button": "press",
}
# Scripts and automations tell in an attribute when they last ran; the others are their own last time.
_LAST_RUN: Final = {"script": "last_triggered", "automation": "last_triggered"}
_SCRIPT: Final = "script"


def _run(entity: Entity, _params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, _RUN[entity.domain], {})


def _stop(entity: Entity, _params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "turn_off", {})


def _is_script(entity: Entity) -> bool:
    return entity.domain == _SCRIPT


class Activate(Trait):
    """Run it, and know when it last ran. Scripts also tell whether they run now, and stop."""

    name = "activate"
    state_fields: ClassVar[Shape] = {"last_run": moment(), "running": optional(boolean())}
    commands: ClassVar[Mapping[str, Command]] = {"run": Command(_run), "stop": Command(_stop, supported=_is_script)}

    def read(self, entity: Entity) -> Json:
        """Read `last_run`, and `running` of scripts."""
        attribute = _LAST_RUN.get(entity.domain)
        value = entity.state.attributes.get(attribute) if attribute else entity.value
        state: dict[str, object] = {"last_run": instant(value)}
        if _is_script(entity):
            state["running"] = {"on": True, "off": False}.get(entity.value or "")
        return state
