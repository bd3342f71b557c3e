"""Pushes: a website receives every change in its scope, once, in order, and nothing else."""

from collections.abc import Callable
from typing import Any

from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest

from custom_components.interphone.engineio.session import Session as EngineSession
from custom_components.interphone.engineio.websocket import WebSocketConnection

from ...conftest import Connect, Home, Tokens, enter
from ...engineio.crowd import alive

pytestmark = pytest.mark.usefixtures("quiet_log")

TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling"])


def switch(home: Home, name: str, state: str) -> None:
    entity_id = f"light.{name}"
    home.hass.states.async_set(entity_id, state, home.hass.states.get(entity_id).attributes)


@TRANSPORTS
async def test_changes_are_numbered_and_in_order(home: Home, connect: Connect, tokens: Tokens, transport: str) -> None:
    website, snapshot = await enter(connect, tokens, transports=[transport])
    light = await home.device(tokens)
    for step in range(1, 21):
        switch(home, "bed_light", "on" if step % 2 else "off")
        await home.request("GET", "/grant")  # lets the loop turn, so that each is a change of its own
    for step in range(1, 21):
        pushed = await website.receive("state")
        assert pushed["seq"] == snapshot["seq"] + step
        assert pushed["id"] == light["id"]
        assert pushed["state"]["on_off"] == {"on": bool(step % 2)}


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a device's state that are not what they were, by trait."""
    changed = {
        trait: {name: value for name, value in values.items() if value != before["state"][trait][name]}
        for trait, values in after["state"].items()
    }
    return {trait: values for trait, values in changed.items() if values}


@TRANSPORTS
async def test_only_what_changed(home: Home, connect: Connect, tokens: Tokens, transport: str) -> None:
    """A change of one trait sends that trait; one that takes the device offline sends what is unknown from then on."""
    website, snapshot = await enter(connect, tokens, transports=[transport])
    light = home.hass.states.get("light.ceiling_lights")
    sent: list[set[str]] = []
    for step, (state, attributes) in enumerate(
        [
            (light.state, {**light.attributes, "brightness": 64}),
            ("unavailable", light.attributes),
            (light.state, light.attributes),
        ],
        start=1,
    ):
        before = await home.device(tokens, "Ceiling Lights")
        home.hass.states.async_set("light.ceiling_lights", state, attributes)
        after = await home.device(tokens, "Ceiling Lights")
        assert await website.receive("state") == {
            "seq": snapshot["seq"] + step,
            "id": after["id"],
            "online": state != "unavailable",
            "state": differences(before, after),
        }
        sent.append(set(differences(before, after)))
    assert sent[0] == {"brightness"}
    assert {"on_off", "brightness"} <= sent[1]
    assert {"on_off", "brightness"} <= sent[2]


async def test_nothing_that_is_not_shared(home: Home, connect: Connect, tokens: Tokens) -> None:
    website, _ = await enter(connect, tokens)
    home.hass.states.async_set("lock.front_door", "unlocked")
    home.hass.states.async_set("sensor.of_nobody", "1")
    home.hass.states.async_set("person.resident", "home")
    switch(home, "bed_light", "on")
    pushes = [await website.next()]
    while pushes[-1][0] != "state":
        pushes.append(await website.next())
    text = str(pushes)
    assert "lock" not in text
    assert "resident" not in text
    assert pushes[-1][1]["id"] == (await home.device(tokens))["id"]


async def test_nothing_outside_the_scope(home: Home, connect: Connect, tokens: Tokens) -> None:
    light = await home.device(tokens, "Ceiling Lights")
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [light["id"]]})
    website, snapshot = await enter(connect, tokens)
    assert [device["id"] for device in snapshot["devices"]] == [light["id"]]
    everything, _ = await enter(connect, await home.pair_from_display())
    switch(home, "bed_light", "on")
    switch(home, "ceiling_lights", "off")
    assert (await website.receive("state"))["id"] == light["id"]
    await everything.receive("state")
    await everything.receive("state")


async def test_a_scope_that_narrows_and_widens(home: Home, connect: Connect, tokens: Tokens) -> None:
    website, snapshot = await enter(connect, tokens)
    light = await home.device(tokens)
    everything = {device["id"] for device in snapshot["devices"]}
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [light["id"]]})
    narrowed = await website.receive("devices")
    assert set(narrowed["removed"]) == everything - {light["id"]}
    assert not narrowed["added"]
    switch(home, "ceiling_lights", "off")
    switch(home, "bed_light", "on")
    assert (await website.receive("state"))["id"] == light["id"]
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": None})
    widened = await website.receive("devices")
    assert {device["id"] for device in widened["added"]} == everything - {light["id"]}
    off = next(device for device in widened["added"] if device["name"] == "Ceiling Lights")
    assert off["state"]["on_off"] == {"on": False}


