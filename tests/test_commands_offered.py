"""A device's `commands` are those that the grant may give, over REST and the socket, and live."""

from typing import Any

import pytest

from .conftest import ORIGIN, Connect, Home, Socket, Tokens, enter
from .test_config_flow import save_options

LOCK = "lock.front_door"
LOOK = {"may": "look"}
CONTROL = {"may": "control"}
DOORS = {"may": "doors_and_alarms"}

pytestmark = pytest.mark.usefixtures("quiet_log")


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": [LOCK]}


async def allow(home: Home, tokens: Tokens, scope: dict[str, Any]) -> None:
    answer = await home.command("grants/update", grant_id=tokens.grant_id, scope={"see": {"all": True}, **scope})
    assert answer["success"], answer


async def offered(home: Home, tokens: Tokens) -> dict[str, bool]:
    """Return whether commands are offered: in the list, and of each device alone."""
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    for device in body["devices"]:
        _, alone = await home.request("GET", f"/devices/{device['id']}", headers=tokens.headers)
        assert alone["device"] == device
    return {device["name"]: bool(device["commands"]) for device in body["devices"]}


@pytest.mark.parametrize(
    ("scope", "light", "lock"), [(LOOK, False, False), (CONTROL, True, False), (DOORS, True, True)]
)
async def test_what_is_offered(home: Home, tokens: Tokens, scope: dict[str, Any], *, light: bool, lock: bool) -> None:
    await allow(home, tokens, scope)
    found = await offered(home, tokens)
    assert (found["Bed Light"], found["Front Door"]) == (light, lock)


async def changed(website: Socket) -> dict[str, bool]:
    payload = await website.receive("devices")
    assert (payload["added"], payload["removed"]) == ([], [])
    return {device["name"]: bool(device["commands"]) for device in payload["changed"]}


async def test_a_change_of_the_grant_is_pushed(home: Home, tokens: Tokens, connect: Connect) -> None:
    website, snapshot = await enter(connect, tokens)
    assert not next(device for device in snapshot["devices"] if device["name"] == "Front Door")["commands"]
    await allow(home, tokens, DOORS)
    assert await changed(website) == {"Front Door": True}
    await allow(home, tokens, CONTROL)
    assert await changed(website) == {"Front Door": False}
    await allow(home, tokens, LOOK)
    pushed = await changed(website)
    assert "Front Door" not in pushed
    assert pushed["Bed Light"] is False


@pytest.mark.parametrize("narrow", [False, True])
async def test_a_change_of_sensitivity_is_pushed(home: Home, tokens: Tokens, connect: Connect, *, narrow: bool) -> None:
    if narrow:
        await home.command(
            "grants/update", grant_id=tokens.grant_id, scope={"see": {"all": True}, "types": ["light"], **CONTROL}
        )
    website, _ = await enter(connect, tokens)
    other = await home.pair_from_display()
    await allow(home, other, DOORS)
    trusted, _ = await enter(connect, other)
    bed = {"doors": ["light.bed_light"], "sensitive_entities": [LOCK, "light.bed_light"]}
    await save_options(home.hass, home.entry.entry_id, **bed)
    for socket, offers in ((website, False), (trusted, True)):
        while not (payload := await socket.receive("devices"))["changed"] and not payload["added"]:
            pass
        [device] = payload["changed"] + payload["added"]
        assert (device["name"], device["sensitive"], bool(device["commands"])) == ("Bed Light", True, offers)


async def test_who_was_away_gets_a_snapshot(home: Home, tokens: Tokens) -> None:
    _, before = await home.request("GET", "/devices", headers=tokens.headers)
    await allow(home, tokens, LOOK)
    since = f"/events?since={before['epoch']}:{before['seq']}"
    _, body = await home.request("GET", since, headers=tokens.headers)
    assert not any(device["commands"] for device in body["devices"])
