"""Times on the wire: ISO 8601, instants in UTC."""

from datetime import date, datetime, time

from homeassistant.util import dt as dt_util


def instant(value: object) -> str | None:
    """Return an instant of Home Assistant, a datetime or its text, as ISO 8601 in UTC; None for anything else."""
    parsed = dt_util.parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(parsed, datetime) or parsed.tzinfo is None:
        return None
    return dt_util.as_utc(parsed).isoformat()


def calendar_day(value: object) -> str | None:
    """Return a date of Home Assistant, or its text, as ISO 8601; None for anything else."""
    parsed = dt_util.parse_date(value) if isinstance(value, str) else value
    return parsed.isoformat() if isinstance(parsed, date) and not isinstance(parsed, datetime) else None


def clock(value: object) -> str | None:
    """Return a time of day of Home Assistant, or its text, as hh:mm:ss; None for anything else."""
    parsed = dt_util.parse_time(value) if isinstance(value, str) else value
    return parsed.replace(microsecond=0, tzinfo=None).isoformat() if isinstance(parsed, time) else None


def local_instant(value: object) -> str | None:
    """Return an instant told in the home's own time as ISO 8601 in UTC; None for anything else."""
    parsed = dt_util.parse_datetime(value) if isinstance(value, str) else None
    return None if parsed is None else dt_util.as_utc(parsed).isoformat()


def span_seconds(value: object) -> float | None:
    """Return a span of time, such as "0:05:00", in seconds; None for anything else."""
    parsed = dt_util.parse_duration(value) if isinstance(value, str) else None
    return None if parsed is None else parsed.total_seconds()
