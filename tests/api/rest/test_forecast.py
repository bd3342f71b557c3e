"""The weather to come, as websites receive it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.components.weather import Forecast, WeatherEntity, WeatherEntityFeature
from homeassistant.components.weather.const import DATA_COMPONENT
from homeassistant.const import UnitOfPrecipitationDepth, UnitOfPressure, UnitOfSpeed, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.interphone.devices.forecasts import (
    FORECAST_FAILURE_LIFETIME,
    FORECAST_LIFETIME,
    FORECAST_POINTS_MAX,
)

from ...conftest import ORIGIN, Home, Tokens

NORTH, SOUTH, STATION = "Demo Weather North", "Demo Weather South", "Station"
NOON = dt_util.utcnow().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light", "weather"], "sensitive_entities": []}


@pytest.fixture(autouse=True)
def _demo_weather() -> Any:
    """Of the demo integration, the weather too."""
    with patch("tests.conftest.DEMO_PLATFORMS", ("light", "weather")):
        yield


class Station(WeatherEntity):
    """A weather service that returns a test's forecast when the test releases it."""

    _attr_name = STATION
    _attr_condition = "sunny"
    _attr_native_temperature = 10
    _attr_native_temperature_unit = UnitOfTemperature.CELSIUS
    _attr_native_pressure_unit = UnitOfPressure.INHG
    _attr_native_wind_speed_unit = UnitOfSpeed.KILOMETERS_PER_HOUR
    _attr_native_precipitation_unit = UnitOfPrecipitationDepth.INCHES
    _attr_supported_features = WeatherEntityFeature.FORECAST_HOURLY

    def __init__(self) -> None:
        self.points: Any = []
        self.fault: Exception | None = None
        self.asked = 0
        self.working, self.ready = asyncio.Event(), asyncio.Event()
        self.ready.set()

    async def async_forecast_hourly(self) -> list[Forecast] | None:
        self.asked += 1
        self.working.set()
        await self.ready.wait()
        if self.fault:
            raise self.fault
        points: list[Forecast] | None = self.points
        return points


@pytest.fixture
async def station(home: Home) -> AsyncGenerator[Station]:
    station = Station()
    await home.hass.data[DATA_COMPONENT].async_add_entities([station])
    await home.hass.async_block_till_done()
    yield station
    station.ready.set()


async def path_of(home: Home, tokens: Tokens, name: str = STATION, kind: str = "hourly") -> str:
    return f"/devices/{(await home.device(tokens, name))['id']}/forecast?type={kind}"


async def forecast(home: Home, tokens: Tokens, name: str = STATION, kind: str = "hourly") -> list[dict[str, Any]]:
    path = await path_of(home, tokens, name, kind)
    status, body = await home.request("GET", path, headers=tokens.headers)
    assert (status, body.get("type")) == (200, kind), body
    assert path.startswith(f"/devices/{body['id']}/")
    points: list[dict[str, Any]] = body["points"]
    return points


async def test_a_device_lists_the_forecasts_it_gives(home: Home, tokens: Tokens) -> None:
    listed = {name: (await home.device(tokens, name))["traits"]["weather"] for name in (NORTH, SOUTH)}
    assert listed == {NORTH: {"forecasts": ["daily", "twice_daily", "hourly"]}, SOUTH: {"forecasts": ["daily"]}}
    for name, traits in listed.items():
        for kind in traits["forecasts"]:
            assert len(await forecast(home, tokens, name, kind)) == 7
    path = await path_of(home, tokens, SOUTH, "hourly")
    refused = await home.refused(422, "unsupported_forecast", "GET", path, headers=tokens.headers)
    assert "daily" in refused["message"]


async def test_the_days_to_come(home: Home, tokens: Tokens) -> None:
    first, *_, last = await forecast(home, tokens, SOUTH, "daily")
    sent = {key: value for key, value in first.items() if value is not None}
    assert sent == {
        "at": sent["at"],
        "condition": "rainy",
        "celsius": 22,
        "low_celsius": 15,
        "precipitation_millimeters": 1,
        "precipitation_percent": 60,
    }
    begin, end = (dt_util.parse_datetime(point["at"]) for point in (first, last))
    assert begin is not None
    assert end == begin + timedelta(days=6)
    assert first["at"].endswith("+00:00")
    halves = await forecast(home, tokens, NORTH, "twice_daily")
    assert [point["daytime"] for point in halves] == [True, False] * 3 + [True]
    # Of a home that counts in °C, the place that counts in °F.
    assert halves[0]["celsius"] == pytest.approx(-23.3, abs=0.05)


