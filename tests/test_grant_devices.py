"""What the owner does to a website's device in Home Assistant holds for the grant, through Home Assistant's own API."""

import asyncio
from typing import Any

from homeassistant import config_entries
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from .conftest import ORIGIN, Connect, Home, Tokens, enter
from .disk import broken


@pytest.fixture
async def managed(home: Home) -> Home:
    """The home with Home Assistant's API of the device registry."""
    assert await async_setup_component(home.hass, "config", {})
    return home


def grant_device(home: Home, grant_id: str) -> dr.DeviceEntry | None:
    return dr.async_get(home.hass).async_get_device_by_identifier(("interphone", grant_id), home.entry.entry_id)


def device_of(home: Home, tokens: Tokens) -> dr.DeviceEntry:
    device = grant_device(home, tokens.grant_id)
    assert device
    return device


async def update(home: Home, tokens: Tokens, **changes: Any) -> None:
    """Change a website's device as the frontend does, and wait until that is written."""
    device = device_of(home, tokens)
    await home.ws.send_json_auto_id({"type": "config/device_registry/update", "device_id": device.id, **changes})
    assert (await home.ws.receive_json())["success"]
    await home.hass.async_block_till_done()


async def remove(home: Home, device: dr.DeviceEntry, command: str = "remove", **fields: Any) -> dict[str, Any]:
    """Remove a device as the frontend does, and return the answer."""
    await home.ws.send_json_auto_id({"type": f"config/device_registry/{command}", "device_id": device.id, **fields})
    answer: dict[str, Any] = await home.ws.receive_json()
    return answer


async def paused_by(home: Home, tokens: Tokens) -> str | None:
    [grant] = [grant for grant in await home.grants() if grant["id"] == tokens.grant_id]
    assert grant["paused"] is (grant["paused_by"] is not None)
    cause: str | None = grant["paused_by"]
    return cause


async def admitted(home: Home, tokens: Tokens) -> None:
    assert (await home.request("GET", "/grant", headers=tokens.headers))[0] == 200


async def refused(home: Home, tokens: Tokens) -> None:
    await home.refused(403, "grant_paused", "GET", "/grant", headers=tokens.headers)


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


async def test_disabling_the_device_pauses_and_enabling_resumes(
    managed: Home, tokens: Tokens, connect: Connect
) -> None:
    website, _snapshot = await enter(connect, tokens)
    async with asyncio.timeout(1):
        await update(managed, tokens, disabled_by="user")
        assert await website.receive("revoked") == {"reason": "paused"}
        await website.closed()
    await refused(managed, tokens)
    assert await paused_by(managed, tokens) == "device"
    await update(managed, tokens, disabled_by=None)
    await admitted(managed, tokens)
    assert await paused_by(managed, tokens) is None


async def test_resuming_in_another_way_enables_the_device(managed: Home, tokens: Tokens) -> None:
    await update(managed, tokens, disabled_by="user")
    assert (await managed.command("grants/resume", grant_id=tokens.grant_id))["success"]
    assert device_of(managed, tokens).disabled_by is None
    await managed.hass.async_block_till_done()
    await admitted(managed, tokens)


async def test_pausing_by_command_leaves_the_device_enabled(managed: Home, tokens: Tokens) -> None:
    assert (await managed.command("grants/pause", grant_id=tokens.grant_id))["success"]
    assert device_of(managed, tokens).disabled_by is None
    assert await paused_by(managed, tokens) == "owner"
    # Nor does a reload, which reconciles, take it for enabled.
    assert await managed.hass.config_entries.async_reload(managed.entry.entry_id)
    await managed.hass.async_block_till_done()
    await refused(managed, tokens)
    # Disabling the device as well makes it the device's: enabling it resumes.
    await update(managed, tokens, disabled_by="user")
    assert await paused_by(managed, tokens) == "device"
    assert (await managed.command("grants/pause", grant_id=tokens.grant_id))["success"]
    assert await paused_by(managed, tokens) == "device"
    await update(managed, tokens, disabled_by=None)
    await admitted(managed, tokens)


