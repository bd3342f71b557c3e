"""A backup that is really made and really restored brings no revoked website back."""

from collections.abc import Callable
import json
from pathlib import Path
import shutil
from typing import Any, Final

from homeassistant.backup_restore import RESTORE_BACKUP_FILE, restore_backup
from homeassistant.components.backup import RestoreBackupEvent, RestoreBackupState, async_get_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CoreState
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.access import store
from tests.conftest import Connect, Home, Tokens, enter
from tests.disk import broken

COMPLETED: Final = RestoreBackupEvent(reason=None, stage=None, state=RestoreBackupState.COMPLETED)

type Fix = Callable[..., Any]


def config(home: Home, *path: str) -> Path:
    return Path(home.hass.config.path(*path))


async def back_up(home: Home) -> Path:
    """Have Home Assistant make a backup, and return it."""
    assert await async_setup_component(home.hass, "backup", {})
    await home.hass.async_block_till_done()
    await async_get_manager(home.hass).async_create_backup(
        agent_ids=["backup.local"],
        include_addons=None,
        include_all_addons=False,
        include_database=False,
        include_folders=None,
        include_homeassistant=True,
        name="before",
        password=None,
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)
    [made] = config(home, "backups").glob("*.tar")
    return made


async def restore(home: Home, backup: Path) -> None:
    """Restore a backup as Home Assistant does between its end and its next start."""
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    instructions = {
        "path": str(backup),
        "password": None,
        "remove_after_restore": False,
        "restore_database": False,
        "restore_homeassistant": True,
    }
    config(home, RESTORE_BACKUP_FILE).write_text(json.dumps(instructions))
    assert await home.hass.async_add_executor_job(restore_backup, home.hass.config.config_dir)
    await load(home)


async def load(home: Home) -> None:
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.hass.async_block_till_done()


async def reload(home: Home) -> None:
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    await load(home)


async def refresh(home: Home, token: str) -> tuple[int, Any]:
    return await home.request("POST", "/token", json={"grant_type": "refresh_token", "refresh_token": token})


def issue(home: Home) -> ir.IssueEntry | None:
    return ir.async_get(home.hass).async_get_issue("interphone", "backup_restored")


def causes(grants: list[dict[str, Any]]) -> set[str | None]:
    return {grant["paused_by"] for grant in grants}


@pytest.fixture
async def fix(home: Home, hass_client: ClientSessionGenerator) -> Fix:
    """Begin the repair's flow as the frontend does, or go on with it: `await fix(**choices)`."""
    assert await async_setup_component(home.hass, "repairs", {})
    client = await hass_client()
    flow: dict[str, Any] = {}

    async def step(**choices: list[str]) -> dict[str, Any]:
        path, body = (
            (f"/{flow['flow_id']}", choices) if flow else ("", {"handler": "interphone", "issue_id": "backup_restored"})
        )
        async with client.post(f"/api/repairs/issues/fix{path}", json=body) as response:
            result: dict[str, Any] = await response.json()
            assert response.status == 200, result
        flow.update(result)
        return result

    return step


