"""The past of a device, from the recorder."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import threading
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy.exc import OperationalError

from ...conftest import Home, Tokens

type Report = Callable[..., None]
type Recorded = Callable[[], Awaitable[None]]

METER = "sensor.meter"
FAHRENHEIT = {"friendly_name": "Meter", "device_class": "temperature", "unit_of_measurement": "°F"}


NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
START = NOW - timedelta(hours=23)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Do not look at the log: aiohttp's own fails to write the time of a clock that stands still."""


@pytest.fixture
def day_before(freezer: FrozenDateTimeFactory) -> None:
    """Begin a day ago."""
    freezer.move_to(START)


@pytest.fixture(autouse=True)
def _custom_integrations(day_before: None, async_test_recorder: Any, enable_custom_integrations: None) -> None:
    """Make recorders possible before there is a Home Assistant; tests that want one ask for it."""


@pytest.fixture
def report(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Callable[..., None]:
    """Have the meter report at some time."""

    def report(state: str, at: datetime, attributes: dict[str, Any] = FAHRENHEIT) -> None:
        freezer.move_to(at)
        hass.states.async_set(METER, state, attributes)

    return report


@pytest.fixture
def recorded(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Callable[[], Awaitable[None]]:
    """Wait until all reports are in the database; then it is now."""

    async def recorded() -> None:
        await async_wait_recording_done(hass)
        freezer.move_to(NOW)

    return recorded


async def history(home: Home, tokens: Tokens, name: str = "Meter", **query: Any) -> dict[str, Any]:
    device = await home.device(tokens, name)
    status, body = await home.request("GET", f"/devices/{device['id']}/history", params=query, headers=tokens.headers)
    assert status == 200, body
    assert body["id"] == device["id"]
    return body


@pytest.mark.usefixtures("recorder_mock")
async def test_points_are_read_as_the_present_is(
    home: Home, tokens: Tokens, report: Report, recorded: Recorded
) -> None:
    start = NOW - timedelta(hours=10)
    for hours, state in ((0, "32"), (1, "unavailable"), (2, "unknown"), (9, "212")):
        report(state, start + timedelta(hours=hours))
    await recorded()
    body = await history(home, tokens)
    assert [(point["online"], point["state"]["value"]["value"]) for point in body["points"]] == [
        (True, 0),
        (False, None),
        (True, None),
        (True, 100),
    ]
    assert [dt_util.parse_datetime(point["at"]) for point in body["points"]] == [
        start + timedelta(hours=hours) for hours in (0, 1, 2, 9)
    ]
    assert body["next"] is None
    device = await home.device(tokens, "Meter")
    assert body["points"][-1]["state"] == device["state"]


@pytest.mark.usefixtures("recorder_mock")
async def test_what_the_recorder_does_not_keep_is_unknown(
    home: Home, tokens: Tokens, recorded: Recorded, freezer: FrozenDateTimeFactory
) -> None:
    # Home Assistant records whether a lamp is on, and not how bright it is.
    for service in ("turn_off", "turn_on"):
        freezer.tick(60)
        await home.hass.services.async_call("light", service, {"entity_id": "light.ceiling_lights"}, blocking=True)
    await recorded()
    lamp = await home.device(tokens, "Ceiling Lights")
    *_, off, on = (await history(home, tokens, "Ceiling Lights"))["points"]
    assert (off["state"]["on_off"], off["state"]["brightness"]) == ({"on": False}, {"percent": 0})
    assert (on["state"]["on_off"], on["state"]["brightness"]) == ({"on": True}, {"percent": None})
    assert on["state"].keys() == lamp["state"].keys()


@pytest.mark.usefixtures("recorder_mock")
async def test_it_begins_with_what_held_then(home: Home, tokens: Tokens, report: Report, recorded: Recorded) -> None:
    report("32", NOW - timedelta(hours=5))
    report("50", NOW - timedelta(hours=1))
    await recorded()
    start, end = NOW - timedelta(hours=3), NOW - timedelta(hours=2)
    body = await history(home, tokens, start=start.isoformat(), end=end.isoformat())
    assert [point["state"]["value"]["value"] for point in body["points"]] == [0]
    assert dt_util.parse_datetime(body["points"][0]["at"]) == start
    assert (body["start"], body["end"]) == (start.isoformat(), end.isoformat())


@pytest.mark.usefixtures("recorder_mock")
async def test_pages_join_without_a_gap(home: Home, tokens: Tokens, report: Report, recorded: Recorded) -> None:
    start = NOW - timedelta(hours=20)
    moments = [start + timedelta(minutes=20 * count) for count in range(40)]
    for count, moment in enumerate(moments):
        report(str(32 + 18 * count), moment)
    await recorded()
    seen: list[int] = []
    begin: str | None = start.isoformat()
    pages = 0
    while begin:
        body = await history(home, tokens, start=begin, limit="7")
        assert len(body["points"]) <= 7
        seen += [point["state"]["value"]["value"] for point in body["points"]]
        begin, pages = body["next"], pages + 1
    # Whole hours lie on the seams of the pieces the recorder is read in.
    assert seen == [10 * count for count in range(40)]
    assert pages == 6


@pytest.mark.usefixtures("recorder_mock")
async def test_noise_is_no_point(home: Home, tokens: Tokens, report: Report, recorded: Recorded) -> None:
    """What no trait reads is passed over, at the beginning, between points and at the end, and ends nothing."""
    start = NOW - timedelta(hours=2)
    minutes = ("32", "32", "32", "50", "50", "68", "68", "68", "50", "50")
    for minute, state in enumerate(minutes):
        report(state, start + timedelta(minutes=minute), {**FAHRENHEIT, "battery_voltage": minute})
    await recorded()
    points = (await history(home, tokens))["points"]
    assert [point["state"]["value"]["value"] for point in points] == [0, 10, 20, 10]
    assert [dt_util.parse_datetime(point["at"]) for point in points] == [
        start + timedelta(minutes=minute) for minute in (0, 3, 5, 8)
    ]
    # Nor does it count towards the page.
    page = await history(home, tokens, limit="2")
    assert [point["state"]["value"]["value"] for point in page["points"]] == [0, 10]
    assert dt_util.parse_datetime(page["next"]) == start + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "yesterday"}, "start"),
        ({"start": "2026-01-01T00:00:00"}, "start"),
        ({"end": "1764000000"}, "end"),
        ({"start": "2026-13-45T10:00:00Z"}, "start"),
        ({"start": "2026-01-01T00:00:00+25:00"}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"end": "0001-01-01T00:00:00Z"}, "end"),
        ({"end": "9999-12-31T23:59:59-14:00"}, "end"),
        ({"start": "9999-12-31T23:00:00Z", "end": "9999-12-31T23:59:59Z"}, "start"),
        ({"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "start"),
        ({"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "start"),
        ({"start": "2026-01-01T00:00:00Z", "end": "2026-01-08T00:00:01Z"}, "start"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"limit": "many"}, "limit"),
    ],
)
async def test_what_cannot_be_asked(home: Home, tokens: Tokens, query: dict[str, str], field: str) -> None:
    path = f"/devices/{(await home.device(tokens))['id']}/history"
    body = await home.refused(400, "invalid_request", "GET", path, params=query, headers=tokens.headers)
    assert field in body["message"]


async def test_only_for_those_who_see_the_device(home: Home, tokens: Tokens) -> None:
    bed_light = await home.device(tokens)
    path = f"/devices/{bed_light['id']}/history"
    await home.refused(401, "missing_token", "GET", path)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": []})
    await home.refused(404, "unknown_device", "GET", path, headers=tokens.headers)


async def test_a_home_without_a_recorder_says_so(home: Home, tokens: Tokens) -> None:
    path = f"/devices/{(await home.device(tokens))['id']}/history"
    await home.refused(503, "history_unavailable", "GET", path, headers=tokens.headers)


@pytest.mark.usefixtures("recorder_mock")
async def test_a_database_that_cannot_be_asked(home: Home, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    path = f"/devices/{(await home.device(tokens))['id']}/history"
    monkeypatch.setattr("custom_components.interphone.devices.history.get_significant_states", fail)
    await home.refused(503, "history_unavailable", "GET", path, headers=tokens.headers)


class SlowDatabase:
    """Answers when a test lets it."""

    def __init__(self) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def answer(self, *_args: Any, **_kwargs: Any) -> dict[str, list[Any]]:
        self.asked.set()
        self.may_answer.wait(5)
        return {}


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> SlowDatabase:
    database = SlowDatabase()
    monkeypatch.setattr("custom_components.interphone.devices.history.get_significant_states", database.answer)
    return database


@pytest.mark.usefixtures("recorder_mock")
async def test_one_question_at_a_time(home: Home, tokens: Tokens, database: SlowDatabase) -> None:
    path = f"/devices/{(await home.device(tokens))['id']}/history"
    first = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    assert await asyncio.to_thread(database.asked.wait, 5)
    await home.refused(429, "rate_limited", "GET", path, headers=tokens.headers)
    # Who is revoked meanwhile receives nothing.
    await home.command("grants/revoke", grant_id=tokens.grant_id)
    database.may_answer.set()
    status, body = await first
    assert (status, body["error"]) == (401, "grant_revoked")


@pytest.mark.usefixtures("recorder_mock")
async def test_a_home_that_stops_answers_nothing_more(home: Home, tokens: Tokens, database: SlowDatabase) -> None:
    path = f"/devices/{(await home.device(tokens))['id']}/history"
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    assert await asyncio.to_thread(database.asked.wait, 5)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    database.may_answer.set()
    status, body = await asked
    assert (status, body["error"]) == (503, "not_ready")