async def test_only_the_owners_disabling_counts(managed: Home, tokens: Tokens) -> None:
    registry = dr.async_get(managed.hass)
    registry.async_update_device(device_of(managed, tokens).id, disabled_by=dr.DeviceEntryDisabler.INTEGRATION)
    await managed.hass.async_block_till_done()
    await admitted(managed, tokens)
    registry.async_update_device(device_of(managed, tokens).id, disabled_by=None)
    # Disabling the entry disables its devices, and enabling it enables those.
    entries, entry_id = managed.hass.config_entries, managed.entry.entry_id
    assert await entries.async_set_disabled_by(entry_id, config_entries.ConfigEntryDisabler.USER)
    await managed.hass.async_block_till_done()
    assert device_of(managed, tokens).disabled_by is dr.DeviceEntryDisabler.CONFIG_ENTRY
    assert await entries.async_set_disabled_by(entry_id, None)
    await managed.hass.async_block_till_done()
    assert await paused_by(managed, tokens) is None
    await admitted(managed, tokens)


async def test_what_happened_while_not_loaded_is_reconciled(managed: Home) -> None:
    disabled, enabled, renamed = [await managed.pair_from_display() for _ in range(3)]
    await update(managed, enabled, disabled_by="user")
    assert await managed.hass.config_entries.async_unload(managed.entry.entry_id)
    await update(managed, disabled, disabled_by="user")
    await update(managed, enabled, disabled_by=None)
    await update(managed, renamed, name_by_user="Holiday lets")
    assert await managed.hass.config_entries.async_setup(managed.entry.entry_id)
    await managed.hass.async_block_till_done()
    await refused(managed, disabled)
    await admitted(managed, enabled)
    assert await paused_by(managed, enabled) is None
    _status, body = await managed.request("GET", "/grant", headers=renamed.headers)
    assert body["grant"]["name"] == "Holiday lets"