async def test_devices_that_come_change_and_go(home: Home, connect: Connect, tokens: Tokens) -> None:
    website, _ = await enter(connect, tokens)
    light = await home.device(tokens)
    area = ar.async_get(home.hass).async_create("Bedroom")
    registry = er.async_get(home.hass)
    registry.async_update_entity("light.bed_light", name="Lamp")
    changed = (await website.receive("devices"))["changed"]
    assert [(device["id"], device["name"]) for device in changed] == [(light["id"], "Lamp")]
    registry.async_update_entity("light.bed_light", hidden_by=er.RegistryEntryHider.USER)
    assert (await website.receive("devices"))["removed"] == [light["id"]]
    registry.async_update_entity("light.bed_light", hidden_by=None)
    [added] = (await website.receive("devices"))["added"]
    assert added["id"] == light["id"]
    assert area.name not in str(added)


@TRANSPORTS
async def test_resuming(home: Home, connect: Connect, tokens: Tokens, transport: str) -> None:
    website, snapshot = await enter(connect, tokens, transports=[transport])
    position = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    await website.client.disconnect()
    switch(home, "bed_light", "on")
    await home.request("GET", "/grant")
    switch(home, "ceiling_lights", "off")
    again = await connect(auth={"token": tokens.token, "since": position}, transports=[transport])
    resume = await again.receive("resume")
    assert resume["epoch"] == position["epoch"]
    assert resume["seq"] == position["seq"] + 2
    assert [change["event"] for change in resume["changes"]] == ["state", "state"]
    assert [change["payload"]["seq"] for change in resume["changes"]] == [position["seq"] + 1, position["seq"] + 2]
    switch(home, "bed_light", "off")
    assert (await again.receive("state"))["seq"] == position["seq"] + 3


async def test_resuming_with_nothing_missed_and_by_the_event(connect: Connect, tokens: Tokens) -> None:
    _, snapshot = await enter(connect, tokens)
    position = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    again = await connect()
    await again.call("authenticate", {"token": tokens.token, "since": position})
    assert await again.receive("resume") == {**position, "changes": []}


async def test_resuming_within_the_scope(home: Home, connect: Connect, tokens: Tokens) -> None:
    """What happened outside it is passed over, and counted."""
    light = await home.device(tokens, "Ceiling Lights")
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [light["id"]]})
    website, snapshot = await enter(connect, tokens)
    await website.client.disconnect()
    for name, state in (("bed_light", "on"), ("ceiling_lights", "off"), ("kitchen_lights", "off")):
        switch(home, name, state)
        await home.request("GET", "/grant")  # lets the loop turn
    since = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    again = await connect(auth={"token": tokens.token, "since": since})
    resumed = await again.receive("resume")
    assert resumed["seq"] == since["seq"] + 3
    assert [(change["event"], change["payload"]["id"]) for change in resumed["changes"]] == [("state", light["id"])]
    assert resumed["changes"][0]["payload"]["seq"] == since["seq"] + 2


async def test_a_position_of_another_scope(home: Home, connect: Connect, tokens: Tokens) -> None:
    """The scope has changed since: a snapshot is sent."""
    _, snapshot = await enter(connect, tokens)
    light = await home.device(tokens, "Ceiling Lights")
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [light["id"]]})
    since = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    again = await connect(auth={"token": tokens.token, "since": since})
    sent = await again.receive("snapshot")
    assert sent["epoch"] != snapshot["epoch"]
    assert [device["id"] for device in sent["devices"]] == [light["id"]]


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 10**9},
        {"seq": -1},
        {"seq": True},
        {"seq": "1"},
        {"seq": 1.0},
        {"seq": None},
        {"epoch": "another"},
        {"epoch": None},
        {"epoch": 7},
    ],
)
async def test_a_position_that_is_none_of_this_feed(connect: Connect, tokens: Tokens, change: dict[str, Any]) -> None:
    _, snapshot = await enter(connect, tokens)
    since = {"epoch": snapshot["epoch"], "seq": snapshot["seq"], **change}
    again = await connect(auth={"token": tokens.token, "since": since})
    assert (await again.receive("snapshot"))["devices"] == snapshot["devices"]


