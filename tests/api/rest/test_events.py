"""The feed over plain HTTP: changes since a position, and waiting for the next one."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from ...conftest import Home, Tokens

type Ask = Callable[..., Any]


def turn(hass: HomeAssistant, state: str) -> None:
    """Turn the guest mode on or off, as its helper would."""
    hass.states.async_set("input_boolean.guest_mode", state, {"friendly_name": "Guest mode"})


@pytest.fixture
async def polls(home: Home, tokens: Tokens) -> AsyncGenerator[Callable[..., asyncio.Task[tuple[int, Any]]]]:
    """Ask in the background; return once the home has the poll waiting."""
    asked: list[asyncio.Task[tuple[int, Any]]] = []

    def poll(since: str, wait: float = 25) -> asyncio.Task[tuple[int, Any]]:
        path = f"/events?since={since}&wait={wait}"
        asked.append(asyncio.create_task(home.request("GET", path, headers=tokens.headers)))
        return asked[-1]

    yield poll
    for task in asked:
        task.cancel()


async def waiting(home: Home, count: int) -> None:
    """Wait until so many polls wait."""
    async with asyncio.timeout(5):
        # Nothing reports that a poll waits.
        while sum(len(polls) for polls in home.entry.runtime_data.polls._polls.values()) != count:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def events(home: Home, tokens: Tokens, **query: Any) -> dict[str, Any]:
    status, body = await home.request("GET", "/events", params=query, headers=tokens.headers)
    assert status == 200, body
    return body


def since(body: dict[str, Any]) -> str:
    return f"{body['epoch']}:{body['seq']}"


async def test_without_a_position_there_is_everything(home: Home, tokens: Tokens) -> None:
    _, listed = await home.request("GET", "/devices", headers=tokens.headers)
    assert await events(home, tokens) == listed
    assert "Bed Light" in {device["name"] for device in listed["devices"]}


async def test_what_changed_since_a_position(home: Home, tokens: Tokens) -> None:
    start = await events(home, tokens)
    nothing = await events(home, tokens, since=since(start))
    assert nothing == {"success": True, "epoch": start["epoch"], "seq": start["seq"], "changes": []}

    turn(home.hass, "on")
    guest_mode = await home.device(tokens, "Guest mode")
    body = await events(home, tokens, since=since(start))
    assert body["changes"] == [
        {
            "event": "state",
            "payload": {
                "seq": start["seq"] + 1,
                "id": guest_mode["id"],
                "online": True,
                "state": {"on_off": {"on": True}},
            },
        }
    ]
    assert body["seq"] == start["seq"] + 1
    assert (await events(home, tokens, since=since(body)))["changes"] == []


@pytest.mark.parametrize("position", ["another:0", "{epoch}:999999"])
async def test_a_position_that_is_not_held_gives_everything(home: Home, tokens: Tokens, position: str) -> None:
    start = await events(home, tokens)
    body = await events(home, tokens, since=position.format(epoch=start["epoch"]), wait="25")
    assert body == start


@pytest.mark.parametrize(
    "query",
    [
        {"since": "5"},
        {"since": ":5"},
        {"since": "epoch:"},
        {"since": "epoch:-1"},
        {"since": "epoch:1e3"},
        {"since": "epoch:٣"},
        {"since": "epoch:" + "9" * 400},
        {"since": ""},
        {"wait": "-1"},
        {"wait": "25.1"},
        {"wait": "nan"},
        {"wait": "soon"},
    ],
)
async def test_what_is_no_position_is_refused(home: Home, tokens: Tokens, query: dict[str, str]) -> None:
    body = await home.refused(400, "invalid_request", "GET", "/events", params=query, headers=tokens.headers)
    assert next(iter(query)) in body["message"]


async def test_a_token_is_needed(home: Home) -> None:
    await home.refused(401, "missing_token", "GET", "/events")


async def test_a_poll_is_answered_by_the_next_change(home: Home, tokens: Tokens, polls: Ask) -> None:
    start = await events(home, tokens)
    poll = polls(since(start))
    await waiting(home, 1)
    turn(home.hass, "on")
    status, body = await poll
    assert status == 200
    assert [change["payload"]["state"] for change in body["changes"]] == [{"on_off": {"on": True}}]
    await waiting(home, 0)


async def test_a_poll_that_saw_nothing_ends_with_its_time(home: Home, tokens: Tokens, polls: Ask) -> None:
    start = await events(home, tokens)
    status, body = await polls(since(start), wait=0.05)
    assert status == 200
    assert body == {"success": True, "epoch": start["epoch"], "seq": start["seq"], "changes": []}


async def test_a_poll_sleeps_through_what_its_scope_does_not_see(home: Home, tokens: Tokens, polls: Ask) -> None:
    bed_light = await home.device(tokens)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [bed_light["id"]]})
    start = await events(home, tokens)
    assert [device["name"] for device in start["devices"]] == ["Bed Light"]
    poll = polls(since(start))
    await waiting(home, 1)
    turn(home.hass, "on")
    await home.hass.async_block_till_done()
    assert not poll.done()
    await home.hass.services.async_call("light", "turn_on", {"entity_id": "light.bed_light"}, blocking=True)
    _, body = await poll
    assert {change["payload"]["id"] for change in body["changes"]} == {bed_light["id"]}
    # What it did not see has a number all the same.
    assert body["seq"] == start["seq"] + 2


async def test_another_scope_is_another_epoch(home: Home, tokens: Tokens, polls: Ask) -> None:
    start = await events(home, tokens)
    bed_light = await home.device(tokens)
    poll = polls(since(start))
    await waiting(home, 1)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": [bed_light["id"]]})
    # The poll learns of it at once, and of what was taken away by a snapshot.
    _, body = await poll
    assert [device["name"] for device in body["devices"]] == ["Bed Light"]
    assert body["epoch"] != start["epoch"]
    again = await events(home, tokens, since=since(start))
    assert again["devices"] == body["devices"]


@pytest.mark.parametrize(
    ("command", "status", "error"), [("revoke", 401, "grant_revoked"), ("pause", 403, "grant_paused")]
)
async def test_who_is_put_out_waits_no_longer(
    home: Home, tokens: Tokens, polls: Ask, command: str, status: int, error: str
) -> None:
    poll = polls(since(await events(home, tokens)))
    await waiting(home, 1)
    await home.command(f"grants/{command}", grant_id=tokens.grant_id)
    answered, body = await poll
    assert (answered, body["error"]) == (status, error)


async def test_a_home_that_stops_ends_its_polls(home: Home, tokens: Tokens, polls: Ask) -> None:
    poll = polls(since(await events(home, tokens)))
    await waiting(home, 1)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    status, body = await poll
    assert (status, body["error"]) == (503, "not_ready")


async def test_one_poll_too_many_ends_the_oldest(home: Home, tokens: Tokens, polls: Ask) -> None:
    position = since(await events(home, tokens))
    first = []
    for count in range(1, 5):
        first.append(polls(position))
        await waiting(home, count)
    last = polls(position)
    status, body = await first[0]
    assert (status, body["changes"]) == (200, [])
    await waiting(home, 4)
    assert not any(poll.done() for poll in (*first[1:], last))
