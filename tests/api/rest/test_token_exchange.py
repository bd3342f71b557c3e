"""Token exchange (RFC 8693): a shorter and narrower access token, which every door holds to its bound."""

from dataclasses import replace
from datetime import timedelta
import logging
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.access.tokens import ENDED_TOKENS_MAX, TOKEN_LEEWAY
from tests.cameras import LiveCamera, set_up_cameras

from ...conftest import ORIGIN, Connect, Home, Tokens, enter
from .test_bound_pairing import CHALLENGE

EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light", "lock"], "sensitive_entities": ["lock.front_door", "camera.gate"]}


async def ask(home: Home, token: str, **bound: Any) -> tuple[int, Any]:
    return await home.request("POST", "/token", json={"grant_type": EXCHANGE, "subject_token": token, **bound})


async def exchange(home: Home, tokens: Tokens, **bound: Any) -> Tokens:
    """Return the exchanged token in the place of the website's own."""
    status, body = await ask(home, tokens.token, **bound)
    assert status == 200, body
    assert set(body) == {"success", "token", "expires_in"}
    return replace(tokens, token=body["token"])


async def widen(home: Home, tokens: Tokens) -> None:
    scope = {"see": {"all": True}, "may": "doors_and_alarms"}
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=scope))["success"]


async def ids(home: Home, tokens: Tokens) -> dict[str, str]:
    """Return the ids of the devices that a website sees, by their names."""
    status, body = await home.request("GET", "/devices", headers=tokens.headers)
    assert status == 200, body
    return {device["name"]: device["id"] for device in body["devices"]}


async def command(home: Home, tokens: Tokens, device: str, name: str, id_: str = "1", **params: Any) -> Any:
    envelope = {"id": id_, "device": device, "command": name, "params": params}
    return (await home.request("POST", "/commands", headers=tokens.headers, json=envelope))[1]


async def test_it_is_shorter_and_spends_nothing(
    freezer: FrozenDateTimeFactory,
    home: Home,
    tokens: Tokens,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "aiohttp.access")  # stumbles over frozen time zones
    status, body = await ask(home, tokens.token, expires_in=60)
    assert (status, body["expires_in"]) == (200, 60)
    short = replace(tokens, token=body["token"])
    freezer.tick(timedelta(seconds=60 + TOKEN_LEEWAY + 1))
    home.client = await hass_client_no_auth()
    await home.refused(401, "expired_token", "GET", "/devices", headers=short.headers)
    assert (await home.request("GET", "/devices", headers=tokens.headers))[0] == 200
    # Never longer than what is left of the other, which is the default.
    for asked in ({}, {"expires_in": 10**9}):
        _status, body = await ask(home, tokens.token, **asked)
        assert body["expires_in"] <= 30 * 3600 - 60 - TOKEN_LEEWAY
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    assert (await home.request("POST", "/token", json=refresh))[0] == 200


@pytest.mark.parametrize(
    "bound",
    [
        {"expires_in": 59},
        {"expires_in": "600"},
        {"may": "everything"},
        {"may": None},
        {"devices": None},
        {"devices": "all"},
        {"devices": [1]},
        {"devices": ["…"]},
        {"devices": ["x"] * 65},
        {"subject_token": None},
    ],
)
async def test_what_it_cannot_be_bound_to(home: Home, tokens: Tokens, bound: dict[str, Any]) -> None:
    body = {"grant_type": EXCHANGE, "subject_token": tokens.token, **bound}
    refused = await home.refused(400, "invalid_request", "POST", "/token", json=body)
    assert next(iter(bound)) in refused["message"]


async def test_many_devices_make_a_token_that_is_accepted(home: Home, tokens: Tokens) -> None:
    narrow = await exchange(home, tokens, devices=[f"{number:032}" for number in range(64)])
    assert not await ids(home, narrow)