@pytest.mark.parametrize("since", [None, "now", 7, [], ["a", 1], {}, {"seq": 1}, {"epoch": "x"}])
async def test_a_since_that_is_no_position(connect: Connect, tokens: Tokens, since: Any) -> None:
    website = await connect(auth={"token": tokens.token, "since": since})
    await website.receive("snapshot")


async def test_a_position_too_old(
    home: Home, connect: Connect, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.feed.FEED_LENGTH", 4)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    _, snapshot = await enter(connect, tokens)
    since = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    for step in range(5):
        switch(home, "bed_light", "off" if step % 2 else "on")
        await home.request("GET", "/grant")
    again = await connect(auth={"token": tokens.token, "since": since})
    assert (await again.receive("snapshot"))["seq"] == since["seq"] + 5
    since["seq"] += 1
    resumed = await connect(auth={"token": tokens.token, "since": since})
    assert len((await resumed.receive("resume"))["changes"]) == 4


@TRANSPORTS
@pytest.mark.parametrize(("act", "reason"), [("revoke", "revoked"), ("pause", "paused")])
async def test_being_put_out(
    home: Home, connect: Connect, tokens: Tokens, transport: str, act: str, reason: str
) -> None:
    first, _ = await enter(connect, tokens, transports=[transport])
    second, _ = await enter(connect, tokens, transports=[transport])
    other, _ = await enter(connect, await home.pair_from_display())
    await home.command(f"grants/{act}", grant_id=tokens.grant_id)
    switch(home, "bed_light", "on")
    for website in (first, second):
        assert await website.receive("revoked") == {"reason": reason}
        await website.closed()
    await other.receive("state")


async def test_everyone_is_put_out(home: Home, connect: Connect, tokens: Tokens) -> None:
    websites = [(await enter(connect, tokens))[0], (await enter(connect, await home.pair_from_display()))[0]]
    await home.command("grants/revoke_all")
    for website in websites:
        assert await website.receive("revoked") == {"reason": "revoked"}
        await website.closed()


@pytest.fixture
def break_one(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make every write to the session that was opened first raise."""
    write = WebSocketConnection.write

    def break_one() -> None:
        broken = min(alive(EngineSession), key=lambda session: session.opened).socket

        def fail(self: WebSocketConnection, frames: bytes) -> bool:
            if self is broken:
                raise RuntimeError("broken")
            return write(self, frames)

        monkeypatch.setattr(WebSocketConnection, "write", fail)

    return break_one


async def test_a_session_that_cannot_be_written_to_is_put_out_with_the_others(
    home: Home, connect: Connect, tokens: Tokens, break_one: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    broken, *others = [(await enter(connect, tokens, transports=["websocket"]))[0] for _ in range(4)]
    break_one()
    await home.command("grants/revoke", grant_id=tokens.grant_id)
    for website in others:
        assert await website.receive("revoked") == {"reason": "revoked"}
        await website.closed()
    await broken.closed()
    assert caplog.text.count("Writing to a session failed") == 1
    caplog.clear()


async def test_a_display_that_cannot_be_written_to_keeps_no_code_from_the_others(
    home: Home,
    connect: Connect,
    hass_access_token: str,
    break_one: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken, *others = [await connect(hass_access_token, transports=["websocket"]) for _ in range(4)]
    break_one()
    await home.request("GET", "/code")
    for display in others:
        assert (await display.receive("pairing"))["state"] == "requested"
    await broken.closed()
    assert caplog.text.count("Writing to a session failed") == 1
    caplog.clear()


async def test_leaving_by_itself_closes_the_socket(home: Home, connect: Connect, tokens: Tokens) -> None:
    website, _ = await enter(connect, tokens)
    await home.request("POST", "/revoke", json={"token": tokens.refresh_token})
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()


async def test_a_stolen_refresh_token_closes_the_socket(home: Home, connect: Connect, tokens: Tokens) -> None:
    website, _ = await enter(connect, tokens)

    def spend(token: str) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": token}

    _, second = await home.request("POST", "/token", json=spend(tokens.refresh_token))
    await home.request("POST", "/token", json=spend(second["refresh_token"]))
    await home.refused(401, "token_reused", "POST", "/token", json=spend(tokens.refresh_token))
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()


async def test_displays_see_no_devices(home: Home, connect: Connect, hass_access_token: str) -> None:
    display = await connect(hass_access_token)
    switch(home, "bed_light", "on")
    await home.request("GET", "/code")
    assert (await display.receive("pairing"))["state"] == "requested"
