"""A website without "doors and alarms" does not reach the front door through somebody else."""

import asyncio
from typing import Any

from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, async_mock_service

from custom_components.interphone.const import DOMAIN
from custom_components.interphone.devices.exposure import SHAREABLE_DOMAINS

from ..conftest import Connect, Home, Tokens

DOOR = "lock.front_door"
UNLOCK = {"action": "lock.unlock", "target": {"entity_id": DOOR}}
LIGHT = {"action": "light.turn_on", "target": {"entity_id": "light.bed_light"}}
TRIGGER = {"trigger": "state", "entity_id": "input_boolean.guest_mode", "to": "on"}

DEPUTIES: dict[str, Any] = {
    "scene": [{"name": "Coming home", "entities": {DOOR: "unlocked"}}],
    "script": {"let_in": {"alias": "Let in", "sequence": [LIGHT, UNLOCK]}},
    "automation": [{"alias": "Guests", "triggers": [TRIGGER], "actions": [UNLOCK]}],
    "template": [{"button": [{"name": "Opener", "press": [UNLOCK]}]}],
}
NAMES = {"Coming home", "Let in", "Guests", "Opener", "Guest mode"}
ENTITIES = ["scene.coming_home", "script.let_in", "automation.guests", "button.opener", "input_boolean.guest_mode"]


@pytest.fixture
def options() -> dict[str, Any]:
    """A home that shares every kind of device, and no door."""
    return {"origins": [], "domains": sorted(SHAREABLE_DOMAINS)}


@pytest.fixture
async def deputies(home: Home) -> Home:
    """The home, with a deputy of each kind for its front door."""
    for domain, config in DEPUTIES.items():
        assert await async_setup_component(home.hass, domain, {domain: config})
    await home.hass.async_block_till_done(wait_background_tasks=True)
    return home


async def share(home: Home, **options: Any) -> None:
    home.hass.config_entries.async_update_entry(home.entry, options={**home.entry.options, **options})
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def seen(home: Home, tokens: Tokens) -> dict[str, dict[str, Any]]:
    _status, body = await home.request("GET", "/devices", headers=tokens.headers)
    return {device["name"]: device for device in body["devices"]}


async def command(home: Home, tokens: Tokens, device: str, verb: str) -> tuple[int, dict[str, Any]]:
    envelope = {"id": f"{device}{verb}", "device": device, "command": verb}
    return await home.request("POST", "/commands", json=envelope, headers=tokens.headers)


async def test_deputies_are_shared_by_name_only(deputies: Home) -> None:
    tokens = await deputies.pair_from_display()
    assert NAMES.isdisjoint(await seen(deputies, tokens))
    await share(deputies, sensitive_entities=ENTITIES)
    shared = await seen(deputies, tokens)
    assert {name for name in NAMES if shared[name]["sensitive"]} == NAMES


async def test_deputies_that_are_shared_obey_doors_and_alarms(deputies: Home, connect: Connect) -> None:
    unlocks = async_mock_service(deputies.hass, "lock", "unlock")
    await share(deputies, sensitive_entities=ENTITIES)
    tokens = await deputies.pair_from_display()
    shared = await seen(deputies, tokens)
    verbs = dict.fromkeys(NAMES, "activate.run") | {"Guest mode": "on_off.set"}
    socket = await connect(tokens.token)
    for name, verb in verbs.items():
        params = {"on": True} if verb == "on_off.set" else {}
        envelope = {"id": name, "device": shared[name]["id"], "command": verb, "params": params}
        await deputies.refused(403, "not_permitted", "POST", "/commands", json=envelope, headers=tokens.headers)
        assert (await socket.command(**envelope))["error"] == "not_permitted"
    await deputies.hass.async_block_till_done()
    assert unlocks == []

    await deputies.command("grants/update", grant_id=tokens.grant_id, scope={"doors_and_alarms": True})
    assert (await command(deputies, tokens, shared["Let in"]["id"], "activate.run"))[0] == 200
    await deputies.hass.async_block_till_done()
    assert [call.data["entity_id"] for call in unlocks] == [[DOOR]]