# Of each measure: what the service reports, and what websites receive.
POINT: dict[str, tuple[Any, dict[str, Any]]] = {
    "condition": ("pouring", {"condition": "pouring"}),
    "native_temperature": (20, {"celsius": 20}),
    "native_templow": (-5, {"low_celsius": -5}),
    "native_apparent_temperature": (21, {"feels_like_celsius": 21}),
    "native_dew_point": (4, {"dew_point_celsius": 4}),
    "humidity": (61, {"humidity_percent": 61}),
    "cloud_coverage": (130, {"clouds_percent": None}),
    "precipitation_probability": (35, {"precipitation_percent": 35}),
    "native_precipitation": (1, {"precipitation_millimeters": 25.4}),
    "native_pressure": (30, {"pressure_hectopascals": pytest.approx(1015.9, abs=0.1)}),
    "native_wind_speed": (36, {"wind_meters_per_second": pytest.approx(10, abs=0.01)}),
    "native_wind_gust_speed": (72, {"gusts_meters_per_second": pytest.approx(20, abs=0.01)}),
    "wind_bearing": ("WSW", {"wind_from_degrees": 247.5}),
    "uv_index": (6.5, {"uv_index": 6.5}),
    "is_daytime": (False, {"daytime": False}),
}


@pytest.mark.parametrize("american", [False, True])
async def test_whatever_the_home_counts_in(
    hass: HomeAssistant, home: Home, tokens: Tokens, station: Station, *, american: bool
) -> None:
    if american:
        hass.config.units = US_CUSTOMARY_SYSTEM
        station.async_write_ha_state()
        state = hass.states.get("weather.station")
        assert state is not None
        assert (state.attributes["temperature"], state.attributes["precipitation_unit"]) == (50, "in")
    station.points = [{"datetime": NOON.isoformat(), **{name: sent for name, (sent, _) in POINT.items()}}]
    [point] = await forecast(home, tokens)
    at = point.pop("at")
    assert dt_util.parse_datetime(at) == NOON
    wanted = {name: value for _, sent in POINT.values() for name, value in sent.items()}
    # Home Assistant itself rounds to what people read.
    assert point == {
        name: pytest.approx(value, rel=0.01, abs=0.3) if isinstance(value, float | int) else value
        for name, value in wanted.items()
    }


async def test_what_is_not_told_is_null_and_not_what_it_is_now(home: Home, tokens: Tokens, station: Station) -> None:
    station.points = [{"datetime": NOON.isoformat()}]
    [point] = await forecast(home, tokens)
    assert point.pop("at")
    assert len(point) == 15
    assert set(point.values()) == {None}


ODD: list[Any] = [None, True, "odd", float("nan"), float("inf"), -1e308, 10**40, [], {}, "x" * 10_000]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:8])
async def test_odd_things_are_not_told(home: Home, tokens: Tokens, station: Station, odd: Any) -> None:
    """Each answer is held against the description, on its way."""
    # Of humidity Home Assistant itself takes only what can be rounded.
    odds = dict.fromkeys(POINT.keys() - {"humidity"}, odd)
    station.points = [{"datetime": NOON.isoformat(), **odds}]
    [point] = await forecast(home, tokens)
    assert dt_util.parse_datetime(point["at"]) == NOON


async def test_soonest_first_and_only_what_has_a_time(home: Home, tokens: Tokens, station: Station) -> None:
    await home.hass.config.async_set_time_zone("Asia/Seoul")
    times: list[Any] = [
        "2026-11-26T12:00:00+09:00",
        "2026-11-26T01:00:00Z",
        "2026-11-26T11:00:00",  # the home's own time
        "2026-11-26",
        "tomorrow",
        None,
        5,
    ]
    station.points = [{"datetime": time} for time in times] + [{}]
    assert [point["at"] for point in await forecast(home, tokens)] == [
        "2026-11-25T15:00:00+00:00",
        "2026-11-26T01:00:00+00:00",
        "2026-11-26T02:00:00+00:00",
        "2026-11-26T03:00:00+00:00",
    ]


async def test_no_more_than_a_screen_can_show(home: Home, tokens: Tokens, station: Station) -> None:
    hours = [(NOON + timedelta(hours=number)).isoformat() for number in range(FORECAST_POINTS_MAX + 50)]
    station.points = [{"datetime": hour, "uv_index": number} for number, hour in enumerate(reversed(hours))]
    points = await forecast(home, tokens)
    assert [point["at"] for point in points] == hours[:FORECAST_POINTS_MAX]


@pytest.mark.parametrize("query", ["", "?type=", "?type=weekly", "?type=Daily", "?type=daily,hourly"])
async def test_what_cannot_be_asked(home: Home, tokens: Tokens, query: str) -> None:
    path = (await path_of(home, tokens, SOUTH)).partition("?")[0]
    refused = await home.refused(400, "invalid_request", "GET", path + query, headers=tokens.headers)
    assert "type" in refused["message"]


