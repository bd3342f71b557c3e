"""Changes of grants while the disk is slow or fails: what cannot be saved grants nothing and restores nothing."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import suppress
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from freezegun.api import FrozenDateTimeFactory
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.access.store import SAVE_RETRY_DELAY
from custom_components.interphone.access.tokens import REFRESH_GRACE
from custom_components.interphone.const import BASE_PATH
from tests.conftest import Connect, Home, Tokens

from ..disk import SlowDisk, broken


def on_disk(home: Home) -> dict[str, Any]:
    text = Path(home.hass.config.path(".storage", "interphone")).read_text()
    sections: dict[str, Any] = json.loads(text)["data"]
    return sections


async def granted(home: Home) -> dict[str, dict[str, Any]]:
    """Return the grants as their owner sees them, by id."""
    return {grant["id"]: grant for grant in (await home.command("grants/list"))["result"]["grants"]}


def refresh(home: Home, token: str) -> Coroutine[Any, Any, tuple[int, Any]]:
    return home.request("POST", "/token", json={"grant_type": "refresh_token", "refresh_token": token})


class Acts:
    """Acts of an owner, each begun and left waiting for the disk. They go past the WebSocket, which takes its turns."""

    def __init__(self, home: Home, tokens: Tokens) -> None:
        self._grants = home.entry.runtime_data.grants
        self._id = tokens.grant_id

    async def begin(self, act: str, **changes: Any) -> asyncio.Task[Any]:
        """Begin an act; on return it holds, and waits for the disk or for its turn."""
        task = asyncio.create_task(getattr(self._grants, act)(self._id, **changes))
        await asyncio.sleep(0)
        return task


async def outcomes(*tasks: asyncio.Task[Any]) -> list[str | None]:
    """Return the stable code of each refusal, None for what went well."""
    done = await asyncio.gather(*tasks, return_exceptions=True)
    return [outcome.code if isinstance(outcome, Exception) else None for outcome in done]  # type: ignore[attr-defined] # all of ours have one


@pytest.mark.parametrize("change", ["edit", "resume"])
async def test_a_failed_change_brings_no_revoked_grant_back(home: Home, disk: SlowDisk, change: str) -> None:
    tokens = await home.pair()
    acts = Acts(home, tokens)
    disk.slow_down(fails=True)
    changing = await acts.begin(change)
    await disk.writing.wait()
    revoking = await acts.begin("revoke")
    disk.go_on.set()
    assert await outcomes(changing, revoking) == ["storage_failed", None]
    assert await granted(home) == {}
    assert tokens.grant_id not in json.dumps(on_disk(home))


async def test_a_failed_edit_resumes_no_paused_grant(home: Home, disk: SlowDisk) -> None:
    tokens = await home.pair()
    name = (await granted(home))[tokens.grant_id]["name"]
    acts = Acts(home, tokens)
    disk.slow_down(fails=True)
    editing = await acts.begin("edit", name="Renamed")
    await disk.writing.wait()
    pausing = await acts.begin("pause")
    disk.go_on.set()
    assert await outcomes(editing, pausing) == ["storage_failed", None]
    for grant in ((await granted(home))[tokens.grant_id], on_disk(home)["grants"][tokens.grant_id]):
        assert (grant["paused"], grant["name"]) == (True, name)


async def test_a_resume_that_waits_undoes_no_later_pause(home: Home, disk: SlowDisk) -> None:
    tokens = await home.pair()
    assert (await home.command("grants/pause", grant_id=tokens.grant_id))["success"]
    acts = Acts(home, tokens)
    disk.slow_down()
    editing = await acts.begin("edit", name="Renamed")
    await disk.writing.wait()
    resuming, pausing = await acts.begin("resume"), await acts.begin("pause")
    disk.go_on.set()
    assert await outcomes(editing, resuming, pausing) == [None, None, None]
    for grant in ((await granted(home))[tokens.grant_id], on_disk(home)["grants"][tokens.grant_id]):
        assert (grant["paused"], grant["name"]) == (True, "Renamed")


async def test_a_failed_edit_takes_back_only_itself(home: Home, disk: SlowDisk) -> None:
    tokens = await home.pair()
    before = (await granted(home))[tokens.grant_id], on_disk(home)["grants"][tokens.grant_id]
    acts = Acts(home, tokens)
    disk.slow_down(fails=True)
    widening = await acts.begin("edit", name="First")
    await disk.writing.wait()
    renaming = await acts.begin("edit", name="Second")
    disk.go_on.set()
    assert await outcomes(widening, renaming) == ["storage_failed", None]
    after = (await granted(home))[tokens.grant_id], on_disk(home)["grants"][tokens.grant_id]
    for old, new in zip(before, after, strict=True):
        assert (new["name"], new["scope"]) == ("Second", old["scope"])


async def test_a_failed_resume_puts_out_whoever_came_in_meanwhile(home: Home, connect: Connect, disk: SlowDisk) -> None:
    tokens = await home.pair()
    assert (await home.command("grants/pause", grant_id=tokens.grant_id))["success"]
    acts = Acts(home, tokens)
    disk.slow_down(fails=True)
    resuming = await acts.begin("resume")
    await disk.writing.wait()
    website = await connect(tokens.token)
    await website.receive("snapshot")
    disk.go_on.set()
    assert await outcomes(resuming) == ["storage_failed"]
    assert await website.receive("revoked") == {"reason": "paused"}
    await website.closed()
    assert (await granted(home))[tokens.grant_id]["paused"]


async def test_a_pause_that_cannot_be_written_holds(home: Home) -> None:
    tokens = await home.pair()
    with broken(home.hass):
        answer = await home.command("grants/pause", grant_id=tokens.grant_id)
        assert answer["error"]["code"] == "storage_failed"
        assert (await home.request("GET", "/grant", headers=tokens.headers))[1]["error"] == "grant_paused"


@pytest.mark.parametrize("act", ["revoke", "revoke_all", "pause"])
async def test_what_puts_out_is_written_as_soon_as_the_disk_is_back(home: Home, act: str) -> None:
    tokens = await home.pair()
    with broken(home.hass):
        answer = await home.command(f"grants/{act}", **({} if act == "revoke_all" else {"grant_id": tokens.grant_id}))
        assert answer["error"]["code"] == "storage_failed"
    assert not on_disk(home)["grants"][tokens.grant_id]["paused"]
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=SAVE_RETRY_DELAY + 1))
    await home.hass.async_block_till_done()
    assert on_disk(home)["grants"].get(tokens.grant_id, {"paused": True})["paused"]


async def test_a_website_revoked_before_it_was_let_in_gets_nothing(home: Home, disk: SlowDisk) -> None:
    await home.request("GET", "/code")
    code = await home.display.next_code()
    disk.slow_down()
    checking = asyncio.create_task(home.request("POST", "/codecheck", headers={"code": code}))
    await disk.writing.wait()
    revoking = asyncio.create_task(home.command("grants/revoke_all"))
    revoked = asyncio.Event()
    home.entry.runtime_data.grants.subscribe(lambda _change: revoked.set())
    await revoked.wait()
    disk.go_on.set()
    status, body = await checking
    assert (status, body["error"]) == (401, "grant_revoked")
    assert (await revoking)["success"]
    assert on_disk(home)["grants"] == {}


async def test_a_pairing_given_up_half_way_leaves_no_grant(home: Home, disk: SlowDisk) -> None:
    disk.slow_down()
    creating = asyncio.create_task(home.entry.runtime_data.grants.create("website", origin=None))
    await disk.writing.wait()
    creating.cancel()
    with suppress(asyncio.CancelledError):
        await creating
    disk.go_on.set()
    await home.hass.async_block_till_done()
    assert await granted(home) == {}
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert await granted(home) == {}


async def test_a_refresh_repeated_while_the_first_fails(home: Home, disk: SlowDisk) -> None:
    """The first is answered with an error, its repetition with tokens that are good."""
    tokens = await home.pair()
    disk.slow_down(fails=True)
    first = asyncio.create_task(refresh(home, tokens.refresh_token))
    await disk.writing.wait()
    second = asyncio.create_task(home.entry.runtime_data.grants.refresh(tokens.refresh_token, "192.0.2.1"))
    await asyncio.sleep(0)
    disk.go_on.set()
    assert (await first)[1]["error"] == "storage_failed"
    _, pair = await second
    assert (await refresh(home, pair.refresh))[0] == 200


async def test_a_refresh_that_fails_after_a_revocation_leaves_no_token(home: Home, disk: SlowDisk) -> None:
    tokens = await home.pair()
    disk.slow_down(fails=True)
    refreshing = asyncio.create_task(refresh(home, tokens.refresh_token))
    await disk.writing.wait()
    revoking = await Acts(home, tokens).begin("revoke")
    disk.go_on.set()
    assert (await refreshing)[1]["error"] == "storage_failed"
    assert await outcomes(revoking) == [None]
    assert on_disk(home)["tokens"]["families"] == []
    assert (await refresh(home, tokens.refresh_token))[1]["error"] == "invalid_token"


async def test_a_refresh_that_could_not_be_written_can_be_made_long_after(
    freezer: FrozenDateTimeFactory, home: Home, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A full disk makes nobody a thief: the token that was not spent is good when the website tries again."""
    tokens = await home.pair()
    with broken(home.hass):
        assert (await refresh(home, tokens.refresh_token))[1]["error"] == "storage_failed"
    freezer.tick(REFRESH_GRACE + 1)
    home.client = await hass_client_no_auth()  # the connection from before is over
    status, pair = await refresh(home, tokens.refresh_token)
    assert status == 200
    assert tokens.grant_id in await granted(home)
    freezer.tick(REFRESH_GRACE + 1)
    home.client = await hass_client_no_auth()  # the connection from before is over
    assert (await refresh(home, pair["refresh_token"]))[0] == 200