async def test_it_only_narrows(home: Home, tokens: Tokens) -> None:
    await widen(home, tokens)
    known = await ids(home, tokens)
    bed, door = known["Bed Light"], known["Front Door"]
    assert not await ids(home, await exchange(home, tokens, devices=[]))
    both = await exchange(home, tokens, devices=[bed, door], may="control")
    assert await ids(home, both) == {"Bed Light": bed, "Front Door": door}
    assert (await command(home, both, door, "lock.unlock"))["error"] == "not_permitted"
    assert (await command(home, both, known["Ceiling Lights"], "on_off.toggle"))["error"] == "unknown_device"
    assert (await command(home, both, bed, "on_off.toggle"))["success"]
    # Exchanged again, neither devices nor what it may do come back.
    again = await exchange(home, both, devices=[door, known["Ceiling Lights"]], may="doors_and_alarms")
    assert await ids(home, again) == {"Front Door": door}
    assert (await command(home, again, door, "lock.unlock"))["error"] == "not_permitted"
    look = await exchange(home, tokens, may="look")
    assert set(await ids(home, look)) == set(known)
    assert (await command(home, look, bed, "on_off.toggle"))["error"] == "not_permitted"
    status, body = await home.request("GET", "/grant", headers=again.headers)
    assert status == 200
    assert body["grant"]["scope"] == {
        "see": {"areas": [], "floors": [], "labels": [], "devices": [door]},
        "may": "control",
        "devices": [door],
        "control": True,
        "doors_and_alarms": False,
    }
    # Nor above what the grant has now.
    full = await exchange(home, tokens)
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [bed], "control": False}))[
        "success"
    ]
    assert await ids(home, full) == {"Bed Light": bed}
    assert (await command(home, full, bed, "on_off.toggle", "2"))["error"] == "not_permitted"


async def test_a_session_obeys_it(home: Home, tokens: Tokens, connect: Connect) -> None:
    known = await ids(home, tokens)
    bed, ceiling = known["Bed Light"], known["Ceiling Lights"]
    narrow = await exchange(home, tokens, devices=[bed])
    website, snapshot = await enter(connect, narrow)
    assert [device["id"] for device in snapshot["devices"]] == [bed]
    assert (await website.command(id="1", device=ceiling, command="on_off.toggle"))["error"] == "unknown_device"
    # The website's own token prolongs it and does not widen it.
    assert (await website.call("authenticate", {"token": tokens.token}))["success"]
    assert (await website.command(id="2", device=ceiling, command="on_off.toggle"))["error"] == "unknown_device"
    light = {"entity_id": "light.ceiling_lights"}
    await home.hass.services.async_call("light", "toggle", light, blocking=True)
    await home.hass.services.async_call("light", "toggle", {"entity_id": "light.bed_light"}, blocking=True)
    assert (await website.receive("state"))["id"] == bed
    # A narrower one narrows it.
    nothing = await exchange(home, tokens, devices=[])
    assert (await website.call("authenticate", {"token": nothing.token}))["success"]
    assert (await website.receive("devices"))["removed"] == [bed]
    # What the grant loses or gains is seen through the bound.
    other, _snapshot = await enter(connect, narrow)
    look = {"devices": [ceiling, bed], "control": False}
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=look))["success"]
    [changed] = (await other.receive("devices"))["changed"]
    assert (changed["id"], changed["commands"]) == (bed, [])
    assert (await other.command(id="3", device=bed, command="on_off.toggle"))["error"] == "not_permitted"
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [ceiling]}))["success"]
    assert (await other.receive("devices"))["removed"] == [bed]


async def test_a_session_of_a_whole_grant_is_narrowed(home: Home, tokens: Tokens, connect: Connect) -> None:
    known = await ids(home, tokens)
    website, _snapshot = await enter(connect, tokens)
    narrow = await exchange(home, tokens, devices=[known["Bed Light"]], may="look")
    assert (await website.call("authenticate", {"token": narrow.token}))["success"]
    assert known["Bed Light"] not in (await website.receive("devices"))["removed"]
    answer = await website.command(id="1", device=known["Bed Light"], command="on_off.toggle")
    assert answer["error"] == "not_permitted"


async def test_a_stream_ends_with_it(home: Home, tokens: Tokens, connect: Connect) -> None:
    gate = LiveCamera()
    await set_up_cameras(home.hass, gate)
    camera = (await home.device(tokens, gate.name))["id"]
    narrow = await exchange(home, tokens, devices=[camera])
    website, _snapshot = await enter(connect, narrow)
    stream = (await website.call("webrtc_offer", {"device": camera, "offer": "v=0"}))["stream"]
    for _signal in range(2):
        await website.receive("webrtc")
    nothing = await exchange(home, tokens, devices=[])
    assert (await website.call("authenticate", {"token": nothing.token}))["success"]
    assert (await website.receive("devices"))["removed"] == [camera]
    assert await website.receive("webrtc") == {"stream": stream, "type": "closed"}
    refused = await website.call("webrtc_offer", {"device": camera, "offer": "v=0"})
    assert refused["error"] == "unknown_device"


