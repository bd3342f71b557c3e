"""Set-up and options, as the forms of Home Assistant's frontend drive them."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import jwt
import pytest

from custom_components.interphone.const import DOMAIN

from .conftest import ORIGIN, OTHER_ORIGIN, Home

# What the frontend sends when nothing of the set-up's form was touched.
UNTOUCHED = {"name": "Home", "origins": [], "domains": ["light"], "sensitive_entities": []}

GOOD_ORIGINS = [
    ("https://website.example", "https://website.example"),
    ("https://website.example/", "https://website.example"),
    ("  https://website.example  ", "https://website.example"),
    ("HTTPS://WebSite.Example", "https://website.example"),
    ("https://website.example:443", "https://website.example"),
    ("http://website.example:80/", "http://website.example"),
    ("http://website.example:443", "http://website.example:443"),
    ("http://localhost:8080", "http://localhost:8080"),
    ("http://192.0.2.7:3000", "http://192.0.2.7:3000"),
    ("http://[2001:DB8::1]:3000", "http://[2001:db8::1]:3000"),
    ("https://집.example", "https://xn--rc6b.example"),
    ("file://", "file://"),
    (" FILE:// ", "file://"),
]
BAD_ORIGINS = [
    "",
    "   ",
    "website.example",
    "//website.example",
    "null",
    "*",
    "https://",
    "https://*",
    "https://*.website.example",
    "https://web site.example",
    "https://website.example/path",
    "https://website.example?query=1",
    "https://website.example#fragment",
    "https://user@website.example",
    "https://user:password@website.example",
    "https://:password@website.example",
    "https://website.example:0x50",
    "https://website.example:99999",
    "ftp://website.example",
    "javascript:alert(1)",
    "file:",
    "file:///",
    "file:///etc/passwd",
    "file://website.example",
    "https://website.example, https://other.example",
]

pytestmark = pytest.mark.usefixtures("quiet_log")


async def submit(hass: HomeAssistant, **changes: Any) -> Any:
    """Fill the set-up's form in and send it."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert flow["type"] is FlowResultType.FORM
    assert flow["step_id"] == "user"
    assert not flow["errors"]
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {**UNTOUCHED, **changes})
    await hass.async_block_till_done()
    return result


async def save_options(hass: HomeAssistant, entry_id: str, **changes: Any) -> Any:
    """Fill the options' form in with what is suggested and these changes, and send it."""
    entry = hass.config_entries.async_get_known_entry(entry_id)
    flow = await hass.config_entries.options.async_init(entry_id)
    assert flow["type"] is FlowResultType.FORM
    suggested: dict[str, Any] = {}
    for key in flow["data_schema"].schema:
        if key.description and "suggested_value" in key.description:
            suggested[key.schema] = key.description["suggested_value"]
    assert suggested["name"] == entry.title
    result = await hass.config_entries.options.async_configure(flow["flow_id"], {**suggested, **changes})
    await hass.async_block_till_done()
    return result


async def test_from_nothing_to_a_home(hass: HomeAssistant) -> None:
    hass.config.location_name = "Our place"
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    [name] = [key for key in flow["data_schema"].schema if key == "name"]
    assert name.description == {"suggested_value": "Our place"}
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"],
        {"name": "Summer house", "origins": [ORIGIN], "domains": ["light"], "sensitive_entities": ["lock.front"]},
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Summer house"
    assert result["data"] == {}
    assert result["options"]["origins"] == [ORIGIN]
    assert result["options"]["domains"] == ["light"]
    assert result["options"]["sensitive_entities"] == ["lock.front"]
    assert result["result"].state is ConfigEntryState.LOADED


async def test_the_default_shares_nothing_that_opens_or_watches(hass: HomeAssistant) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"name": "Home"})
    await hass.async_block_till_done()
    options = result["options"]
    assert {"light", "switch", "cover", "climate", "sensor"} <= set(options["domains"])
    assert not {"lock", "alarm_control_panel", "camera", "person", "device_tracker", "script", "automation"} & set(
        options["domains"]
    )
    assert options["origins"] == []
    assert options["sensitive_entities"] == []


async def test_a_blank_name_is_that_of_home_assistant(hass: HomeAssistant) -> None:
    hass.config.location_name = "Our place"
    assert (await submit(hass, name="   "))["title"] == "Our place"


async def test_origins_are_kept_as_browsers_write_them(hass: HomeAssistant) -> None:
    result = await submit(hass, origins=[typed for typed, _ in GOOD_ORIGINS])
    assert result["options"]["origins"] == list(dict.fromkeys(origin for _, origin in GOOD_ORIGINS))


