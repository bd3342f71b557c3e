"""The end of a grant: presets in the home's time zone, and the bounds of any other. Pure: the clock is a parameter."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from ..errors import InvalidRequestError

# Seconds: five years, one of them a leap year. A grant that should last longer needs no end.
END_MAX: Final = 1826 * 24 * 3600.0

_SUNDAY: Final = 6


class EndPreset(StrEnum):
    """An end that is computed: the home's next midnight, and the coming Monday's."""

    TODAY = "today"
    UNTIL_SUNDAY = "until_sunday"


def presets(now: datetime) -> dict[EndPreset, datetime]:
    """Return what the presets are now, in UTC. `now` is in the home's time zone.

    A page shows such an end as 23:59 of the day before. On a Sunday "until Sunday" would be today, and is left out.
    """
    offered = {EndPreset.TODAY: _midnight(now, days=1)}
    if now.weekday() != _SUNDAY:
        offered[EndPreset.UNTIL_SUNDAY] = _midnight(now, days=7 - now.weekday())
    return offered


def _midnight(now: datetime, *, days: int) -> datetime:
    """Return when a day begins, so many days from now: at the first instant of it where the clocks change then."""
    return datetime.combine(now.date() + timedelta(days=days), time.min, now.tzinfo).astimezone(UTC)


def read_end(given: datetime | str | None, now: datetime) -> datetime | None:
    """Return an end in UTC, given as such or as a preset; None for no end. `now` is in the home's time zone.

    Raises `InvalidRequestError` for an end that is not in the future, is later than `END_MAX`, or is not offered now.
    """
    if given is None:
        return None
    if isinstance(given, str):
        try:
            return presets(now)[EndPreset(given)]
        except KeyError:
            raise InvalidRequestError(f"expires: {given} is not offered today") from None
    if not 0 < (given - now).total_seconds() <= END_MAX:
        raise InvalidRequestError("expires: expected a time in the future, within five years")
    return given.astimezone(UTC)
