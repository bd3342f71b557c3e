from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component

from .conftest import ORIGIN, Connect, Home


def grant_device(home: Home, grant_id: str) -> dr.DeviceEntry | None:
    return dr.async_get(home.hass).async_get_device_by_identifier(("interphone", grant_id), home.entry.entry_id)


async def test_a_website_is_a_device(home: Home) -> None:
    tokens = await home.pair(Origin=ORIGIN)
    device = grant_device(home, tokens.grant_id)
    assert device
    assert device.name == "website.example"
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert (await home.command("grants/update", grant_id=tokens.grant_id, name="Holiday lets"))["success"]
    renamed = grant_device(home, tokens.grant_id)
    assert renamed
    assert renamed.name == "Holiday lets"


async def test_removing_the_device_puts_the_website_out(home: Home, connect: Connect) -> None:
    assert await async_setup_component(home.hass, "config", {})
    tokens = await home.pair()
    website = await connect(tokens.token)
    await website.receive("snapshot")
    device = grant_device(home, tokens.grant_id)
    assert device
    await home.ws.send_json_auto_id({"type": "config/device_registry/remove", "device_id": device.id})
    assert (await home.ws.receive_json())["success"]
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()
    assert (await home.request("GET", "/devices", headers=tokens.headers))[1]["error"] == "grant_revoked"


async def test_a_revoked_website_is_no_device_any_more(home: Home) -> None:
    kept, revoked = await home.pair(), await home.pair()
    assert (await home.command("grants/revoke", grant_id=revoked.grant_id))["success"]
    assert grant_device(home, revoked.grant_id) is None
    assert grant_device(home, kept.grant_id)


async def test_devices_of_grants_that_are_gone_go_on_loading(home: Home) -> None:
    registry = dr.async_get(home.hass)
    tokens = await home.pair()
    registry.async_get_or_create(config_entry_id=home.entry.entry_id, identifiers={("interphone", "gone")})
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert grant_device(home, "gone") is None
    assert grant_device(home, tokens.grant_id)
