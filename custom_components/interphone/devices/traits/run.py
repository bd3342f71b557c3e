"""run: robots: vacuums and lawn mowers."""

from collections.abc import Mapping
from typing import ClassVar, Final

from homeassistant.components.lawn_mower import LawnMowerActivity, LawnMowerEntityFeature
from homeassistant.components.vacuum import VacuumActivity, VacuumEntityFeature

from ..fields import Shape, choice
from ..model import Command, Entity, Json, ServiceCall, Trait
from .planning import wish

# By domain and verb: the required feature and the service.
_VERBS: Final[dict[str, dict[str, tuple[int, str]]]] = {
    "vacuum": {
        "start": (VacuumEntityFeature.START, "start"),
        "pause": (VacuumEntityFeature.PAUSE, "pause"),
        "stop": (VacuumEntityFeature.STOP, "stop"),
        "dock": (VacuumEntityFeature.RETURN_HOME, "return_to_base"),
        "clean_spot": (VacuumEntityFeature.CLEAN_SPOT, "clean_spot"),
        "locate": (VacuumEntityFeature.LOCATE, "locate"),
    },
    "lawn_mower": {
        "start": (LawnMowerEntityFeature.START_MOWING, "start_mowing"),
        "pause": (LawnMowerEntityFeature.PAUSE, "pause"),
        "stop": (LawnMowerEntityFeature.STOP, "stop"),
        "dock": (LawnMowerEntityFeature.DOCK, "dock"),
    },
}
_ACTIVITIES: Final = {str(activity): str(activity) for activity in (*VacuumActivity, *LawnMowerActivity)} | {
    "cleaning": "working",
    "mowing": "working",
}
_WANTED: Final = {
    "start": wish(activity="working"),
    "pause": wish(activity="paused"),
    "stop": wish(activity="idle"),
    "dock": wish(activity="docked"),
}


def _command(verb: str) -> Command:
    def plan(entity: Entity, _params: Json) -> ServiceCall:
        return ServiceCall(entity.domain, _VERBS[entity.domain][verb][1], {})

    def supported(entity: Entity) -> bool:
        known = _VERBS[entity.domain].get(verb)
        return known is not None and entity.has(known[0])

    return Command(plan, supported=supported, wants=_WANTED.get(verb))


class Run(Trait):
    """Activity of a robot."""

    name = "run"
    state_fields: ClassVar[Shape] = {"activity": choice(*dict.fromkeys(_ACTIVITIES.values()))}
    commands: ClassVar[Mapping[str, Command]] = {verb: _command(verb) for verb in _VERBS["vacuum"]}

    def read(self, entity: Entity) -> Json:
        """Read the activity: working is cleaning or mowing."""
        return {"activity": _ACTIVITIES.get(entity.value or "")}