async def test_a_backup_restored_over_a_revoked_grant(home: Home, fix: Fix, connect: Connect) -> None:
    revoked, kept, rotated = [await home.pair_from_display() for _ in range(3)]
    backup = await back_up(home)
    # After the backup: one is revoked, one has rotated its refresh token, and one has paired.
    assert (await home.command("grants/revoke", grant_id=revoked.grant_id))["success"]
    _status, newer = await refresh(home, rotated.refresh_token)
    later = await home.pair_from_display()
    assert not causes(await home.grants()) - {None}

    await restore(home, backup)
    assert {grant["id"] for grant in await home.grants()} == {revoked.grant_id, kept.grant_id, rotated.grant_id}
    assert causes(await home.grants()) == {"restore"}
    # Nobody comes in, by any token and any door; each hears what to do.
    for tokens in (revoked, kept, rotated):
        await home.refused(403, "grant_paused", "GET", "/devices", headers=tokens.headers)
        website = await connect(tokens.token, refused=True)
        assert (await website.receive("refused"))["message"] == "grant_paused"
    assert (await refresh(home, revoked.refresh_token))[1]["error"] == "grant_paused"
    assert (await refresh(home, newer["refresh_token"]))[1]["error"] == "invalid_token"
    assert (await refresh(home, newer["refresh_token"]))[1]["error"] == "invalid_token"
    await home.refused(401, "grant_revoked", "GET", "/devices", headers=later.headers)
    assert (await refresh(home, later.refresh_token))[1]["error"] == "invalid_token"

    # One repair, which names nobody; its flow does, for administrators.
    listed = issue(home)
    assert listed
    assert listed.translation_placeholders == {"count": "3"}
    form = await fix()
    assert form["step_id"] == "decide"
    assert [field["name"] for field in form["data_schema"]] == ["let_in_again", "revoke"]
    assert {option["value"] for option in form["data_schema"][0]["selector"]["select"]["options"]} == {
        revoked.grant_id,
        kept.grant_id,
        rotated.grant_id,
    }
    both = await fix(let_in_again=[kept.grant_id], revoke=[kept.grant_id])
    assert both["errors"] == {"base": "chosen_twice"}
    assert causes(await home.grants()) == {"restore"}
    left = await fix(let_in_again=[kept.grant_id], revoke=[revoked.grant_id])
    assert [option["value"] for option in left["data_schema"][0]["selector"]["select"]["options"]] == [rotated.grant_id]
    still = issue(home)
    assert still
    assert still.translation_placeholders == {"count": "1"}
    assert (await fix(revoke=[rotated.grant_id]))["type"] == "create_entry"
    assert issue(home) is None

    # What was in the backup's hands admits nobody: the website that is let in again refreshes.
    await home.refused(401, "expired_token", "GET", "/devices", headers=kept.headers)
    _status, fresh = await refresh(home, kept.refresh_token)
    again = Tokens(fresh["token"], fresh["refresh_token"], kept.grant_id, kept.serial)
    await enter(connect, again)
    await home.refused(401, "grant_revoked", "GET", "/devices", headers=revoked.headers)
    # The next start finds nothing new.
    await reload(home)
    assert (await home.request("GET", "/devices", headers=again.headers))[0] == 200


async def test_a_token_of_an_old_key_ends_nothing(home: Home) -> None:
    tokens = await home.pair_from_display()
    backup = await back_up(home)
    await restore(home, backup)
    assert (await home.request("POST", "/revoke", json={"token": tokens.token}))[0] == 200
    assert len(await home.grants()) == 1


async def test_an_earlier_store_is_noticed_though_the_cache_was_left(home: Home, tokens: Tokens) -> None:
    revoked = await home.pair_from_display()
    earlier = config(home, ".storage", "interphone").read_text()
    assert (await home.command("grants/revoke", grant_id=revoked.grant_id))["success"]
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    config(home, ".storage", "interphone").write_text(earlier)
    await load(home)
    await home.refused(403, "grant_paused", "GET", "/devices", headers=revoked.headers)
    await home.refused(403, "grant_paused", "GET", "/devices", headers=tokens.headers)
    assert issue(home)


async def test_a_restart_pauses_nobody(home: Home, tokens: Tokens) -> None:
    for _ in range(2):
        other = await home.pair_from_display()
        assert (await home.command("grants/revoke", grant_id=other.grant_id))["success"]
        await reload(home)
        assert causes(await home.grants()) == {None}
        assert issue(home) is None
    # The home may end after the store was written and before the file in the cache was.
    cache = config(home, ".cache", "interphone")
    before = cache.read_text()
    assert (await home.command("grants/pause", grant_id=tokens.grant_id))["success"]
    assert cache.read_text() != before
    cache.write_text(before)
    await reload(home)
    assert causes(await home.grants()) == {"owner"}


