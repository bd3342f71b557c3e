"""Ends of grants as an administrator sets them, and what happens when the clock says so."""

import asyncio
from datetime import timedelta
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.util import dt as dt_util
import pytest

from custom_components.interphone.api.socketio import admission

from .conftest import Connect, Home, Socket, Tokens, enter


@pytest.fixture(autouse=True)
def _no_access_log(caplog: pytest.LogCaptureFixture) -> None:
    """Keep aiohttp's access log out: it fails where the clock is moved during a request."""
    caplog.set_level("CRITICAL", "aiohttp.access")


pytestmark = pytest.mark.usefixtures("quiet_log")

THURSDAY, SUNDAY = "2026-11-26 16:00:00+00:00", "2026-11-29 16:00:00+00:00"


async def set_end(home: Home, tokens: Tokens, end: str | None) -> Any:
    return await home.command("grants/update", grant_id=tokens.grant_id, expires=end)


@pytest.fixture
async def berlin(home: Home, freezer: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """The clock of a home in Berlin, on a Thursday."""
    freezer.move_to(THURSDAY)
    await home.hass.config.async_set_time_zone("Europe/Berlin")
    return freezer


async def test_presets_are_the_homes_midnights(home: Home, berlin: FrozenDateTimeFactory) -> None:
    tokens = await home.pair_from_display()
    listed = (await home.command("grants/list"))["result"]
    assert listed["ends"] == {"today": "2026-11-26T23:00:00+00:00", "until_sunday": "2026-11-29T23:00:00+00:00"}
    for preset, end in listed["ends"].items():
        assert (await set_end(home, tokens, preset))["result"]["grant"]["expires"] == end
        assert (await home.request("GET", "/grant", headers=tokens.headers))[1]["grant"]["expires"] == end
    berlin.move_to(SUNDAY)
    assert (await home.command("grants/list"))["result"]["ends"] == {"today": "2026-11-29T23:00:00+00:00"}
    refused = await set_end(home, tokens, "until_sunday")
    assert refused["error"]["code"] == "invalid_request"
    assert "until_sunday" in refused["error"]["message"]


async def test_null_clears(home: Home, tokens: Tokens) -> None:
    assert (await set_end(home, tokens, "today"))["result"]["grant"]["expires"] is not None
    renamed = await home.command("grants/update", grant_id=tokens.grant_id, name="Hotel")
    assert renamed["result"]["grant"]["expires"] is not None
    assert (await set_end(home, tokens, None))["result"]["grant"]["expires"] is None
    assert (await home.grants())[0]["expires"] is None
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert (await home.grants())[0]["expires"] is None


@pytest.mark.usefixtures("berlin")
async def test_an_end_with_an_offset_is_stored_in_utc(home: Home) -> None:
    tokens = await home.pair_from_display()
    answer = await set_end(home, tokens, "2026-12-01T08:00:00+09:00")
    assert answer["result"]["grant"]["expires"] == "2026-11-30T23:00:00+00:00"


@pytest.mark.parametrize("end", ["2026-11-26T15:59:59+00:00", "2020-01-01T00:00:00Z", "2031-12-01T00:00:00Z"])
@pytest.mark.usefixtures("berlin")
async def test_an_end_that_is_past_or_far_changes_nothing(home: Home, end: str) -> None:
    tokens = await home.pair_from_display()
    await set_end(home, tokens, "today")
    before = await home.grants()
    assert (await set_end(home, tokens, end))["error"]["code"] == "invalid_request"
    assert await home.grants() == before


@pytest.fixture
async def website(connect: Connect, tokens: Tokens) -> Socket:
    website, _ = await enter(connect, tokens)
    return website


class TestClockSetForward:
    """Only the wall clock is moved: the timers of the event loop, the session's end among them, know nothing of it."""

    @pytest.fixture(autouse=True)
    def _check_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(admission, "END_CHECK", 0.05)

    def later(self, monkeypatch: pytest.MonkeyPatch, **delta: float) -> None:
        """Set the wall clock forward. freezegun would move the loop's clock, too."""
        by, seconds, moment = timedelta(**delta), time.time, dt_util.utcnow
        monkeypatch.setattr(time, "time", lambda: seconds() + by.total_seconds())
        monkeypatch.setattr(dt_util, "utcnow", lambda: moment() + by)

    async def test_it_ends_a_live_session(
        self, home: Home, connect: Connect, tokens: Tokens, website: Socket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not one without an end, nor before."""
        other, _ = await enter(connect, await home.pair_from_display())
        await set_end(home, tokens, (dt_util.utcnow() + timedelta(hours=2)).isoformat())
        self.later(monkeypatch, minutes=119)
        await asyncio.sleep(2 * admission.END_CHECK)
        assert await website.call("authenticate", {"token": tokens.token}) == {"success": True}
        self.later(monkeypatch, minutes=2)
        assert await website.receive("revoked") == {"reason": "expired_token"}
        await website.closed()
        await home.refused(401, "grant_revoked", "GET", "/grant", headers=tokens.headers)
        assert other.client.connected

    async def test_access_tokens_end_as_well(self, website: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
        self.later(monkeypatch, hours=31)
        assert await website.receive("revoked") == {"reason": "expired_token"}
        await website.closed()


async def test_last_used_moves_once_a_minute(home: Home, tokens: Tokens, freezer: FrozenDateTimeFactory) -> None:
    async def use() -> str:
        await home.request("GET", "/grant", headers=tokens.headers)
        used: str = (await home.grants())[0]["last_used"]
        return used

    first = await use()
    freezer.tick(59)
    assert await use() == first
    freezer.tick(1)
    second = await use()
    assert second == dt_util.utcnow().isoformat()
    # A clock that is set back does not keep the time of use in the future.
    freezer.tick(-3600)
    assert await use() == dt_util.utcnow().isoformat() < second


async def test_a_use_from_elsewhere_is_seen_within_the_minute(home: Home, tokens: Tokens) -> None:
    before = (await home.grants())[0]
    assert before["last_source"] == "127.0.0.1"
    home.entry.runtime_data.grants.admit(tokens.token, "192.0.2.7")
    after = (await home.grants())[0]
    assert (after["last_source"], after["last_used"]) == ("192.0.2.7", before["last_used"])
