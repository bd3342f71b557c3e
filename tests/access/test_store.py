"""The private store, on a real disk: what cannot be read lets nobody in, what was answered is written."""

import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.interphone.access.records import Records
from custom_components.interphone.access.store import PrivateStore
from custom_components.interphone.errors import StorageError
from tests.conftest import Home


def path_of(home: Home) -> Path:
    return Path(home.hass.config.path(".storage", "interphone"))


async def load(home: Home) -> bool:
    """Load the entry again; return whether it would."""
    loaded: bool = await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.hass.async_block_till_done()
    return loaded


async def nobody_is_let_in(home: Home, token: dict[str, str]) -> None:
    assert home.entry.state is ConfigEntryState.SETUP_ERROR
    for method, path in (("GET", "/code"), ("POST", "/codecheck"), ("GET", "/devices"), ("POST", "/token")):
        status, body = await home.request(method, path, headers={"code": "12345678", **token})
        assert (status, body["error"]) == (503, "not_ready")
    issue = ir.async_get(home.hass).async_get_issue("interphone", "store_unreadable")
    assert issue
    assert issue.severity is ir.IssueSeverity.CRITICAL
    assert issue.translation_placeholders
    assert issue.translation_placeholders["path"] == str(path_of(home))


async def test_it_is_readable_by_its_owner_only(home: Home) -> None:
    await home.pair()
    assert path_of(home).stat().st_mode & 0o777 == 0o600


async def test_truncated_it_lets_nobody_in_and_stays(home: Home) -> None:
    tokens = await home.pair()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    path = path_of(home)
    whole = path.read_bytes()
    # Every length is tried below; here a stride through them, with all that a set-up does.
    lengths = {0, 1, 2, len(whole) - 1, len(whole) - 2, *range(3, len(whole), 97)}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        assert not await load(home), length
        assert path.read_bytes() == whole[:length]
    await nobody_is_let_in(home, tokens.headers)
    # Restored, everything is as it was, and the issue is gone.
    path.write_bytes(whole)
    assert await load(home)
    assert (await home.request("GET", "/grant", headers=tokens.headers))[0] == 200
    assert ir.async_get(home.hass).async_get_issue("interphone", "store_unreadable") is None


async def test_truncated_at_every_length_it_is_no_store(home: Home) -> None:
    await home.pair()
    store, path = PrivateStore(home.hass, "interphone"), path_of(home)
    whole = path.read_bytes()
    Records.read(await store.load())
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(StorageError):
            Records.read(await store.load())
        assert path.read_bytes() == whole[:length]


def without(section: str) -> Any:
    return lambda data: data["data"].pop(section)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.update(version=3),
        lambda data: data.update(version="1"),
        lambda data: data.update(version=True),
        lambda data: data.update(data=[]),
        lambda data: data.update(data={}),
        lambda data: data.pop("version"),
        without("home"),
        without("tokens"),
        without("grants"),
        without("failure_gate"),
        lambda data: data["data"]["home"].update(serial=7),
        lambda data: data["data"]["tokens"].update(keys=[]),
        lambda data: data["data"]["tokens"].update(pepper="zz"),
        lambda data: data["data"]["tokens"].update(pepper="00"),
        lambda data: data["data"]["tokens"]["keys"][0].update(secret="00"),
        lambda data: data["data"]["tokens"]["families"][0].pop("spent"),
        lambda data: next(iter(data["data"]["grants"].values())).update(paused="no"),
        lambda data: next(iter(data["data"]["grants"].values())).pop("scope"),
        lambda data: next(iter(data["data"]["grants"].values())).update(expires="soon"),
        lambda data: data["data"]["failure_gate"].update(failures=-1),
        lambda data: data["data"]["failure_gate"].update(failures=None),
    ],
)
async def test_what_is_not_a_store_lets_nobody_in_and_stays(home: Home, spoil: Any) -> None:
    tokens = await home.pair()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    path = path_of(home)
    document = json.loads(path.read_text())
    spoil(document)
    path.write_text(json.dumps(document))
    spoilt = path.read_bytes()
    assert not await load(home)
    await nobody_is_let_in(home, tokens.headers)
    assert path.read_bytes() == spoilt


async def test_a_folder_in_its_place_lets_nobody_in(home: Home) -> None:
    tokens = await home.pair()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    path_of(home).unlink()
    path_of(home).mkdir()
    assert not await load(home)
    await nobody_is_let_in(home, tokens.headers)


async def test_a_disk_that_cannot_be_written(home: Home) -> None:
    """Revocations hold and their failure is reported; no new grant is created."""
    revoked, kept = await home.pair(), await home.pair()
    storage = path_of(home).parent
    moved = storage.rename(storage.with_name(".storage.away"))
    storage.write_text("")  # a file where the folder was: nothing can be written below it

    answer = await home.command("grants/revoke", grant_id=revoked.grant_id)
    assert (answer["success"], answer["error"]["code"]) == (False, "storage_failed")
    assert (await home.request("GET", "/devices", headers=revoked.headers))[1]["error"] == "grant_revoked"
    refresh = {"grant_type": "refresh_token", "refresh_token": kept.refresh_token}
    assert (await home.request("POST", "/token", json=refresh))[1]["error"] == "storage_failed"
    assert (await home.request("GET", "/code"))[0] == 200
    code = await home.display.next_code()
    assert (await home.request("POST", "/codecheck", headers={"code": code}))[1]["error"] == "storage_failed"
    grants = (await home.command("grants/list"))["result"]["grants"]
    assert [grant["id"] for grant in grants] == [kept.grant_id]

    storage.unlink()
    moved.rename(storage)
    # The disk is back: the refresh token that was presented in vain is still good.
    assert (await home.request("POST", "/token", json=refresh))[0] == 200
    assert revoked.grant_id not in path_of(home).read_text()


async def test_a_revocation_is_on_disk_when_it_is_answered(home: Home) -> None:
    tokens = await home.pair()
    assert tokens.grant_id in path_of(home).read_text()
    assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]
    assert tokens.grant_id not in path_of(home).read_text()
    again = await home.pair()
    assert (await home.request("POST", "/revoke", json={"token": again.refresh_token}))[0] == 200
    assert again.grant_id not in path_of(home).read_text()
