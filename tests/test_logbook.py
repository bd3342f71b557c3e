"""What the home's own people read in the logbook."""

import json
from pathlib import Path
from typing import Any

from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.interphone import logbook as logbook_platform
from custom_components.interphone.devices.registry import TRAITS
from custom_components.interphone.messages import LANGUAGES

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
@pytest.mark.parametrize(
    ("language", "words"), [("en", "switched Bed Light on or off"), ("ko", "Bed Light 켜기 또는 끄기")]
)
async def test_the_logbook_says_which_website_did_it(home: Home, language: str, words: str) -> None:
    home.hass.config.language = language
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
    assert switched["context_message"] == words


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

    entries = [entry for entry in await logbook(home, started) if entry.get("domain") == "interphone"]
    [entry] = [entry for entry in entries if entry["name"] != "Interphone"]
    assert (entry["name"], entry["message"]) == ("website.example", message)
    assert entry.get("entity_id") == ring.get("entity_id")


PAIRING_WORDS = {
    "en": [
        'a website that calls itself "Hotel" asked for a code, from 127.0.0.1',
        'a wrong code was typed at "Hotel"',
        'a display refused "Hotel"',
        "a code was asked for at a display",
        'let in "127.0.0.1", from 127.0.0.1',
        "too many wrong codes were typed: no code is shown until a resident taps a display",
    ],
    "ko": [
        '"Hotel"(이)라고 밝힌 웹사이트가 코드를 요청했습니다(127.0.0.1)',
        '"Hotel"에서 틀린 코드를 입력했습니다',
        '디스플레이에서 "Hotel" 요청을 거절했습니다',
        "디스플레이에서 코드를 요청했습니다",
        '"127.0.0.1" 접속을 허용했습니다(127.0.0.1)',
        "틀린 코드가 너무 많이 입력되어, 디스플레이를 누르기 전까지 코드를 표시하지 않습니다",
    ],
}


@pytest.mark.usefixtures("recorder_mock")
@pytest.mark.parametrize("language", PAIRING_WORDS)
async def test_the_logbook_tells_of_pairings(home: Home, language: str) -> None:
    home.hass.config.language = language
    started = dt_util.utcnow().isoformat()
    assert await async_setup_component(home.hass, "logbook", {})
    heard = async_capture_events(home.hass, "interphone_pairing")
    await home.request("GET", "/code", params={"client_name": "Hotel"})
    code = await home.display.next_code()
    wrong = "0" * len(code) if code[0] != "0" else "1" * len(code)
    await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": wrong})
    pairing = await home.display.next()
    assert (await home.command("pairing/reject", pairing_id=pairing["id"]))["success"]
    assert (await home.display.next())["state"] == "rejected"
    await home.pair_from_display()
    home.hass.bus.async_fire("interphone_gate_closed", {"failures": 20})
    entries = [entry for entry in await logbook(home, started) if entry.get("domain") == "interphone"]
    assert [entry["message"] for entry in entries] == PAIRING_WORDS[language]
    assert {entry["name"] for entry in entries} == {"Interphone"}
    # Anybody may listen to the bus, and the recorder keeps it.
    assert [event.data["type"] for event in heard] == ["requested", "failed", "refused", "begun", "paired"]
    assert all(code not in str(event.data) for event in heard)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_every_command(language: str) -> None:
    texts = json.loads((Path(logbook_platform.__file__).parent / "translations" / f"{language}.json").read_text())
    commands = {(trait.name, verb) for trait in TRAITS.values() for verb in trait.commands}
    words = set(texts["common"])
    assert [command for command in commands if not {"did_{}_{}".format(*command), f"did_{command[1]}"} & words] == []
    used = {f"did_{name}_{verb}" for name, verb in commands} | {f"did_{verb}" for _, verb in commands}
    assert {key for key in words if key.startswith("did_")} <= used


@pytest.mark.usefixtures("recorder_mock")
async def test_a_command_without_words_is_named(home: Home) -> None:
    started = dt_util.utcnow().isoformat()
    assert await async_setup_component(home.hass, "logbook", {})
    event = {"entity_id": "light.bed_light", "command": "new.command", "grant_id": "g", "grant_name": "W"}
    home.hass.bus.async_fire("interphone_command", event)
    [entry] = [entry for entry in await logbook(home, started) if entry.get("domain") == "interphone"]
    assert (entry["name"], entry["message"]) == ("W", "new.command: Bed Light")
