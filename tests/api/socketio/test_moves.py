"""A scope by place follows the home: devices enter and leave it live, while the website is away, and at every door."""

from typing import Any

from homeassistant.helpers import area_registry as ar, entity_registry as er, floor_registry as fr, label_registry as lr
import pytest

from custom_components.interphone.errors import UnknownDeviceError

from ...conftest import Connect, Home, Socket, Tokens, enter

pytestmark = pytest.mark.usefixtures("quiet_log")

BED, CEILING = "light.bed_light", "light.ceiling_lights"


@pytest.fixture
async def kitchen(home: Home, tokens: Tokens) -> Tokens:
    """The tokens of a website that sees the kitchen alone, in which there is nothing yet."""
    ar.async_get(home.hass).async_create("Kitchen")
    ar.async_get(home.hass).async_create("Hall")
    scope = {"see": {"areas": ["kitchen"]}}
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=scope))["success"]
    return tokens


def move(home: Home, entity_id: str, area_id: str | None) -> None:
    known = home.hass.states.get(entity_id)
    assert known is not None
    # Only an entity with a name of its own may have an area of its own.
    er.async_get(home.hass).async_update_entity(entity_id, name=known.name, area_id=area_id)


def switch(home: Home, entity_id: str, state: str) -> None:
    known = home.hass.states.get(entity_id)
    assert known is not None
    home.hass.states.async_set(entity_id, state, known.attributes)


async def resume(connect: Connect, tokens: Tokens, since: dict[str, Any]) -> tuple[Socket, list[tuple[str, Any]]]:
    """Come back at a position; return the changes that were missed."""
    position = {"epoch": since["epoch"], "seq": since["seq"]}
    website = await connect(auth={"token": tokens.token, "since": position})
    resumed = await website.receive("resume")
    return website, [(change["event"], change["payload"]) for change in resumed["changes"]]


async def test_a_lamp_moved_in_and_out(home: Home, connect: Connect, kitchen: Tokens) -> None:
    website, snapshot = await enter(connect, kitchen)
    assert snapshot["devices"] == []
    switch(home, BED, "off")
    move(home, BED, "kitchen")
    into = await website.receive("devices")
    assert (into["changed"], into["removed"]) == ([], [])
    [lamp] = into["added"]
    assert (lamp["name"], lamp["area"], lamp["online"]) == ("Bed Light", "Kitchen", True)
    assert lamp["state"]["on_off"] == {"on": False}
    assert lamp == await home.device(kitchen)
    switch(home, BED, "on")
    assert (await website.receive("state"))["state"]["on_off"] == {"on": True}
    move(home, BED, "hall")
    out = await website.receive("devices")
    assert (out["added"], out["changed"], out["removed"]) == ([], [], [lamp["id"]])
    # Nothing of it from then on.
    switch(home, BED, "off")
    move(home, CEILING, "kitchen")
    assert [device["name"] for device in (await website.receive("devices"))["added"]] == ["Ceiling Lights"]


async def test_a_lamp_moved_while_the_website_was_away(home: Home, connect: Connect, kitchen: Tokens) -> None:
    website, snapshot = await enter(connect, kitchen)
    await website.client.disconnect()
    move(home, BED, "kitchen")
    await home.hass.async_block_till_done()
    switch(home, BED, "on")
    await home.hass.async_block_till_done()
    website, missed = await resume(connect, kitchen, snapshot)
    assert [event for event, _ in missed] == ["devices", "state"]
    [lamp] = missed[0][1]["added"]
    assert missed[1][1]["state"]["on_off"] == {"on": True}
    await website.client.disconnect()

    seq = missed[-1][1]["seq"]
    move(home, BED, "hall")
    await home.hass.async_block_till_done()
    switch(home, BED, "off")
    await home.hass.async_block_till_done()
    # The epoch names the definition of the scope, not its members: it is still this feed.
    _, missed = await resume(connect, kitchen, {**snapshot, "seq": seq})
    assert [(event, payload["removed"]) for event, payload in missed] == [("devices", [lamp["id"]])]


async def test_a_scope_that_was_edited_is_no_feed_to_resume(home: Home, connect: Connect, kitchen: Tokens) -> None:
    website, snapshot = await enter(connect, kitchen)
    await website.client.disconnect()
    scope = {"see": {"areas": ["kitchen"], "labels": ["kitchen"]}}
    await home.command("grants/update", grant_id=kitchen.grant_id, scope=scope)
    position = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
    website = await connect(auth={"token": kitchen.token, "since": position})
    assert (await website.receive("snapshot"))["epoch"] != snapshot["epoch"]


async def test_moved_with_its_area_its_floor_or_by_a_label(home: Home, connect: Connect, kitchen: Tokens) -> None:
    floor = fr.async_get(home.hass).async_create("Ground floor")
    lr.async_get(home.hass).async_create("Guests")
    scope = {"see": {"floors": [floor.floor_id], "labels": ["guests"]}}
    await home.command("grants/update", grant_id=kitchen.grant_id, scope=scope)
    website, snapshot = await enter(connect, kitchen)
    assert snapshot["devices"] == []
    move(home, BED, "kitchen")
    await home.hass.async_block_till_done()
    ar.async_get(home.hass).async_update("kitchen", floor_id=floor.floor_id)
    assert [device["name"] for device in (await website.receive("devices"))["added"]] == ["Bed Light"]
    ar.async_get(home.hass).async_update("hall", labels={"guests"})
    move(home, CEILING, "hall")
    assert [device["name"] for device in (await website.receive("devices"))["added"]] == ["Ceiling Lights"]
    fr.async_get(home.hass).async_delete(floor.floor_id)
    lr.async_get(home.hass).async_delete("guests")
    gone: set[str] = set()
    while len(gone) < 2:
        gone |= set((await website.receive("devices"))["removed"])
    assert (await home.request("GET", "/devices", headers=kitchen.headers))[1]["devices"] == []


async def test_every_door_judges_by_the_place_of_this_moment(home: Home, kitchen: Tokens) -> None:
    """In the very turn of the loop in which a lamp is moved, before anything was pushed."""
    move(home, BED, "kitchen")
    await home.hass.async_block_till_done()
    lamp = await home.device(kitchen)
    relay = home.entry.runtime_data
    scope = relay.grants.get(kitchen.grant_id).scope
    before = home.hass.states.get(BED)
    move(home, BED, "hall")
    assert relay.catalog.get(lamp["id"]).area_id == "kitchen"
    for door in (relay.catalog.seen, relay.catalog.present):
        with pytest.raises(UnknownDeviceError):
            door(lamp["id"], scope)
    command = {"id": "1", "device": lamp["id"], "command": "on_off.toggle"}
    await home.refused(404, "unknown_device", "POST", "/commands", json=command, headers=kitchen.headers)
    for path in (f"/devices/{lamp['id']}", f"/devices/{lamp['id']}/history"):
        await home.refused(404, "unknown_device", "GET", path, headers=kitchen.headers)
    assert home.hass.states.get(BED) is before
