"""Times on the wire: ISO 8601, instants in UTC."""

from datetime import date, datetime

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
