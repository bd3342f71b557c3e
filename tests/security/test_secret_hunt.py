"""No code and no token is anywhere but where it belongs, whatever happens and however much is logged."""

import base64
import hashlib
import json
import logging
from pathlib import Path
import secrets
import stat
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, MATCH_ALL
from homeassistant.core import Event
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.pairing.codes import grouped
from tests.conftest import ORIGIN, Connect, Home

PIN = "740219"
LOCK = "lock.openable_lock"


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": [LOCK]}


@pytest.fixture
def recorder_db_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'recorder.db'}"


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: None) -> None:
    """Have a recorder, on a file."""


class Secrets:
    """What must not be found, by the name it is reported under."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def add(self, **found: str) -> None:
        self.known.update({f"{name} {len(self.known)}": value for name, value in found.items()})

    def add_code(self, code: str) -> None:
        """Hunt for a code, a wrong guess at it, and both as a notification groups them."""
        typed = [code, another(code)] if code.isdecimal() else [code]
        for text in typed:
            self.add(code=text, grouped_code=grouped(text))

    def in_text(self, text: str) -> list[str]:
        return [name for name, value in self.known.items() if value in text]


def another(code: str) -> str:
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


async def pair_bound(home: Home, hunted: Secrets) -> dict[str, Any]:
    """Pair as a modern website does, with a wrong code first."""
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    _, asked = await home.request("POST", "/code", json={"challenge": challenge}, headers={"Origin": ORIGIN})
    code = await home.display.next_code()
    proof = {"pairing_id": asked["pairing_id"], "verifier": verifier}
    for typed, expected in ((another(code), 401), (code, 201)):
        status, body = await home.request("POST", "/codecheck", headers={"code": typed}, json=proof)
        assert status == expected
    while (await home.display.next())["state"] != "paired":
        pass
    hunted.add_code(code)
    hunted.add(verifier=verifier, token=body["token"], refresh_token=body["refresh_token"])
    return dict(body)


async def pair_plain(home: Home, hunted: Secrets) -> str:
    """Pair as in 2021, with a wrong code first; return the refresh token."""
    await home.request("GET", "/code", headers={"Origin": ORIGIN})
    code = await home.display.next_code()
    for typed, expected in ((another(code), 401), (code, 201)):
        status, body = await home.request("POST", "/codecheck", headers={"code": typed, "Origin": ORIGIN})
        assert status == expected
    while (await home.display.next())["state"] != "paired":
        pass
    hunted.add_code(code)
    hunted.add(token=body["token"], refresh_token=body["refresh_token"])
    return str(body["refresh_token"])


async def live_through_everything(home: Home, connect: Connect, hunted: Secrets) -> None:
    """Pair, fail, command with a PIN, refresh, reuse, revoke, and leave a code on the displays."""
    spent = await pair_plain(home, hunted)
    bound = await pair_bound(home, hunted)
    scope = {"doors_and_alarms": True}
    assert (await home.command("grants/update", grant_id=bound["grant_id"], scope=scope))["success"]
    website = await connect(bound["token"])
    lock = next(device for device in (await website.receive("snapshot"))["devices"] if device["type"] == "lock")
    for command in ("lock.lock", "lock.unlock"):
        ack = await website.command(id=command, device=lock["id"], command=command, params={"pin": PIN})
        assert ack["status"] in ("done", "confirmed"), ack
    refresh = {"grant_type": "refresh_token", "refresh_token": spent}
    _, refreshed = await home.request("POST", "/token", json=refresh)
    hunted.add(token=refreshed["token"], refresh_token=refreshed["refresh_token"])
    assert (await home.command("grants/revoke", grant_id=bound["grant_id"]))["success"]
    await home.request("GET", "/devices", headers={"Authorization": f"Bearer {bound['token']}"})
    again = {**refresh, "refresh_token": refreshed["refresh_token"]}
    _, last = await home.request("POST", "/token", json=again)
    hunted.add(token=last["token"], refresh_token=last["refresh_token"])
    await home.refused(401, "token_reused", "POST", "/token", json=refresh)
    await home.request("GET", "/code")
    await home.command("pairing/begin")
    live = [pairing.code for pairing in home.entry.runtime_data.desk.live()]
    assert len(live) == 2
    for code in live:
        hunted.add_code(code)


@pytest.mark.slow
@pytest.mark.usefixtures("recorder_mock")
async def test_nothing_leaks(
    home: Home,
    connect: Connect,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("custom_components.interphone", "aiohttp", "socketio", "engineio", "homeassistant"):
        caplog.set_level(logging.DEBUG, logger=name)
    for component in ("diagnostics", "logbook"):
        assert await async_setup_component(home.hass, component, {})
    events: list[Event] = []
    home.hass.bus.async_listen(MATCH_ALL, events.append)
    hunted = Secrets()

    await live_through_everything(home, connect, hunted)
    diagnostics = await get_diagnostics_for_config_entry(home.hass, hass_client, home.entry)
    audit = await home.command("audit/list")
    grants = await home.command("grants/list")
    await async_wait_recording_done(home.hass)
    await home.hass.async_block_till_done()

    # The clients of this test live in the same process; what they log of their own messages is not the home's. And Home
    # Assistant's WebSocket logger, at this level, logs all that any frontend is sent: docs/security.md says so.
    not_ours = ("engineio.client", "socketio.client", "homeassistant.components.websocket_api")
    ours = [record for record in caplog.records if not record.name.startswith(not_ours)]
    logged = "\n".join(record.getMessage() + str(record.exc_text or "") for record in ours)
    assert "POST /api/interphone/codecheck HTTP" in logged  # it does log at this level
    assert hunted.in_text(logged) == []
    assert hunted.in_text("\n".join(str(event.as_dict()) for event in events)) == []
    states = home.hass.states.async_all()
    assert hunted.in_text("\n".join(str(state.as_dict()) for state in states)) == []
    assert hunted.in_text(json.dumps(diagnostics)) == []
    assert hunted.in_text(json.dumps([audit, grants])) == []
    # A PIN is part of the service call it is for, and Home Assistant logs and records those; Interphone never does.
    own_words = [record.getMessage() for record in ours if record.name.startswith("custom_components.interphone")]
    own_events = [str(event.as_dict()) for event in events if event.event_type.startswith("interphone")]
    assert own_events
    assert not [text for text in (*own_words, *own_events, json.dumps(diagnostics), json.dumps(audit)) if PIN in text]

    # The tests' Home Assistant writes no registries.
    registered = [*dr.async_get(home.hass).devices, *er.async_get(home.hass).entities.values()]
    assert home.entry.entry_id in str(registered)
    assert hunted.in_text(str(registered)) == []

    # Home Assistant ends: what waits to be written is written.
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.hass.async_block_till_done()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    [database] = tmp_path.glob("recorder.db")
    on_disk = [database, *tmp_path.glob("recorder.db-wal"), *Path(home.hass.config.path(".storage")).glob("*")]
    contents = {path.name: path.read_bytes().decode("latin-1") for path in on_disk}
    assert contents.keys() >= {"interphone", "interphone.audit", "recorder.db"}
    for name, content in contents.items():
        assert hunted.in_text(content) == [], name
        assert PIN not in content or name.startswith("recorder.db"), name

    for name in ("interphone", "interphone.audit"):
        assert stat.S_IMODE(Path(home.hass.config.path(".storage", name)).stat().st_mode) == 0o600
    tokens = json.loads(contents["interphone"])["data"]["tokens"]
    for secret in (tokens["keys"][0]["secret"], tokens["pepper"]):
        assert [name for name, content in contents.items() if secret in content] == ["interphone"]