async def test_a_store_of_an_earlier_version_is_taken_as_it_is(home: Home, tokens: Tokens) -> None:
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    path = config(home, ".storage", "interphone")
    document = json.loads(path.read_text())
    del document["data"]["home"]["generation"], document["data"]["tokens"]["retired"]
    path.write_text(json.dumps(document))
    shutil.rmtree(config(home, ".cache"))
    await load(home)
    assert (await home.request("GET", "/devices", headers=tokens.headers))[0] == 200
    # From now on it is compared.
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    config(home, ".cache", "interphone").unlink()
    await load(home)
    await home.refused(403, "grant_paused", "GET", "/devices", headers=tokens.headers)


async def test_the_backup_manager_tells(home: Home, tokens: Tokens, connect: Connect) -> None:
    assert await async_setup_component(home.hass, "backup", {})
    await reload(home)  # as if it had been set up before
    website, _snapshot = await enter(connect, tokens)
    manager = async_get_manager(home.hass)
    for state in set(RestoreBackupState) - {RestoreBackupState.COMPLETED}:
        manager.async_on_backup_event(RestoreBackupEvent(reason=None, stage=None, state=state))
    await home.hass.async_block_till_done()
    assert causes(await home.grants()) == {None}
    manager.async_on_backup_event(COMPLETED)
    while (event := await website.next())[0] != "revoked":
        pass
    assert event[1] == {"reason": "paused"}
    await website.closed()
    await home.hass.async_block_till_done()
    assert causes(await home.grants()) == {"restore"}
    # A later reload takes it for no other restore.
    assert (await home.command("grants/resume", grant_id=tokens.grant_id))["success"]
    assert issue(home) is None
    await reload(home)
    assert causes(await home.grants()) == {None}


async def test_the_backup_manager_told_while_home_assistant_started(home: Home, tokens: Tokens) -> None:
    assert await async_setup_component(home.hass, "backup", {})
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    async_get_manager(home.hass).async_on_backup_event(COMPLETED)
    home.hass.set_state(CoreState.starting)
    try:
        await load(home)
    finally:
        home.hass.set_state(CoreState.running)
    await home.refused(403, "grant_paused", "GET", "/devices", headers=tokens.headers)


async def test_a_restore_that_cannot_be_written_lets_nobody_in(
    home: Home, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next start finds it again."""

    def full(*_args: Any, **_kwargs: Any) -> None:
        raise WriteError("no space left on device")

    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    config(home, ".cache", "interphone").unlink()
    with monkeypatch.context() as disk:
        disk.setattr(store, "write_utf8_file_atomic", full)
        assert not await home.hass.config_entries.async_setup(home.entry.entry_id)
        assert home.entry.state is ConfigEntryState.SETUP_ERROR
        await home.refused(503, "not_ready", "GET", "/devices", headers=tokens.headers)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.refused(403, "grant_paused", "GET", "/devices", headers=tokens.headers)


async def test_a_flow_says_what_it_could_not_do(home: Home, tokens: Tokens, fix: Fix) -> None:
    await home.entry.runtime_data.grants.distrust()
    await fix()
    with broken(home.hass):
        failed = await fix(let_in_again=[tokens.grant_id])
    assert failed["errors"] == {"base": "storage_failed"}
    await home.refused(403, "grant_paused", "GET", "/devices", headers=tokens.headers)
    # One that is revoked in another way meanwhile needs no decision any more.
    assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]
    assert (await fix(let_in_again=[tokens.grant_id]))["type"] == "create_entry"
    assert not await home.grants()


async def test_residents_who_are_not_administrators_fix_nothing(
    home: Home, tokens: Tokens, hass_client: ClientSessionGenerator, hass_read_only_access_token: str
) -> None:
    assert await async_setup_component(home.hass, "repairs", {})
    await home.entry.runtime_data.grants.distrust()
    client = await hass_client(hass_read_only_access_token)
    body = {"handler": "interphone", "issue_id": "backup_restored"}
    async with client.post("/api/repairs/issues/fix", json=body) as response:
        assert response.status in {401, 403}
    await home.refused(403, "grant_paused", "GET", "/devices", headers=tokens.headers)