async def test_results_are_the_tokens_own(home: Home, tokens: Tokens) -> None:
    known = await ids(home, tokens)
    bed = known["Bed Light"]
    one, other = await exchange(home, tokens), await exchange(home, tokens, may="look")
    assert (await command(home, one, bed, "on_off.set", on=True))["success"]
    # The other token learns no result by guessing the id, and the id is free for whoever may command.
    assert (await command(home, other, bed, "on_off.set", on=True))["error"] == "not_permitted"
    assert (await command(home, tokens, bed, "on_off.set", on=False))["state"]["on_off"] == {"on": False}
    # The same token does.
    assert (await command(home, one, bed, "on_off.set", on=True))["state"]["on_off"] == {"on": True}
    assert (await home.request("GET", f"/devices/{bed}", headers=one.headers))[1]["device"]["state"]["on_off"] == {
        "on": False
    }


async def test_revoking_it_ends_it_alone(home: Home, tokens: Tokens, connect: Connect) -> None:
    ended, other = await exchange(home, tokens), await exchange(home, tokens)
    stays, _snapshot = await enter(connect, other)
    website, _snapshot = await enter(connect, ended)
    assert (await home.request("POST", "/revoke", json={"token": ended.token}))[0] == 200
    assert await website.receive("revoked") == {"reason": "token_revoked"}
    await website.closed()
    await home.refused(401, "invalid_token", "GET", "/devices", headers=ended.headers)
    assert (await ask(home, ended.token))[1]["error"] == "invalid_token"
    for alive in (tokens, other):
        assert (await home.request("GET", "/devices", headers=alive.headers))[0] == 200
    assert len(await home.grants()) == 1
    # After a restart as well; again is no error.
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.refused(401, "invalid_token", "GET", "/devices", headers=ended.headers)
    assert (await home.request("POST", "/revoke", json={"token": ended.token}))[0] == 200
    assert (await stays.receive("revoked"))["reason"] == "unloaded"
    # The website's own token ends the grant, and with it all that were exchanged.
    assert (await home.request("POST", "/revoke", json={"token": tokens.token}))[0] == 200
    await home.refused(401, "grant_revoked", "GET", "/devices", headers=other.headers)


async def test_ended_tokens_are_remembered_within_a_limit(
    freezer: FrozenDateTimeFactory,
    home: Home,
    tokens: Tokens,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "aiohttp.access")  # stumbles over frozen time zones
    grants = home.entry.runtime_data.grants
    for _ in range(ENDED_TOKENS_MAX):
        token, _seconds = grants.exchange(tokens.token, "test", expires_in=60, may=None, devices=None)
        await grants.end(token, "test")
    last = await exchange(home, tokens, expires_in=600)
    refused = await home.refused(429, "rate_limited", "POST", "/revoke", json={"token": last.token})
    assert refused["retry_after"] <= 60
    assert (await home.request("GET", "/devices", headers=last.headers))[0] == 200
    freezer.tick(timedelta(seconds=60 + TOKEN_LEEWAY + 1))
    home.client = await hass_client_no_auth()
    assert (await home.request("POST", "/revoke", json={"token": last.token}))[0] == 200
    await home.refused(401, "invalid_token", "GET", "/devices", headers=last.headers)


@pytest.mark.parametrize("act", ["pause", "revoke"])
async def test_it_is_no_way_around_the_owner(home: Home, tokens: Tokens, act: str) -> None:
    narrow = await exchange(home, tokens)
    assert (await home.command(f"grants/{act}", grant_id=tokens.grant_id))["success"]
    error = {"pause": "grant_paused", "revoke": "grant_revoked"}[act]
    assert (await ask(home, tokens.token))[1]["error"] == error
    assert (await ask(home, narrow.token))[1]["error"] == error
    assert (await home.request("GET", "/devices", headers=narrow.headers))[1]["error"] == error
    # Nor does a refresh token pass for one.
    assert (await ask(home, tokens.refresh_token))[1]["error"] == "invalid_token"


async def test_it_proves_nothing_when_a_code_is_requested(home: Home) -> None:
    """It is handed to pages and people that do not speak for the website."""
    own = await home.pair(Origin=ORIGIN)
    for tokens, proven in ((own, True), (await exchange(home, own), False)):
        status, _body = await home.request(
            "POST", "/code", json={"challenge": CHALLENGE}, headers={**tokens.headers, "Origin": ORIGIN}
        )
        assert status == 200
        [pairing] = (await home.command("pairing/list"))["result"]["pairings"]
        assert pairing["proven"] is proven
        assert (await home.command("pairing/reject", pairing_id=pairing["id"]))["success"]
