"""timer: a countdown."""

from collections.abc import Mapping
from typing import ClassVar, Final

from ..fields import SPAN_SECONDS_MAX, Shape, choice, number, optional, span, utc_instant
from ..model import Command, Entity, Json, ServiceCall, Trait
from ..times import instant, span_seconds
from .planning import calls, wish

_STATES: Final = ("idle", "active", "paused")
_DAY_SECONDS: Final = 24 * 3600


def _start(entity: Entity, params: Json) -> ServiceCall:
    return ServiceCall(entity.domain, "start", {"duration": params["seconds"]} if "seconds" in params else {})


def _seconds(value: object) -> float | None:
    seconds = span_seconds(value)
    return seconds if seconds is not None and 0 <= seconds <= SPAN_SECONDS_MAX else None


class Timer(Trait):
    """A countdown: its duration, the time left while paused, its end while active."""

    name = "timer"
    volatile_attributes: ClassVar[frozenset[str]] = frozenset({"remaining"})
    state_fields: ClassVar[Shape] = {
        "state": choice(*_STATES),
        "duration_seconds": span(),
        "remaining_seconds": span(),
        "finishes_at": utc_instant(),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "start": Command(_start, ({"seconds": optional(number(1, _DAY_SECONDS))},), wants=wish(state="active")),
        "pause": Command(calls("pause"), wants=wish(state="paused")),
        "cancel": Command(calls("cancel"), wants=wish(state="idle")),
        "finish": Command(calls("finish"), wants=wish(state="idle")),
    }

    def read(self, entity: Entity) -> Json:
        """Read the countdown."""
        attributes = entity.state.attributes
        state = entity.value if entity.value in _STATES else None
        return {
            "state": state,
            "duration_seconds": _seconds(attributes.get("duration")),
            "remaining_seconds": _seconds(attributes.get("remaining")) if state == "paused" else None,
            "finishes_at": instant(attributes.get("finishes_at")),
        }
