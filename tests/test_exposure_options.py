"""Options take effect live: open sockets follow, and only pages that are no longer allowed are closed."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
import jwt
import pytest

from .conftest import ORIGIN, OTHER_ORIGIN, Connect, Home, Socket, Tokens

FORM = {
    "name": "Home",
    "origins": [ORIGIN],
    "domains": ["light", "switch", "input_boolean", "sensor"],
    "sensitive_entities": [],
    "ask_before_showing": False,
    "code_length": 9,
    "code_lifetime": 300,
    "token_lifetime": 108000,
}
LIGHTS = {"Bed Light", "Ceiling Lights", "Kitchen Lights", "Office RGBW Lights", "Living Room RGBWW Lights"}


@pytest.fixture
async def website(connect: Connect, tokens: Tokens) -> Socket:
    website = await connect(tokens.token, headers={"Origin": ORIGIN})
    await website.receive("snapshot")
    return website


async def save(home: Home, **changes: Any) -> ConfigFlowResult:
    """Save the form of the options with these changes."""
    flow = await home.hass.config_entries.options.async_init(home.entry.entry_id)
    assert flow["type"] is FlowResultType.FORM
    result = await home.hass.config_entries.options.async_configure(flow["flow_id"], FORM | changes)
    await home.hass.async_block_till_done()
    return result


async def names(home: Home, tokens: Tokens) -> set[str]:
    """Return the names of what the website sees."""
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    return {device["name"] for device in body["devices"]}


async def still_there(website: Socket, home: Home, tokens: Tokens) -> None:
    """Check that this very socket still hears of everything."""
    home.hass.states.async_set("input_boolean.guest_mode", "on", {"friendly_name": "Guest mode"})
    while True:
        name, payload = await website.next()
        if name == "state":
            assert payload["id"] == (await home.device(tokens, "Guest mode"))["id"]
            return
        assert name == "devices"


async def test_what_is_shared_changes_under_an_open_socket(home: Home, tokens: Tokens, website: Socket) -> None:
    relay = home.entry.runtime_data
    bed_light = await home.device(tokens)
    await save(home, domains=["switch", "input_boolean"])
    pushed = await website.receive("devices")
    assert bed_light["id"] in pushed["removed"]
    assert not LIGHTS & await names(home, tokens)
    await save(home)
    pushed = await website.receive("devices")
    assert {device["name"] for device in pushed["added"]} >= LIGHTS
    await still_there(website, home, tokens)
    assert home.entry.runtime_data is relay


def arrange(hass: HomeAssistant) -> dict[str, str]:
    """Put the kitchen lights into a kitchen downstairs, and label the bed light; return the ids of it all."""
    floor = fr.async_get(hass).async_create("Downstairs")
    areas, entities = ar.async_get(hass), er.async_get(hass)
    area = areas.async_create("Kitchen", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Guests")
    entities.async_update_entity("light.bed_light", labels={label.label_id})
    kitchen = entities.async_get("light.kitchen_lights")
    assert kitchen is not None
    assert kitchen.device_id is not None
    dr.async_get(hass).async_update_device(kitchen.device_id, area_id=area.id)
    return {
        "areas": area.id,
        "floors": floor.floor_id,
        "labels": label.label_id,
        "devices": kitchen.device_id,
        "entities": "light.kitchen_lights",
    }


@pytest.mark.parametrize(
    ("kind", "chosen"),
    [
        ("areas", "Kitchen Lights"),
        ("floors", "Kitchen Lights"),
        ("labels", "Bed Light"),
        ("devices", "Kitchen Lights"),
        ("entities", "Kitchen Lights"),
    ],
)
async def test_places_are_included_and_excluded(
    home: Home, tokens: Tokens, website: Socket, kind: str, chosen: str
) -> None:
    everything = await names(home, tokens)
    assert everything >= LIGHTS
    places = arrange(home.hass)
    await save(home, include={kind: [places[kind]]})
    assert await names(home, tokens) == {chosen}
    await save(home, exclude={kind: [places[kind]]})
    assert await names(home, tokens) == everything - {chosen}
    # What is excluded stays out, however it is included.
    await save(home, include={kind: [places[kind]]}, exclude={kind: [places[kind]]})
    assert await names(home, tokens) == set()
    await save(home)
    assert await names(home, tokens) == everything
    await still_there(website, home, tokens)


async def test_the_form_shows_what_was_saved(home: Home) -> None:
    places = arrange(home.hass)
    include = {"areas": [places["areas"]], "labels": [places["labels"]]}
    await save(home, include=include, doorbells=["binary_sensor.mat"])
    assert home.entry.options["include"] == include
    flow = await home.hass.config_entries.options.async_init(home.entry.entry_id)
    fields = {str(key): (key, value) for key, value in flow["data_schema"].schema.items()}
    suggested = {str(key): key.description for key in fields["include"][1].schema.schema if key.description}
    assert suggested == {name: {"suggested_value": value} for name, value in include.items()}
    assert fields["doorbells"][0].description == {"suggested_value": ["binary_sensor.mat"]}
    assert fields["include"][1].options == fields["exclude"][1].options == {"collapsed": True}


async def test_a_doorbell_is_chosen_live(home: Home, website: Socket) -> None:
    await save(home, domains=["binary_sensor", "input_boolean"], doorbells=["binary_sensor.mat"])
    await website.receive("devices")
    for state in ("off", "on"):
        home.hass.states.async_set("binary_sensor.mat", state, {"device_class": "occupancy"})
        await home.hass.async_block_till_done()
    pushed = [await website.next() for _ in range(3)]
    assert [name for name, _ in pushed] == ["devices", "state", "event"]
    assert pushed[-1][1]["type"] == "ring"


async def test_an_origin_taken_off_the_list_is_out_at_once(
    home: Home, tokens: Tokens, website: Socket, connect: Connect
) -> None:
    no_browser = await connect(tokens.token)
    await no_browser.receive("snapshot")
    await save(home, origins=[OTHER_ORIGIN])
    assert await website.receive("revoked") == {"reason": "origin_not_allowed"}
    await website.closed()
    headers = {**tokens.headers, "Origin": ORIGIN}
    await home.refused(403, "origin_not_allowed", "GET", "/devices", headers=headers)
    await home.request("GET", "/devices", headers=tokens.headers | {"Origin": OTHER_ORIGIN})
    await still_there(no_browser, home, tokens)


async def test_codes_and_tokens_follow_at_once(home: Home, tokens: Tokens, website: Socket) -> None:
    await save(home, code_length=10, code_lifetime=60, token_lifetime=3600, ask_before_showing=True)
    status, body = await home.request(
        "POST", "/token", json={"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    )
    assert (status, body["expires_in"]) == (200, 3600)
    claims = jwt.decode(body["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600
    assert await home.request("GET", "/code") == (200, {"success": True})
    waiting = await home.display.next()
    assert waiting["code"] is None
    revealed = await home.command("pairing/reveal", pairing_id=waiting["id"])
    assert len(revealed["result"]["pairing"]["code"]) == 10
    await still_there(website, home, tokens)


async def test_another_name_drops_no_socket(home: Home, tokens: Tokens, website: Socket) -> None:
    await save(home, name="Cabin")
    assert home.entry.title == "Cabin"
    await still_there(website, home, tokens)
