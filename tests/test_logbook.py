from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from .conftest import ORIGIN, Home


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: None) -> None:
    """Have a recorder: the logbook reads from it."""


@pytest.mark.usefixtures("recorder_mock")
async def test_the_logbook_says_which_website_did_it(home: Home) -> None:
    started = dt_util.utcnow()
    assert await async_setup_component(home.hass, "logbook", {})
    tokens = await home.pair(Origin=ORIGIN)
    devices = (await home.request("GET", "/devices", headers=tokens.headers))[1]["devices"]
    light = next(device for device in devices if device["name"] == "Bed Light")
    command = {"id": "1", "device": light["id"], "command": "on_off.set", "params": {"on": True}}
    assert (await home.request("POST", "/commands", headers=tokens.headers, json=command))[0] == 200
    await async_wait_recording_done(home.hass)

    await home.ws.send_json_auto_id(
        {"type": "logbook/get_events", "start_time": started.isoformat(), "entity_ids": ["light.bed_light"]}
    )
    entries = (await home.ws.receive_json())["result"]
    switched = next(entry for entry in entries if entry["state"] == "on")
    assert switched["context_domain"] == "interphone"
    assert switched["context_name"] == "website.example"
    assert switched["context_message"] == "sent on_off.set"
