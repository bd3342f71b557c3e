from pathlib import Path
from typing import Any

from custom_components.interphone.access.grants import GrantEvent
from custom_components.interphone.audit_trail import GRANT_ACTS, PAIRING_ACTS
from custom_components.interphone.pairing.models import PairingState
from tests.conftest import ORIGIN, Home


async def acts(home: Home) -> list[tuple[str, Any]]:
    records = (await home.command("audit/list"))["result"]["records"]
    return [(record["act"], record["source"]) for record in records]


async def test_who_did_what_is_recorded(home: Home) -> None:
    await home.request("GET", "/code", headers={"Origin": ORIGIN})
    code = await home.display.next_code()
    wrong = str((int(code) + 1) % 10**9).zfill(9)
    assert (await home.request("POST", "/codecheck", headers={"code": wrong}))[0] == 401
    status, body = await home.request("POST", "/codecheck", headers={"code": code})
    assert status == 201
    bearer = {"Authorization": f"Bearer {body['token']}"}
    devices = (await home.request("GET", "/devices", headers=bearer))[1]["devices"]
    light = next(device for device in devices if device["name"] == "Bed Light")
    command = {"id": "1", "device": light["id"], "command": "on_off.set", "params": {"on": True}}
    assert (await home.request("POST", "/commands", headers=bearer, json=command))[0] == 200
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    assert (await home.request("POST", "/token", json=refresh))[0] == 200
    assert (await home.request("POST", "/revoke", json={"token": body["token"]}))[0] == 200

    here = "127.0.0.1"
    assert await acts(home) == [
        ("requested", here),
        ("shown", None),
        ("refused", here),
        ("paired", here),
        ("created", here),
        ("command", here),
        ("refreshed", here),
        ("revoked", here),
    ]
    records = (await home.command("audit/list"))["result"]["records"]
    command_record = next(record for record in records if record["act"] == "command")
    assert command_record["detail"] == "on_off.set light.bed_light"
    assert command_record["grant_id"] == body["grant_id"]
    text = str(records)
    assert not any(secret in text for secret in (code, wrong, body["token"], body["refresh_token"]))


async def test_the_gate_is_recorded(home: Home) -> None:
    relay = home.entry.runtime_data
    relay.desk.gate.failures = 19  # as many wrong codes came before, over days
    await home.request("GET", "/code")
    code = await home.display.next_code()
    wrong = str((int(code) + 1) % 10**9).zfill(9)
    assert (await home.request("POST", "/codecheck", headers={"code": wrong}))[0] == 401
    assert [act for act, _ in await acts(home)][-3:] == ["refused", "gate_closed", "concealed"]
    (waiting,) = relay.desk.live()
    assert (await home.command("pairing/reveal", pairing_id=waiting.id))["success"]
    assert "gate_opened" in [act for act, _ in await acts(home)]


async def test_the_audit_outlives_a_reload(home: Home) -> None:
    await home.pair()
    before = await acts(home)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert (await acts(home))[: len(before)] == before


async def test_a_broken_audit_keeps_nobody_out(home: Home) -> None:
    await home.pair()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    Path(home.hass.config.path(".storage", "interphone.audit")).write_text("{")
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.hass.async_block_till_done()
    assert await acts(home) == []
    await home.pair()


def test_every_event_of_a_grant_is_an_act() -> None:
    assert set(GRANT_ACTS) == set(GrantEvent)
    assert len(set(GRANT_ACTS.values())) == len(GRANT_ACTS)
    # Stored and listed under the event's own name.
    assert all(act.value == event.value for event, act in GRANT_ACTS.items())


def test_every_state_of_a_pairing_is_an_act() -> None:
    """A requested pairing is recorded when it is first seen."""
    assert set(PAIRING_ACTS) == set(PairingState) - {PairingState.REQUESTED}