async def test_home_assistants_reload_after_enabling(
    managed: Home, tokens: Tokens, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enabling a device enables its entities, and Home Assistant then reloads the entry 30 s later; here sooner."""
    assert config_entries.RELOAD_AFTER_UPDATE_DELAY == 30
    monkeypatch.setattr(config_entries, "RELOAD_AFTER_UPDATE_DELAY", 1)
    config_entries.EntityRegistryDisabledHandler(managed.hass).async_setup()
    er.async_get(managed.hass).async_get_or_create(
        "switch", "interphone", "access", config_entry=managed.entry, device_id=device_of(managed, tokens).id
    )
    await update(managed, tokens, disabled_by="user")
    await update(managed, tokens, disabled_by=None)
    website, _snapshot = await enter(connect, tokens, comes_back=True)
    assert (await managed.command("pairing/begin"))["success"]
    shown = await managed.display.next()
    assert shown["state"] == "shown"
    relay = managed.entry.runtime_data
    # The display hears that the code is over, and the socket comes back with a snapshot.
    ended = await managed.display.next()
    assert (ended["id"], ended["state"]) == (shown["id"], "expired")
    assert await website.receive("revoked") == {"reason": "unloaded"}
    while (await website.next())[0] != "snapshot":
        pass
    assert managed.entry.state is config_entries.ConfigEntryState.LOADED
    assert managed.entry.runtime_data is not relay
    await managed.refused(401, "expired_code", "POST", "/codecheck", headers={"code": shown["code"]})


async def test_what_cannot_be_written_is_not_shown_as_done(
    managed: Home, tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    with broken(managed.hass):
        # Refused all the same: a pause holds.
        await update(managed, tokens, disabled_by="user")
        await refused(managed, tokens)
    assert (await managed.command("grants/pause", grant_id=tokens.grant_id))["success"]  # on disk
    with broken(managed.hass):
        await update(managed, tokens, disabled_by=None)
        await refused(managed, tokens)
        assert device_of(managed, tokens).disabled_by is dr.DeviceEntryDisabler.USER
        name = device_of(managed, tokens).name
        await update(managed, tokens, name_by_user="Holiday lets")
        assert device_of(managed, tokens).name_by_user is None
        assert device_of(managed, tokens).name == name
    assert "could not be written" in caplog.text


async def test_renaming_the_device_renames_the_grant(managed: Home, tokens: Tokens) -> None:
    async def name() -> str:
        _status, body = await managed.request("GET", "/grant", headers=tokens.headers)
        found: str = body["grant"]["name"]
        return found

    original = await name()
    await update(managed, tokens, name_by_user="Holiday lets")
    assert await name() == "Holiday lets"
    # After a reload as well, and it can be reset.
    assert await managed.hass.config_entries.async_reload(managed.entry.entry_id)
    assert await name() == "Holiday lets"
    await update(managed, tokens, name_by_user=None)
    assert await name() == original
    # A name given in Interphone replaces it.
    await update(managed, tokens, name_by_user="Holiday lets")
    assert (await managed.command("grants/update", grant_id=tokens.grant_id, name="Bank"))["success"]
    await managed.hass.async_block_till_done()
    device = device_of(managed, tokens)
    assert (device.name, device.name_by_user) == ("Bank", None)
    assert await name() == "Bank"
    # As long as a name may be.
    await update(managed, tokens, name_by_user="x" * 100)
    assert await name() == "x" * 64
    assert device_of(managed, tokens).name_by_user == "x" * 100


@pytest.mark.parametrize("command", ["remove", "remove_config_entry"])
async def test_removing_the_device_puts_the_website_out(managed: Home, connect: Connect, command: str) -> None:
    tokens = await managed.pair()
    website = await connect(tokens.token)
    await website.receive("snapshot")
    device = device_of(managed, tokens)
    fields = {"config_entry_id": managed.entry.entry_id} if command == "remove_config_entry" else {}
    assert (await remove(managed, device, command, **fields))["success"]
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()
    assert (await managed.request("GET", "/devices", headers=tokens.headers))[1]["error"] == "grant_revoked"


async def test_a_device_removed_by_other_hands_revokes_as_well(managed: Home, tokens: Tokens) -> None:
    dr.async_get(managed.hass).async_remove_device(device_of(managed, tokens).id)
    await managed.refused(401, "grant_revoked", "GET", "/grant", headers=tokens.headers)
    await managed.hass.async_block_till_done()


async def test_removing_a_device_while_not_loaded_is_refused_in_words(managed: Home, tokens: Tokens) -> None:
    device = device_of(managed, tokens)
    assert await managed.hass.config_entries.async_unload(managed.entry.entry_id)
    answer = await remove(managed, device)
    assert not answer["success"]
    assert "Interphone is not loaded" in answer["error"]["message"]
    assert answer["error"]["translation_key"] == "removal_needs_loaded_entry"
    assert grant_device(managed, tokens.grant_id)
    assert await managed.hass.config_entries.async_setup(managed.entry.entry_id)
    await admitted(managed, tokens)


async def test_a_removal_that_cannot_be_written_says_so(managed: Home, tokens: Tokens) -> None:
    device = device_of(managed, tokens)
    with broken(managed.hass):
        answer = await remove(managed, device)
    assert answer["error"]["translation_key"] == "storage_failed"
    await managed.refused(401, "grant_revoked", "GET", "/grant", headers=tokens.headers)


async def test_the_home_itself_is_not_removed(managed: Home) -> None:
    hub = grant_device(managed, managed.entry.entry_id)
    assert hub
    assert not (await remove(managed, hub))["success"]
    assert grant_device(managed, managed.entry.entry_id)


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
