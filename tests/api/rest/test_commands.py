"""Commands over REST, and the errors of those that cannot be carried out."""

import asyncio
from http import HTTPStatus
import json
from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.interphone.devices.commands import BATCH_SIZE_MAX

from ...conftest import Home, Tokens
from .trickle import post_around

LIGHT = "light.bed_light"


@pytest.fixture
async def light(home: Home, tokens: Tokens) -> str:
    return (await home.device(tokens))["id"]


@pytest.fixture(autouse=True)
def _short_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.commands.CONFIRM_TIMEOUT", 0.05)


async def test_one_command(home: Home, tokens: Tokens, light: str) -> None:
    envelope = {"id": "a", "device": light, "command": "on_off.set", "params": {"on": True}}
    status, body = await home.request("POST", "/commands", json=envelope, headers=tokens.headers)
    assert status == 200
    assert body["success"] is True
    assert (body["id"], body["status"]) == ("a", "confirmed")
    assert body["state"]["on_off"] == {"on": True}
    assert home.hass.states.get(LIGHT).state == "on"


async def test_the_same_command_twice_is_done_once(home: Home, tokens: Tokens, light: str) -> None:
    envelope = {"id": "a", "device": light, "command": "on_off.toggle"}
    _, first = await home.request("POST", "/commands", json=envelope, headers=tokens.headers)
    _, second = await home.request("POST", "/commands", json=envelope, headers=tokens.headers)
    assert first == second
    assert home.hass.states.get(LIGHT).state == "on"


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"device": "nobody"}, 404, "unknown_device"),
        ({"device": LIGHT}, 404, "unknown_device"),
        ({"device": "light.kitchen_lights\0"}, 404, "unknown_device"),
        ({"command": "lock.unlock"}, 422, "unsupported_command"),
        ({"command": "on_off.explode"}, 422, "unsupported_command"),
        ({"command": "homeassistant.restart"}, 422, "unsupported_command"),
        ({"params": {"percent": 101}}, 422, "invalid_params"),
        ({"params": {"percent": -1}}, 422, "invalid_params"),
        ({"params": {"percent": True}}, 422, "invalid_params"),
        ({"params": {"percent": "5"}}, 422, "invalid_params"),
        ({"params": {"percent": None}}, 422, "invalid_params"),
        ({"params": {"percent": [5]}}, 422, "invalid_params"),
        ({"params": {"percent": 10**17}}, 422, "invalid_params"),
        ({"params": {"percent": 1e308}}, 422, "invalid_params"),
        ({"params": {}}, 422, "invalid_params"),
        ({"params": {"percent": 5, "entity_id": "all"}}, 422, "invalid_params"),
        ({"params": [5]}, 422, "invalid_params"),
        ({"params": None}, 422, "invalid_params"),
        ({"id": None}, 400, "invalid_request"),
        ({"id": 1}, 400, "invalid_request"),
        ({"id": ""}, 400, "invalid_request"),
        ({"device": None}, 400, "invalid_request"),
        ({"device": ["a"]}, 400, "invalid_request"),
        ({"command": 7}, 400, "invalid_request"),
        ({"service": "light.turn_on"}, 400, "invalid_request"),
        ({"expires_at": "tomorrow"}, 400, "invalid_request"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, 409, "command_expired"),
    ],
)
async def test_what_is_no_good_command(
    home: Home, tokens: Tokens, light: str, change: dict[str, Any], status: int, error: str
) -> None:
    envelope = {"id": "a", "device": light, "command": "brightness.set", "params": {"percent": 5}} | change
    before = await home.condition()
    body = await home.refused(status, error, "POST", "/commands", json=envelope, headers=tokens.headers)
    assert body["status"] == ("expired" if error == "command_expired" else "failed")
    assert body["id"] == (envelope["id"] if envelope["id"] == "a" else None)
    assert await home.condition() == before


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "9" * 400, "'5'", "5 5"])
async def test_numbers_json_does_not_have(home: Home, tokens: Tokens, light: str, value: str) -> None:
    before = await home.condition()
    text = f'{{"id": "a", "device": "{light}", "command": "brightness.set", "params": {{"percent": {value}}}}}'
    async with home.client.post("/api/interphone/commands", data=text, headers=tokens.headers) as response:
        body = await response.json()
    assert (response.status, body["error"]) in {(400, "invalid_request"), (422, "invalid_params")}
    assert await home.condition() == before


async def test_deep_params(home: Home, tokens: Tokens, light: str) -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900
    text = f'{{"id": "a", "device": "{light}", "command": "on_off.toggle", "params": {deep}}}'
    await home.refused(422, "invalid_params", "POST", "/commands", data=text, headers=tokens.headers)


async def test_a_device_that_cannot_be_reached(home: Home, tokens: Tokens, light: str) -> None:
    home.hass.states.async_set(LIGHT, "unavailable", home.hass.states.get(LIGHT).attributes)
    envelope = {"id": "a", "device": light, "command": "on_off.set", "params": {"on": True}}
    await home.refused(409, "device_offline", "POST", "/commands", json=envelope, headers=tokens.headers)


