"""The failure gate closes loudly, and opens by a tap, by the button or by the repair issue."""

from datetime import timedelta
from http import HTTPStatus
import time
from typing import Any

from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .conftest import ORIGIN, Home

LINE = "wrong codes were typed in this home"


@pytest.fixture
def events(hass: HomeAssistant) -> list[Event]:
    heard: list[Event] = []
    hass.bus.async_listen("interphone_gate_closed", heard.append)
    return heard


def issue(home: Home) -> ir.IssueEntry | None:
    return ir.async_get(home.hass).async_get_issue("interphone", "gate_closed")


async def close_gate(home: Home) -> None:
    """Type a last wrong code, after as many as came before over days."""
    home.entry.runtime_data.desk.gate.failures = 19
    await home.request("GET", "/code", headers={"Origin": ORIGIN}, params={"client_name": "Hotel"})
    code = await home.display.next_code()
    wrong = str((int(code) + 1) % 10**9).zfill(9)
    await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": wrong})
    await home.hass.async_block_till_done()


async def test_it_is_loud_once(home: Home, events: list[Event], caplog: pytest.LogCaptureFixture) -> None:
    await close_gate(home)
    assert [event.data for event in events] == [{"failures": 20}]
    assert len([record for record in caplog.records if LINE in record.message]) == 1
    found = issue(home)
    assert found
    assert found.is_fixable
    assert not found.translation_placeholders
    # Every user can list repair issues.
    assert not any(word in repr(found) for word in ("Hotel", ORIGIN, "127.0.0.1"))


async def test_a_tap_opens_it_with_five_to_go(home: Home) -> None:
    await close_gate(home)
    [waiting] = home.entry.runtime_data.desk.live()
    assert (await home.command("pairing/reveal", pairing_id=waiting.id))["success"]
    assert home.entry.runtime_data.desk.gate.failures == 15
    assert issue(home) is None


async def test_the_button_opens_it(home: Home) -> None:
    await close_gate(home)
    await home.hass.services.async_call("button", "press", {"entity_id": "button.home_show_a_code"}, blocking=True)
    assert home.entry.runtime_data.desk.gate.failures == 15
    assert issue(home) is None


async def fix(hass_client: ClientSessionGenerator) -> tuple[HTTPStatus, Any]:
    """Submit the repair issue as Home Assistant's frontend does; return the status and the answer."""
    client = await hass_client()
    data = {"handler": "interphone", "issue_id": "gate_closed"}
    response = await client.post("/api/repairs/issues/fix", json=data)
    if response.status != HTTPStatus.OK:
        return HTTPStatus(response.status), None
    flow = await response.json()
    assert flow["step_id"] == "confirm"
    response = await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={})
    return HTTPStatus(response.status), await response.json()


async def test_an_administrator_opens_it_by_the_repair_issue(home: Home, hass_client: ClientSessionGenerator) -> None:
    assert await async_setup_component(home.hass, "repairs", {})
    await close_gate(home)
    status, answer = await fix(hass_client)
    assert (status, answer["type"]) == (HTTPStatus.OK, "create_entry")
    assert home.entry.runtime_data.desk.gate.failures == 15
    assert issue(home) is None


async def test_nobody_else_opens_it_by_the_repair_issue(
    home: Home, hass_client: ClientSessionGenerator, hass_admin_user: Any
) -> None:
    assert await async_setup_component(home.hass, "repairs", {})
    await close_gate(home)
    hass_admin_user.groups = []
    assert (await fix(hass_client))[0] is HTTPStatus.UNAUTHORIZED
    assert home.entry.runtime_data.desk.gate.closed


async def test_after_a_reload_it_is_closed_and_silent(
    home: Home, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    await close_gate(home)
    caplog.clear()
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert home.entry.runtime_data.desk.gate.closed
    assert issue(home)
    assert len(events) == 1
    assert LINE not in caplog.text


async def test_unloading_takes_the_repair_issue_away(home: Home) -> None:
    await close_gate(home)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert issue(home) is None


async def test_a_clock_set_forward_opens_nothing(home: Home) -> None:
    await close_gate(home)
    for days in range(1, 40):
        async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(days=days))
        await home.hass.async_block_till_done()
    assert home.entry.runtime_data.desk.gate.closed


async def test_uptime_is_observed_by_the_hour_and_stored(home: Home) -> None:
    await close_gate(home)
    gate = home.entry.runtime_data.desk.gate
    for hour in range(1, 4):
        gate.observe(time.monotonic() - 3600)  # as if the last observation were an hour ago
        async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(hours=hour, minutes=1))
        await home.hass.async_block_till_done()
        assert gate.observed == pytest.approx(hour * 3600, abs=60)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    restored = home.entry.runtime_data.desk.gate
    assert restored is not gate
    assert restored.observed == pytest.approx(3 * 3600, abs=60)
    assert restored.closed
