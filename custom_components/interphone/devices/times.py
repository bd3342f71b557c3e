"""Times on the wire: ISO 8601, instants in UTC. Nothing here raises, whatever the value."""

from contextlib import suppress
from datetime import date, datetime, time

from homeassistant.util import dt as dt_util


def parse_instant(value: object) -> datetime | None:
    """Return an instant, given as a datetime or as ISO 8601, in UTC; None for anything else, and without an offset."""
    parsed = _parsed(value) if isinstance(value, str) else value
    if not isinstance(parsed, datetime) or parsed.tzinfo is None:
        return None
    return _in_utc(parsed)


def instant(value: object) -> str | None:
    """Return an instant, given as a datetime or as text, as ISO 8601 in UTC; None for anything else."""
    parsed = parse_instant(value)
    return None if parsed is None else parsed.isoformat()


def calendar_day(value: object) -> str | None:
    """Return a date, given as such or as text, as ISO 8601; None for anything else."""
    parsed = dt_util.parse_date(value) if isinstance(value, str) else value
    return parsed.isoformat() if isinstance(parsed, date) and not isinstance(parsed, datetime) else None


def clock(value: object) -> str | None:
    """Return a time of day, given as such or as text, as hh:mm:ss; None for anything else."""
    with suppress(OverflowError):
        parsed = dt_util.parse_time(value) if isinstance(value, str) else value
        return parsed.replace(microsecond=0, tzinfo=None).isoformat() if isinstance(parsed, time) else None
    return None


def local_instant(value: object) -> str | None:
    """Return an instant, given as text in local time, as ISO 8601 in UTC; None for anything else."""
    parsed = _parsed(value) if isinstance(value, str) else None
    utc = None if parsed is None else _in_utc(parsed)
    return None if utc is None else utc.isoformat()


def span_seconds(value: object) -> float | None:
    """Return a span of time, such as "0:05:00", in seconds; None for anything else."""
    with suppress(OverflowError):
        parsed = dt_util.parse_duration(value) if isinstance(value, str) else None
        return None if parsed is None else parsed.total_seconds()
    return None


def _parsed(text: str) -> datetime | None:
    # A lone surrogate crashes the process in the C parser that Home Assistant uses. ISO 8601 is ASCII.
    if not text.isascii():
        return None
    # It raises for impossible times of the right form, such as a thirteenth month.
    with suppress(ValueError):
        return dt_util.parse_datetime(text)
    return None


def _in_utc(parsed: datetime) -> datetime | None:
    # Near the ends of the calendar the UTC time may lie beyond it.
    with suppress(OverflowError):
        return dt_util.as_utc(parsed)
    return None
