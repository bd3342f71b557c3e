"""datetime: a date, a time of day or an instant that can be set."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final

from homeassistant.util import dt as dt_util

from ...errors import InvalidParamsError
from ..fields import Shape, choice, clock_time, day, instant_with_offset, optional, utc_instant
from ..model import Command, Entity, Json, ServiceCall, Trait
from ..times import calendar_day, clock, instant, local_instant, parse_instant

_DATE, _TIME, _INSTANT = "date", "time", "instant"
_HOLDS: Final = {"date": _DATE, "time": _TIME, "datetime": _INSTANT}
_READERS: Final[dict[str, Callable[[object], str | None]]] = {
    _DATE: calendar_day,
    _TIME: clock,
    _INSTANT: instant,
}
_HELPER: Final = "input_datetime"


def _holds(entity: Entity) -> str:
    if entity.domain != _HELPER:
        return _HOLDS[entity.domain]
    has_date, has_time = entity.flag("has_date"), entity.flag("has_time")
    if has_date and has_time:
        return _INSTANT
    return _DATE if has_date else _TIME


def _set(entity: Entity, params: Json) -> ServiceCall:
    [(name, value)] = params.items()
    holds = _holds(entity)
    if name != holds:
        raise InvalidParamsError(f"{name}: this device takes {holds}")
    if entity.domain != _HELPER:
        return ServiceCall(entity.domain, "set_value", {entity.domain: value})
    if holds != _INSTANT:
        return ServiceCall(entity.domain, "set_datetime", {holds: value})
    parsed = parse_instant(value)
    if parsed is None:
        raise InvalidParamsError("instant: expected an ISO 8601 date and time with an offset")
    return ServiceCall(entity.domain, "set_datetime", {"datetime": _by_the_home(parsed).isoformat(sep=" ")})


def _by_the_home(parsed: datetime) -> datetime:
    """Return an instant as the home's local time without an offset, as the helper stores it."""
    return dt_util.as_local(parsed).replace(tzinfo=None, microsecond=0)


def _wants(_entity: Entity, params: Json) -> dict[str, Any]:
    return {name: _READERS[name](value) for name, value in params.items()}


class DateTime(Trait):
    """A date, a local time of day, or an instant. The state has one of the three: `holds` says which."""

    name = "datetime"
    attribute_fields: ClassVar[Shape] = {"holds": choice(_DATE, _TIME, _INSTANT)}
    state_fields: ClassVar[Shape] = {
        _DATE: optional(day()),
        _TIME: optional(clock_time()),
        _INSTANT: optional(utc_instant()),
    }
    commands: ClassVar[Mapping[str, Command]] = {
        "set": Command(_set, ({_DATE: day()}, {_TIME: clock_time()}, {_INSTANT: instant_with_offset()}), wants=_wants)
    }

    def attributes(self, entity: Entity) -> Json:
        """Describe which of the three it holds."""
        return {"holds": _holds(entity)}

    def read(self, entity: Entity) -> Json:
        """Read the one that it holds."""
        holds = _holds(entity)
        reader = local_instant if holds == _INSTANT and entity.domain == _HELPER else _READERS[holds]
        return {holds: reader(entity.value)}