async def test_who_gives_none(home: Home, tokens: Tokens) -> None:
    light = await path_of(home, tokens, "Bed Light", "daily")
    await home.refused(422, "unsupported_forecast", "GET", light, headers=tokens.headers)
    path = await path_of(home, tokens, SOUTH, "daily")
    await home.refused(401, "missing_token", "GET", path)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": []})
    await home.refused(404, "unknown_device", "GET", path, headers=tokens.headers)


async def test_a_service_out_of_reach(home: Home, tokens: Tokens, station: Station) -> None:
    station._attr_available = False
    station.async_write_ha_state()
    path = await path_of(home, tokens)
    await home.refused(409, "device_offline", "GET", path, headers=tokens.headers)
    assert not station.asked


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (None, None),
        ([], None),
        ([{"datetime": "soon"}], None),
        ([{"datetime": 5, "native_temperature": object()}, 7], None),
        ([], HomeAssistantError("key=4711")),
        ([], ValueError("key=4711")),
        ([], TimeoutError("key=4711")),
    ],
)
async def test_a_service_that_fails_is_told_without_its_words(
    home: Home,
    tokens: Tokens,
    station: Station,
    caplog: pytest.LogCaptureFixture,
    points: Any,
    fault: Exception | None,
) -> None:
    station.points, station.fault = points, fault
    path = await path_of(home, tokens)
    caplog.clear()
    refused = await home.refused(503, "forecast_unavailable", "GET", path, headers=tokens.headers)
    assert "4711" not in str(refused) + "".join(r.getMessage() for r in caplog.records if "interphone" in r.name)


async def test_a_service_that_hangs(
    home: Home, tokens: Tokens, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.forecasts.FORECAST_TIMEOUT", 0.01)
    station.ready.clear()
    path = await path_of(home, tokens)
    await home.refused(503, "forecast_unavailable", "GET", path, headers=tokens.headers)


async def test_all_who_ask_at_once_share_one_question(home: Home, tokens: Tokens, station: Station) -> None:
    station.points = [{"datetime": NOON.isoformat()}]
    path = await path_of(home, tokens)
    station.ready.clear()
    left = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    asked = [asyncio.create_task(home.request("GET", path, headers=tokens.headers)) for _ in range(8)]
    await station.working.wait()
    # One of them leaving takes nothing from the others.
    left.cancel()
    # By the time this is answered, all the others have been asked.
    await home.request("GET", "/grant", headers=tokens.headers)
    station.ready.set()
    for status, body in await asyncio.gather(*asked):
        assert (status, len(body["points"])) == (200, 1)
    assert station.asked == 1


def pass_seconds(home: Home, seconds: float) -> None:
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=seconds))


async def test_who_asks_a_moment_later_gets_the_same(home: Home, tokens: Tokens, station: Station) -> None:
    station.points = [{"datetime": NOON.isoformat()}]
    other = await home.pair_from_display()
    for website in (tokens, other, tokens):
        assert len(await forecast(home, website)) == 1
        station.points *= 2
    assert station.asked == 1
    # And who asks later gets what is foretold then.
    pass_seconds(home, FORECAST_LIFETIME + 1)
    assert len(await forecast(home, tokens)) == 8
    assert station.asked == 2


async def test_a_service_that_failed_is_left_alone_for_a_moment(home: Home, tokens: Tokens, station: Station) -> None:
    station.fault = HomeAssistantError()
    path = await path_of(home, tokens)
    for _ in range(3):
        await home.refused(503, "forecast_unavailable", "GET", path, headers=tokens.headers)
    assert station.asked == 1
    station.fault, station.points = None, [{"datetime": NOON.isoformat()}]
    pass_seconds(home, FORECAST_FAILURE_LIFETIME + 1)
    assert len(await forecast(home, tokens)) == 1


async def test_a_home_that_stops_waits_for_no_service(home: Home, tokens: Tokens, station: Station) -> None:
    path = await path_of(home, tokens)
    station.ready.clear()
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    async with asyncio.timeout(5):
        await station.working.wait()
        assert await home.hass.config_entries.async_unload(home.entry.entry_id)
        status, body = await asked
    assert (status, body["error"]) == (503, "not_ready")


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ({"command": "grants/revoke"}, (401, "grant_revoked")),
        ({"command": "grants/pause"}, (403, "grant_paused")),
        ({"command": "grants/update", "scope": {"devices": []}}, (404, "unknown_device")),
    ],
)
async def test_who_is_put_out_while_the_service_works_gets_nothing(
    home: Home, tokens: Tokens, station: Station, act: dict[str, Any], refusal: tuple[int, str]
) -> None:
    station.points = [{"datetime": NOON.isoformat()}]
    path = await path_of(home, tokens)
    station.ready.clear()
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    await station.working.wait()
    await home.command(grant_id=tokens.grant_id, **act)
    station.ready.set()
    status, body = await asked
    assert (status, body["error"]) == refusal