async def test_a_scene_that_is_edited_to_hold_a_lock_is_sensitive_at_once(
    deputies: Home, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    hass = deputies.hass
    config = {"scene": [{"name": "Coming home", "entities": {"light.bed_light": "on"}}]}
    monkeypatch.setattr("homeassistant.config.load_yaml_config_file", lambda *_args, **_kwargs: config)
    await hass.services.async_call("scene", "reload", blocking=True)
    await hass.async_block_till_done()
    tokens = await deputies.pair_from_display()
    scene = (await seen(deputies, tokens))["Coming home"]
    assert not scene["sensitive"]
    socket = await connect(tokens.token)
    await socket.receive("snapshot")

    config["scene"] = DEPUTIES["scene"]
    await hass.services.async_call("scene", "reload", blocking=True)
    # Refused before anything has been pushed.
    assert (await socket.command(id="1", device=scene["id"], command="activate.run"))["error"] == "unknown_device"
    removed: list[str] = []
    while scene["id"] not in removed:
        event, payload = await socket.next()
        removed += payload["removed"] if event == "devices" else []


async def test_a_batch_that_runs_is_refused_from_then_on(deputies: Home) -> None:
    """The first command of a batch changes what the second would do."""
    hass = deputies.hass
    await share(deputies, harmless=["script.let_in"])
    tokens = await deputies.pair_from_display()
    shared = await seen(deputies, tokens)
    unlocks = async_mock_service(hass, "lock", "unlock")
    lamp, script = shared["Bed Light"]["id"], shared["Let in"]["id"]

    async def turn_on(_call: Any) -> None:
        hass.config_entries.async_update_entry(deputies.entry, options={**deputies.entry.options, "harmless": []})
        await asyncio.sleep(0)

    hass.services.async_register("light", "turn_on", turn_on)
    batch = [
        {"id": "1", "device": lamp, "command": "on_off.set", "params": {"on": True}},
        {"id": "2", "device": script, "command": "activate.run"},
    ]
    _status, body = await deputies.request("POST", "/commands", json=batch, headers=tokens.headers)
    assert body["results"][1]["error"] == "unknown_device", body
    await hass.async_block_till_done()
    assert unlocks == []


async def test_the_owner_may_call_a_deputy_harmless_and_a_lamp_a_door(deputies: Home) -> None:
    await share(deputies, harmless=["script.let_in"], doors=["light.bed_light"])
    shared = await seen(deputies, await deputies.pair_from_display())
    assert not shared["Let in"]["sensitive"]
    assert "Bed Light" not in shared


async def test_what_uses_interphone_itself_is_never_shared(home: Home) -> None:
    """Whatever its owner says of it."""
    ring = {"action": f"{DOMAIN}.ring", "data": {"name": "x"}}
    assert await async_setup_component(home.hass, "script", {"script": {"ringer": {"sequence": [ring]}}})
    await share(home, sensitive_entities=["script.ringer"], harmless=["script.ringer"])
    assert home.hass.states.get("script.ringer") is not None
    assert "ringer" not in await seen(home, await home.pair_from_display())


async def test_our_actions_refuse_what_a_website_began(home: Home, connect: Connect) -> None:
    """An automation that reacts to a lamp is no deputy that anybody could know; its ring is refused all the same."""
    hass = home.hass
    ring = {"action": f"{DOMAIN}.ring", "data": {"name": "Door"}}
    trigger = {"trigger": "state", "entity_id": "light.bed_light"}
    assert await async_setup_component(
        hass, "automation", {"automation": [{"alias": "x", "triggers": [trigger], "actions": [ring]}]}
    )
    await hass.async_block_till_done()
    tokens = await home.pair_from_display()
    lamp = (await seen(home, tokens))["Bed Light"]
    socket = await connect(tokens.token)
    await socket.receive("snapshot")
    started = async_capture_events(hass, "automation_triggered")
    on = lamp["state"]["on_off"]["on"]
    envelope = {"id": "1", "device": lamp["id"], "command": "on_off.set", "params": {"on": not on}}
    await home.request("POST", "/commands", json=envelope, headers=tokens.headers)
    await hass.async_block_till_done()
    assert len(started) == 1
    # At home the same automation rings.
    await hass.services.async_call(
        "light", "turn_on" if on else "turn_off", {"entity_id": "light.bed_light"}, blocking=True
    )
    events = []
    while not events:
        event, payload = await socket.next()
        events += [payload] if event == "event" else []
    assert len(started) == 2
    assert events[0]["name"] == "Door"
    status, body = await home.request("GET", "/devices", headers=tokens.headers)
    assert status == 200
    assert body["seq"] >= events[0]["seq"]


async def test_the_options_say_why_a_device_is_sensitive(deputies: Home) -> None:
    hass = deputies.hass
    flow = await hass.config_entries.options.async_init(deputies.entry.entry_id)
    reasons = flow["description_placeholders"]["reasons"]
    assert "- `Coming home`: reaches `Front Door`" in reasons
    assert "- `Guest mode`: reaches `Front Door`" in reasons
    assert "Bed Light" not in reasons
    assert "- `Front Door`" not in reasons

    hass.config.language = "ko"
    flow = await hass.config_entries.options.async_init(deputies.entry.entry_id)
    assert "- `Coming home`: `Front Door`에 닿음" in flow["description_placeholders"]["reasons"]