@pytest.mark.parametrize("origin", BAD_ORIGINS)
async def test_what_is_no_origin(hass: HomeAssistant, origin: str) -> None:
    result = await submit(hass, origins=[ORIGIN, origin], name="Summer house")
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"origins": "invalid_origin"}
    assert not hass.config_entries.async_entries(DOMAIN)
    # What was typed is still there, and can be put right.
    suggested = {key.schema: key.description for key in result["data_schema"].schema if key.description}
    assert suggested["name"] == {"suggested_value": "Summer house"}
    assert suggested["origins"] == {"suggested_value": [ORIGIN, origin]}
    fixed = await hass.config_entries.flow.async_configure(result["flow_id"], {**UNTOUCHED, "origins": [ORIGIN]})
    await hass.async_block_till_done()
    assert fixed["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("changes", [{"domains": ["lock"]}, {"domains": ["nonsense"]}, {"surprise": 1}, {"name": 7}])
async def test_what_the_form_does_not_offer(hass: HomeAssistant, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidData):
        await submit(hass, **changes)
    assert not hass.config_entries.async_entries(DOMAIN)


async def test_a_home_has_one(hass: HomeAssistant) -> None:
    await submit(hass)
    again = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "single_instance_allowed"


async def test_options_start_as_they_are(home: Home) -> None:
    before = dict(home.entry.options)
    result = await save_options(home.hass, home.entry.entry_id)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert {key: home.entry.options[key] for key in before} == before
    assert home.entry.state is ConfigEntryState.LOADED


async def test_a_new_name(home: Home) -> None:
    await save_options(home.hass, home.entry.entry_id, name=" Summer house ")
    assert home.entry.title == "Summer house"
    assert "name" not in home.entry.options
    await save_options(home.hass, home.entry.entry_id, name="  ")
    assert home.entry.title == "Summer house"


async def test_options_refuse_what_is_no_origin(home: Home) -> None:
    before = dict(home.entry.options)
    result = await save_options(home.hass, home.entry.entry_id, origins=["ftp://website.example"])
    assert result["errors"] == {"origins": "invalid_origin"}
    assert dict(home.entry.options) == before


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("code_length", [7, 11, -9, "nine", None]),
        ("code_lifetime", [59, 901, "long"]),
        ("token_lifetime", [3599, 30 * 24 * 3600 + 1, "long"]),
        ("sockets_per_source", [7, 2049, "many"]),
        ("domains", [["lock"], "light", None]),
        ("sensitive_entities", [["not an entity"], 7]),
    ],
)
async def test_options_out_of_range(home: Home, field: str, values: list[Any]) -> None:
    before = dict(home.entry.options)
    for value in values:
        with pytest.raises(InvalidData) as caught:
            await save_options(home.hass, home.entry.entry_id, **{field: value})
        assert field in str(caught.value.schema_errors)
    assert dict(home.entry.options) == before


async def test_origins_follow_at_once(home: Home) -> None:
    await save_options(home.hass, home.entry.entry_id, origins=[OTHER_ORIGIN])
    await home.refused(403, "origin_not_allowed", "GET", "/grant", headers={"Origin": ORIGIN})
    await home.refused(401, "missing_token", "GET", "/grant", headers={"Origin": OTHER_ORIGIN})


@pytest.mark.parametrize(("length", "bound"), [(8, 9), (9, 9), (10, 10)])
async def test_codes_follow_at_once(home: Home, length: int, bound: int) -> None:
    await save_options(home.hass, home.entry.entry_id, code_length=length, code_lifetime=900)
    _, body = await home.request("POST", "/code", json={"challenge": "A" * 43})
    assert body["code_length"] == bound
    assert 890 < body["expires_in"] <= 900
    assert len(await home.display.next_code()) == bound
    await home.request("GET", "/code")
    pairing = await home.display.next()
    await home.command("pairing/reveal", pairing_id=pairing["id"])
    code = await home.display.next_code()
    assert len(code) == length
    await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": code[:-1]})
    status, _ = await home.request("POST", "/codecheck", headers={"code": code})
    assert status == 201


async def test_token_lifetimes_follow_at_once(home: Home) -> None:
    await save_options(home.hass, home.entry.entry_id, token_lifetime=3600)
    tokens = await home.pair_from_display()
    claims = jwt.decode(tokens.token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600
    spend = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    _, body = await home.request("POST", "/token", json=spend)
    assert body["expires_in"] == 3600


async def test_sockets_of_one_address_follow_at_once(home: Home) -> None:
    async def handshake() -> int:
        async with home.client.get("/socket.io/?EIO=4&transport=polling") as response:
            return response.status

    await save_options(home.hass, home.entry.entry_id, sockets_per_source=8)
    assert [await handshake() for _ in range(9)] == [200] * 8 + [429]
    await save_options(home.hass, home.entry.entry_id, sockets_per_source=9)
    assert [await handshake() for _ in range(2)] == [200, 429]
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert [await handshake() for _ in range(10)] == [200] * 9 + [429]


async def test_asking_before_showing_follows_at_once(home: Home) -> None:
    await save_options(home.hass, home.entry.entry_id, ask_before_showing=True)
    await home.request("GET", "/code")
    pairing = await home.display.next()
    assert (pairing["state"], pairing["code"]) == ("waiting", None)


async def types(home: Home, headers: dict[str, str]) -> set[str]:
    _, body = await home.request("GET", "/devices", headers=headers)
    return {device["type"] for device in body["devices"]}


async def test_what_is_shared_follows_at_once(home: Home) -> None:
    tokens = await home.pair_from_display()
    assert await types(home, tokens.headers) == {"light", "switch", "outlet"}
    await save_options(home.hass, home.entry.entry_id, domains=["light"])
    assert await types(home, tokens.headers) == {"light"}
    await save_options(home.hass, home.entry.entry_id, domains=[], sensitive_entities=["lock.front_door"])
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    [lock] = body["devices"]
    assert (lock["type"], lock["name"]) == ("lock", "Front Door")
    unlock = {"id": "1", "device": lock["id"], "command": "lock.unlock"}
    await home.refused(403, "not_permitted", "POST", "/commands", json=unlock, headers=tokens.headers)


async def test_places_narrow_and_except(home: Home) -> None:
    tokens = await home.pair_from_display()
    area = ar.async_get(home.hass).async_create("Bedroom")
    bed_light = er.async_get(home.hass).async_get("light.bed_light")
    dr.async_get(home.hass).async_update_device(bed_light.device_id, area_id=area.id)
    await home.hass.async_block_till_done()
    await save_options(home.hass, home.entry.entry_id, include={"areas": [area.id]})
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    assert [device["name"] for device in body["devices"]] == ["Bed Light"]
    await save_options(
        home.hass, home.entry.entry_id, include={"areas": [area.id]}, exclude={"entities": ["light.bed_light"]}
    )
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    assert body["devices"] == []