async def test_a_service_that_fails(home: Home, tokens: Tokens, light: str) -> None:
    async def fail(_call: ServiceCall) -> None:
        raise HomeAssistantError("the bridge at 10.0.0.5 said no")

    home.hass.services.async_register("light", "turn_on", fail)
    envelope = {"id": "a", "device": light, "command": "on_off.set", "params": {"on": True}}
    body = await home.refused(502, "command_failed", "POST", "/commands", json=envelope, headers=tokens.headers)
    assert "10.0.0.5" not in json.dumps(body)


async def test_a_service_that_hangs(home: Home, tokens: Tokens, light: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_call: ServiceCall) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("custom_components.interphone.devices.commands.COMMAND_TIMEOUT", 0.05)
    home.hass.services.async_register("light", "turn_on", hang)
    envelope = {"id": "a", "device": light, "command": "on_off.set", "params": {"on": True}}
    await home.refused(504, "timeout", "POST", "/commands", json=envelope, headers=tokens.headers)


@pytest.mark.parametrize("count", [0, BATCH_SIZE_MAX + 1])
async def test_a_batch_of_a_wrong_size(home: Home, tokens: Tokens, light: str, count: int) -> None:
    before = await home.condition()
    batch = [{"id": str(i), "device": light, "command": "on_off.toggle"} for i in range(count)]
    body = await home.refused(400, "invalid_request", "POST", "/commands", json=batch, headers=tokens.headers)
    assert str(BATCH_SIZE_MAX) in body["message"]
    assert await home.condition() == before


async def test_the_largest_batch(home: Home, tokens: Tokens, light: str) -> None:
    batch = [{"id": str(i), "device": light, "command": "on_off.toggle"} for i in range(BATCH_SIZE_MAX)]
    status, body = await home.request("POST", "/commands", json=batch, headers=tokens.headers)
    assert status == 200
    assert [result["id"] for result in body["results"]] == [str(i) for i in range(BATCH_SIZE_MAX)]
    assert {result["status"] for result in body["results"]} <= {"confirmed", "done"}
    assert home.hass.states.get(LIGHT).state == "off"


async def test_each_of_a_batch_has_its_own_outcome(home: Home, tokens: Tokens, light: str) -> None:
    batch = [
        {"id": "1", "device": light, "command": "on_off.set", "params": {"on": True}},
        {"id": "2", "device": "nobody", "command": "on_off.toggle"},
        None,
        [],
        {"id": "5", "device": light, "command": "brightness.set", "params": {"percent": "x"}},
        {"id": "6", "device": light, "command": "brightness.set", "params": {"percent": 50}},
    ]
    headers = tokens.headers | {"Accept-Language": "ko"}
    status, body = await home.request("POST", "/commands", json=batch, headers=headers)
    assert status == HTTPStatus.OK
    assert body["success"] is True
    assert [(result["id"], result.get("error")) for result in body["results"]] == [
        ("1", None),
        ("2", "unknown_device"),
        (None, "invalid_request"),
        (None, "invalid_request"),
        ("5", "invalid_params"),
        ("6", None),
    ]
    assert body["results"][1]["message"].startswith("그런 기기가 없습니다")
    assert body["results"][-1]["state"]["brightness"] == {"percent": 50}


async def test_what_a_grant_may_not(home: Home, tokens: Tokens, light: str) -> None:
    envelope = {"id": "a", "device": light, "command": "on_off.toggle"}
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"control": False})
    await home.refused(403, "not_permitted", "POST", "/commands", json=envelope, headers=tokens.headers)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": []})
    await home.refused(404, "unknown_device", "POST", "/commands", json=envelope, headers=tokens.headers)
    await home.refused(404, "unknown_device", "GET", f"/devices/{light}", headers=tokens.headers)
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    assert body["devices"] == []
    assert home.hass.states.get(LIGHT).state == "off"


async def test_one_device(home: Home, tokens: Tokens, light: str) -> None:
    status, body = await home.request("GET", f"/devices/{light}", headers=tokens.headers)
    assert status == 200
    assert body["device"] == await home.device(tokens)
    for unknown in ("nobody", LIGHT, "x" * 500, "é", "%00"):
        await home.refused(404, "unknown_device", "GET", f"/devices/{unknown}", headers=tokens.headers)


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ({"command": "grants/revoke"}, (401, "grant_revoked")),
        ({"command": "grants/pause"}, (403, "grant_paused")),
        ({"command": "grants/update", "scope": {"control": False}}, (403, "not_permitted")),
        ({"command": "grants/update", "scope": {"devices": []}}, (404, "unknown_device")),
    ],
)
async def test_who_is_put_out_while_the_body_trickles_in_controls_nothing(
    home: Home, tokens: Tokens, light: str, act: dict[str, Any], refusal: tuple[int, str]
) -> None:
    body = json.dumps({"id": "a", "device": light, "command": "on_off.set", "params": {"on": True}}).encode()
    act_now = home.command(grant_id=tokens.grant_id, **act)
    status, text = await post_around(home, tokens, "/commands", body, act_now)
    assert (status, refusal[1] in text) == (refusal[0], True), text
    state = home.hass.states.get(LIGHT)
    assert state is not None
    assert state.state == "off"
