"""Ends of grants: the home's midnights, daylight-saving days included, and the bounds of any other end."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from custom_components.interphone.access.ends import END_MAX, EndPreset, presets, read_end
from custom_components.interphone.errors import InvalidRequestError

TODAY, UNTIL_SUNDAY = EndPreset.TODAY, EndPreset.UNTIL_SUNDAY


def at(text: str, zone: str) -> datetime:
    """Return a local time: `at("2026-11-26 17:00", "Europe/Berlin")`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "today", "until_sunday"),
    [
        # A Thursday without anything special, on both sides of UTC.
        ("Europe/Berlin", "2026-11-26 17:00", "2026-11-26 23:00", "2026-11-29 23:00"),
        ("Asia/Seoul", "2026-11-26 08:00", "2026-11-26 15:00", "2026-11-29 15:00"),
        ("America/Los_Angeles", "2026-11-26 23:59", "2026-11-27 08:00", "2026-11-30 08:00"),
        # The first minute of a Monday, the last of a Saturday.
        ("Europe/Berlin", "2026-11-23 00:00", "2026-11-23 23:00", "2026-11-29 23:00"),
        ("Europe/Berlin", "2026-11-28 23:59", "2026-11-28 23:00", "2026-11-29 23:00"),
        # Clocks go forward on Sunday 29 March and back on Sunday 25 October.
        ("Europe/Berlin", "2026-03-28 12:00", "2026-03-28 23:00", "2026-03-29 22:00"),
        ("Europe/Berlin", "2026-10-24 12:00", "2026-10-24 22:00", "2026-10-25 23:00"),
        # Clocks change at midnight: Saturday 4 to Sunday 5 April back, Saturday 5 to Sunday 6 September forward.
        ("America/Santiago", "2026-04-04 12:00", "2026-04-05 04:00", "2026-04-06 04:00"),
        ("America/Santiago", "2026-09-05 12:00", "2026-09-06 04:00", "2026-09-07 03:00"),
    ],
)
def test_the_presets(zone: str, now: str, today: str, until_sunday: str) -> None:
    assert presets(at(now, zone)) == {TODAY: utc(today), UNTIL_SUNDAY: utc(until_sunday)}
    assert {end.tzinfo for end in presets(at(now, zone)).values()} == {UTC}


@pytest.mark.parametrize(
    ("now", "today"),
    [
        ("2026-03-29 01:30", "2026-03-29 22:00"),
        ("2026-03-29 03:30", "2026-03-29 22:00"),
        ("2026-10-25 02:30", "2026-10-25 23:00"),
        ("2026-11-29 23:59", "2026-11-29 23:00"),
    ],
)
def test_a_sunday_offers_no_sunday(now: str, today: str) -> None:
    """A day of 23 hours, one of 25, and one of 24."""
    sunday = at(now, "Europe/Berlin")
    assert presets(sunday) == {TODAY: utc(today)}
    with pytest.raises(InvalidRequestError):
        read_end("until_sunday", sunday)


def test_a_time_of_its_own() -> None:
    now = at("2026-11-26 17:00", "Europe/Berlin")
    assert read_end(None, now) is None
    assert read_end("today", now) == utc("2026-11-26 23:00")
    second, latest = timedelta(seconds=1), timedelta(seconds=END_MAX)
    for end in (now + second, now + latest):
        read = read_end(end, now)
        assert read == end
        assert read.tzinfo is UTC
    for end in (now, now - second, now + latest + second, datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(InvalidRequestError):
            read_end(end, now)
