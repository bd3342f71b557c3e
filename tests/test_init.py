"""Loaded, unloaded, reloaded, removed: what stays and what goes."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.const import BASE_PATH, DOMAIN

from .conftest import ORIGIN, Connect, Home, enter
from .description import PATHS, REQUESTS


def stores(hass: HomeAssistant) -> dict[str, str]:
    """Read every file Interphone keeps."""
    return {path.name: path.read_text() for path in Path(hass.config.path(".storage")).glob("interphone*")}


def keep(hass: HomeAssistant, text: str) -> None:
    """Write the file of grants and tokens."""
    Path(hass.config.path(".storage", DOMAIN)).write_text(text)


pytestmark = pytest.mark.usefixtures("quiet_log")


@pytest.mark.parametrize("headers", [{}, {"Origin": ORIGIN}, {"Accept-Language": "ko"}])
async def test_before_it_is_set_up(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, headers: dict[str, str]
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client_no_auth()
    for method, path in (*REQUESTS, *(("DELETE", path) for path in PATHS)):
        async with client.request(method, BASE_PATH + path, headers=headers) as response:
            body = await response.json()
            assert response.status == 503
            assert body["error"] == "not_ready"
            assert body["message"].startswith("Interphone is not running")
            assert response.headers["Vary"] == "Origin"
            assert "Access-Control-Allow-Origin" not in response.headers
    async with client.get("/socket.io/?EIO=4&transport=polling", headers=headers) as response:
        assert response.status == 503
        assert (await response.json())["error"] == "not_ready"


async def test_while_home_assistant_starts(home: Home) -> None:
    """Devices are still to come: a snapshot of now would have websites drop what is theirs."""
    tokens = await home.pair(Origin=ORIGIN)
    home.hass.set_state(CoreState.starting)
    for method, path in REQUESTS:
        await home.refused(503, "not_ready", method, path, headers=tokens.headers)
    async with home.client.get("/socket.io/?EIO=4&transport=polling") as response:
        assert response.status == 503
    home.hass.set_state(CoreState.running)
    assert (await home.request("GET", "/devices", headers=tokens.headers))[0] == 200


async def test_a_website_learns_the_name_of_the_home(home: Home) -> None:
    for name in ("Home", "Summer house"):
        home.hass.config_entries.async_update_entry(home.entry, title=name)
        begun = (await home.command("pairing/begin"))["result"]["pairing"]
        status, body = await home.request("POST", "/codecheck", headers={"code": begun["code"]})
        assert (status, body["home_name"]) == (201, name)


async def test_while_it_is_unloaded(home: Home, connect: Connect) -> None:
    tokens = await home.pair(Origin=ORIGIN)
    website = await connect(tokens.token)
    await website.receive("snapshot")
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.NOT_LOADED
    assert await website.receive("revoked") == {"reason": "unloaded"}
    for method, path in (*REQUESTS, *(("DELETE", path) for path in PATHS)):
        await home.refused(503, "not_ready", method, path, headers=tokens.headers)
    async with home.client.get("/socket.io/?EIO=4&transport=websocket") as response:
        assert response.status == 503


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_reloading(home: Home, connect: Connect, transport: str) -> None:
    tokens = await home.pair(Origin=ORIGIN)
    website = await connect(tokens.token, transports=[transport], comes_back=True)
    epoch = (await website.receive("snapshot"))["epoch"]
    for _ in range(3):  # routes cannot be registered twice
        assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.LOADED
    # Its socket was closed, and it came back by itself.
    seen = [await website.next()]
    while seen[-1][0] != "snapshot":
        seen.append(await website.next())
    assert ("closed", None) in seen
    assert seen[-1][1]["epoch"] != epoch
    if transport == "websocket":  # one that polls may have been between two polls
        assert seen[0] == ("revoked", {"reason": "unloaded"})
    _, body = await home.request("GET", "/grant", headers=tokens.headers)
    assert body["serial"] == tokens.serial
    assert body["grant"]["id"] == tokens.grant_id


async def test_removing(home: Home, connect: Connect) -> None:
    tokens = await home.pair(Origin=ORIGIN)
    website = await connect(tokens.token)
    await website.receive("snapshot")
    assert stores(home.hass)
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    assert await website.receive("revoked") == {"reason": "unloaded"}
    assert not stores(home.hass)
    await home.refused(503, "not_ready", "GET", "/grant", headers=tokens.headers)

    again = MockConfigEntry(domain=DOMAIN, title="Home", options=dict(home.entry.options))
    again.add_to_hass(home.hass)
    assert await home.hass.config_entries.async_setup(again.entry_id)
    await home.refused(401, "invalid_token", "GET", "/grant", headers=tokens.headers)
    assert not await home.grants()


async def left(home: Home) -> dict[str, Any]:
    """Return all that a removed entry could leave behind."""
    hass, folder = home.hass, Path(home.hass.config.config_dir)
    return {
        "files": {str(path.relative_to(folder)) for path in folder.rglob("*") if DOMAIN in path.name},
        "issues": {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN},
        "notifications": [notification["notification_id"] for notification in await home.notifications()],
        "devices": {device.id for device in dr.async_get(hass).devices},
        "entities": {entity.entity_id for entity in er.async_get(hass).entities.values()},
        "states": set(hass.states.async_entity_ids()),
        "data": {str(key) for key in hass.data if DOMAIN in str(key)},
    }


async def test_removing_leaves_nothing(home: Home, connect: Connect) -> None:
    hass = home.hass
    await hass.config_entries.async_remove(home.entry.entry_id)
    before = await left(home)
    assert not before["files"]
    assert not before["issues"]
    assert not before["notifications"]

    entry = MockConfigEntry(domain=DOMAIN, title="Home", options=dict(home.entry.options))
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    tokens = await home.pair_from_display()
    website, _snapshot = await enter(connect, tokens)
    await entry.runtime_data.grants.distrust()
    assert await website.receive("revoked") == {"reason": "paused"}
    await hass.async_block_till_done()
    # A code is shown, and the repair of a restored backup stands.
    assert (await home.command("pairing/begin"))["success"]
    during = await left(home)
    assert during["files"] == {".storage/interphone", ".cache/interphone"}
    assert [name for name in before if len(during[name]) == len(before[name])] == []
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert await left(home) == before


async def test_removing_what_could_not_be_loaded_leaves_nothing(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    await home.pair_from_display()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    keep(home.hass, "{")
    assert not await home.hass.config_entries.async_setup(home.entry.entry_id)
    assert (await left(home))["issues"]
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    after = await left(home)
    assert not after["files"]
    assert not after["issues"]
    assert not dr.async_entries_for_config_entry(dr.async_get(home.hass), home.entry.entry_id)
    caplog.clear()  # the failure is logged


async def test_removing_an_entry_whose_platform_refuses_to_unload(
    home: Home, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    website, _snapshot = await enter(connect, await home.pair_from_display())

    async def refuse(*_args: Any) -> bool:
        return False

    monkeypatch.setattr(home.hass.config_entries, "async_unload_platforms", refuse)
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    assert await website.receive("revoked") == {"reason": "unloaded"}
    await website.closed()
    assert not stores(home.hass)


async def test_a_pause_outlives_a_restart(home: Home) -> None:
    tokens = await home.pair_from_display()
    await home.command("grants/pause", grant_id=tokens.grant_id)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.refused(403, "grant_paused", "GET", "/grant", headers=tokens.headers)


async def test_a_store_that_cannot_be_read_lets_nobody_in(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    tokens = await home.pair_from_display()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    [good] = [text for name, text in stores(home.hass).items() if name == DOMAIN]
    keep(home.hass, good[: len(good) // 2])
    assert not await home.hass.config_entries.async_setup(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.SETUP_ERROR
    await home.refused(503, "not_ready", "GET", "/grant", headers=tokens.headers)
    await home.refused(503, "not_ready", "GET", "/code")
    assert stores(home.hass)[DOMAIN] == good[: len(good) // 2]
    caplog.clear()  # the failure is logged

    keep(home.hass, good)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    status, _ = await home.request("GET", "/grant", headers=tokens.headers)
    assert status == 200


async def test_nothing_is_ready_while_home_assistant_stops(home: Home) -> None:
    tokens = await home.pair_from_display()
    home.hass.set_state(CoreState.stopping)
    try:
        for method, path in REQUESTS:
            await home.refused(503, "not_ready", method, path, headers=tokens.headers)
        async with home.client.get("/socket.io/?EIO=4&transport=polling") as response:
            assert response.status == 503
            assert (await response.json())["error"] == "not_ready"
    finally:
        home.hass.set_state(CoreState.running)


# Home Assistant's own WebSocket API leaves one.
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_stopping_home_assistant_tells_the_sockets(home: Home, connect: Connect) -> None:
    tokens = await home.pair(Origin=ORIGIN)
    website = await connect(tokens.token)
    await website.receive("snapshot")
    await home.hass.async_stop(force=True)
    assert await website.receive("revoked") == {"reason": "stopping"}
    await website.closed()
