"""What the home's own people read in the logbook."""

from typing import Any

from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from .conftest import ORIGIN, Home


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: None) -> None:
    """Have a recorder: the logbook reads from it."""


async def logbook(home: Home, start: str, **query: Any) -> list[dict[str, Any]]:
    """Return the logbook's entries, as its page shows them."""
    await async_wait_recording_done(home.hass)
    entries: list[dict[str, Any]] = (await home.call("logbook/get_events", start_time=start, **query))["result"]
    return entries


@pytest.mark.usefixtures("recorder_mock")
async def test_the_logbook_says_which_website_did_it(home: Home) -> None:
    started = dt_util.utcnow().isoformat()
    assert await async_setup_component(home.hass, "logbook", {})
    tokens = await home.pair(Origin=ORIGIN)
    devices = (await home.request("GET", "/devices", headers=tokens.headers))[1]["devices"]
    light = next(device for device in devices if device["name"] == "Bed Light")
    command = {"id": "1", "device": light["id"], "command": "on_off.set", "params": {"on": True}}
    assert (await home.request("POST", "/commands", headers=tokens.headers, json=command))[0] == 200

    entries = await logbook(home, started, entity_ids=["light.bed_light"])
    switched = next(entry for entry in entries if entry.get("state") == "on")
    assert switched["context_domain"] == "interphone"
    assert switched["context_name"] == "website.example"
    assert switched["context_message"] == "sent on_off.set"


@pytest.mark.usefixtures("recorder_mock")
@pytest.mark.parametrize(
    ("ring", "action", "message"),
    [
        ({"entity_id": "light.bed_light"}, "open", "answered Bed Light: open"),
        ({"entity_id": "light.bed_light", "name": "By the bed"}, None, "answered By the bed"),
        ({"name": "Gate"}, "open", "answered Gate: open"),
    ],
)
async def test_the_logbook_says_which_website_answered(
    home: Home, ring: dict[str, str], action: str | None, message: str
) -> None:
    started = dt_util.utcnow().isoformat()
    assert await async_setup_component(home.hass, "logbook", {})
    tokens = await home.pair(Origin=ORIGIN)
    _, before = await home.request("GET", "/devices", headers=tokens.headers)
    await home.hass.services.async_call("interphone", "ring", ring, blocking=True)
    since = f"/events?wait=5&since={before['epoch']}:{before['seq']}"
    [change] = (await home.request("GET", since, headers=tokens.headers))[1]["changes"]
    path = f"/events/{change['payload']['event_id']}/answer"
    assert (await home.request("POST", path, headers=tokens.headers, json={"action": action}))[0] == 200

    [entry] = [entry for entry in await logbook(home, started) if entry.get("domain") == "interphone"]
    assert (entry["name"], entry["message"]) == ("website.example", message)
    assert entry.get("entity_id") == ring.get("entity_id")