async def let_the_grace_pass(home: Home) -> None:
    """Restart, and let the last rotation have been as long ago as that takes."""
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    path = Path(home.hass.config.path(".storage", "interphone"))
    document = json.loads(path.read_text())
    for family in document["data"]["tokens"]["families"]:
        family["rotated_at"] -= REFRESH_GRACE + 1
    path.write_text(json.dumps(document))
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)


async def test_a_lost_answer_is_given_again_for_half_a_minute(home: Home, connect: Connect) -> None:
    """Also when the home was restarted in between; after that, whoever comes twice puts the website out."""
    tokens = await home.pair()
    _, lost = await refresh(home, tokens.refresh_token)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    status, again = await refresh(home, tokens.refresh_token)
    assert (status, again["refresh_token"]) == (200, lost["refresh_token"])

    await let_the_grace_pass(home)
    website = await connect(again["token"])
    await website.receive("snapshot")
    status, answer = await refresh(home, tokens.refresh_token)
    assert (status, answer["error"]) == (401, "token_reused")
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()
    assert (await refresh(home, lost["refresh_token"]))[1]["error"] == "invalid_token"
    assert on_disk(home)["grants"] == {}


async def test_a_request_from_before_a_reload_changes_nothing_after_it(home: Home) -> None:
    """A website trickles its refresh while the entry is loaded anew and its grant revoked: the old one stays silent."""
    tokens = await home.pair()
    go_on = asyncio.Event()
    body = json.dumps({"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}).encode()

    async def trickle() -> AsyncGenerator[bytes]:
        yield body[:10]
        begun.set()
        await go_on.wait()
        yield body[10:]

    begun = asyncio.Event()
    async with ClientSession() as session:
        # The body is sent only when the server has said that it will read it.
        url, headers = home.client.make_url(f"{BASE_PATH}/token"), {"Content-Type": "application/json"}
        posting = asyncio.create_task(session.post(url, data=trickle(), headers=headers, expect100=True))
        await begun.wait()
        assert await home.hass.config_entries.async_reload(home.entry.entry_id)
        assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]
        go_on.set()
        response = await posting
        assert (response.status, (await response.json())["error"]) == (503, "not_ready")
    assert on_disk(home)["grants"] == {}


async def test_failures_are_written_at_once(home: Home) -> None:
    """Not with what may wait for minutes: who could crash the home must not get their guesses back."""
    tokens = await home.pair()
    assert (await home.request("GET", "/grant", headers=tokens.headers))[0] == 200  # its use may wait for minutes
    await home.request("GET", "/code")
    code = await home.display.next_code()
    wrong = str((int(code) + 1) % 10**9).zfill(9)
    assert (await home.request("POST", "/codecheck", headers={"code": wrong}))[0] == 401
    await home.hass.async_block_till_done()
    assert on_disk(home)["failure_gate"]["failures"] == 1


async def test_a_failing_subscriber_keeps_no_revoked_website_in(
    home: Home, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = await home.pair()
    website = await connect(tokens.token)
    await website.receive("snapshot")
    grants = home.entry.runtime_data.grants

    def fail(_change: object) -> None:
        raise RuntimeError("broken")

    # As if it had come before every other: one that fails first must not keep the rest from the change.
    rest, grants._listeners._listeners = grants._listeners._listeners, {}
    grants.subscribe(fail)
    grants._listeners._listeners |= rest
    assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()
    assert on_disk(home)["grants"] == {}
    [failure] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert fail.__qualname__ in failure.getMessage()
    caplog.clear()  # expected
