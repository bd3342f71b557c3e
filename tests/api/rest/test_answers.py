"""Rings, answered by websites that hold no socket."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from ...conftest import ORIGIN, Connect, Home, Tokens
from .trickle import post_around


async def ring(home: Home, tokens: Tokens, **data: Any) -> dict[str, Any]:
    """Ring, and return the ring as a website that polls receives it."""
    _, before = await home.request("GET", "/devices", headers=tokens.headers)
    await home.hass.services.async_call("interphone", "ring", {"name": "Gate"} | data, blocking=True)
    [announced] = await moments(home, tokens, before)
    assert (announced["type"], announced["answerable"]) == ("ring", True)
    return announced


async def moments(home: Home, tokens: Tokens, since: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the moments since a position."""
    query = {"since": f"{since['epoch']}:{since['seq']}", "wait": "5"}
    _, body = await home.request("GET", "/events", params=query, headers=tokens.headers)
    return [change["payload"] for change in body["changes"] if change["event"] == "event"]


async def answer(home: Home, tokens: Tokens, event_id: str, **more: Any) -> tuple[int, Any]:
    return await home.request("POST", f"/events/{event_id}/answer", headers=tokens.headers, **more)


@pytest.mark.parametrize(
    ("body", "action"), [(None, None), ({}, None), ({"action": None}, None), ({"action": "x" * 256}, "x" * 256)]
)
async def test_a_website_without_a_socket_answers(
    home: Home, tokens: Tokens, body: dict[str, Any] | None, action: str | None
) -> None:
    answered = async_capture_events(home.hass, "interphone_answered")
    announced = await ring(home, tokens)
    _, now = await home.request("GET", "/events", headers=tokens.headers)
    assert await answer(home, tokens, announced["event_id"], json=body) == (200, {"success": True})
    [over] = await moments(home, tokens, now)
    assert (over["type"], over["event_id"], over["answerable"]) == ("answered", announced["event_id"], False)
    [event] = answered
    assert (event.data["grant_id"], event.data["action"], event.data["name"]) == (tokens.grant_id, action, "Gate")


async def test_the_action_that_waits_gets_the_answer(home: Home, tokens: Tokens) -> None:
    _, before = await home.request("GET", "/devices", headers=tokens.headers)
    call = home.hass.services.async_call("interphone", "ring", {"name": "Gate"}, blocking=True, return_response=True)
    waiting = asyncio.create_task(call)
    [announced] = await moments(home, tokens, before)
    await answer(home, tokens, announced["event_id"], json={"action": "open"})
    response = await waiting
    assert response
    assert (response["answered"], response["action"]) == (True, "open")


@pytest.mark.parametrize("socket_is_first", [True, False])
async def test_a_socket_and_a_request_race(
    home: Home, connect: Connect, tokens: Tokens, *, socket_is_first: bool
) -> None:
    other = await home.pair_from_display()
    website = await connect(other.token)
    await website.receive("snapshot")
    answered = async_capture_events(home.hass, "interphone_answered")
    announced = await ring(home, tokens)
    assert (await website.receive("event"))["event_id"] == announced["event_id"]
    _, now = await home.request("GET", "/events", headers=tokens.headers)

    async def by_socket() -> Any:
        return await website.call("answer", {"event_id": announced["event_id"], "action": "socket"})

    async def by_request() -> Any:
        return (await answer(home, tokens, announced["event_id"], json={"action": "request"}))[1]

    race = [by_socket, by_request] if socket_is_first else [by_request, by_socket]
    first, second = await asyncio.gather(*(contender() for contender in race))
    winner, loser = (first, second) if first["success"] else (second, first)
    assert winner == {"success": True}
    assert (loser["success"], loser["error"]) == (False, "already_answered")
    # Both learn that it is over, whichever of them it was.
    assert (await website.receive("event"))["type"] == "answered"
    [over] = await moments(home, tokens, now)
    assert (over["type"], over["event_id"]) == ("answered", announced["event_id"])
    [event] = answered
    assert event.data["action"] == ("request" if (winner is first) is not socket_is_first else "socket")


async def test_many_at_once_and_one_wins(home: Home, tokens: Tokens) -> None:
    answered = async_capture_events(home.hass, "interphone_answered")
    announced = await ring(home, tokens)
    answers = await asyncio.gather(*(answer(home, tokens, announced["event_id"]) for _ in range(8)))
    assert sorted(status for status, _ in answers) == [200, *[409] * 7]
    assert {body["error"] for status, body in answers if status == 409} == {"already_answered"}
    assert len(answered) == 1


async def test_too_late(home: Home, tokens: Tokens) -> None:
    announced = home.entry.runtime_data.rings.ring(None, name="Gate", seconds=0)
    path = f"/events/{announced.event_id}/answer"
    await home.refused(410, "expired_event", "POST", path, headers=tokens.headers)


async def test_only_who_sees_the_door_may_answer(hass: HomeAssistant, home: Home, tokens: Tokens) -> None:
    answered = async_capture_events(hass, "interphone_answered")
    guest = await home.pair_from_display()
    announced = await ring(home, tokens, entity_id="light.bed_light")
    path = f"/events/{announced['event_id']}/answer"
    await home.refused(401, "missing_token", "POST", path)
    await home.refused(404, "unknown_event", "POST", "/events/nothing/answer", headers=guest.headers)
    await home.command("grants/update", grant_id=guest.grant_id, scope={"devices": []})
    await home.refused(404, "unknown_event", "POST", path, headers=guest.headers)
    await home.command("grants/update", grant_id=guest.grant_id, scope={"devices": None, "control": False})
    await home.refused(403, "not_permitted", "POST", path, headers=guest.headers)
    await home.command("grants/pause", grant_id=guest.grant_id)
    await home.refused(403, "grant_paused", "POST", path, headers=guest.headers)
    assert not answered
    assert await answer(home, tokens, announced["event_id"]) == (200, {"success": True})


@pytest.mark.parametrize(
    "body",
    [
        {"action": ""},
        {"action": "x" * 257},
        {"action": "a\u202eb"},
        {"action": "a\nb"},
        {"action": 5},
        {"event_id": "x"},
    ],
)
async def test_what_is_no_answer(home: Home, tokens: Tokens, body: Any) -> None:
    answered = async_capture_events(home.hass, "interphone_answered")
    announced = await ring(home, tokens)
    path = f"/events/{announced['event_id']}/answer"
    refused = await home.refused(400, "invalid_request", "POST", path, headers=tokens.headers, json=body)
    assert next(iter(body)) in refused["message"]
    assert not answered


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ({"command": "grants/revoke"}, (401, "grant_revoked")),
        ({"command": "grants/pause"}, (403, "grant_paused")),
        ({"command": "grants/update", "scope": {"control": False}}, (403, "not_permitted")),
        ({"command": "grants/update", "scope": {"devices": []}}, (404, "unknown_event")),
    ],
)
async def test_who_is_put_out_while_the_body_trickles_in_answers_nothing(
    home: Home, tokens: Tokens, act: dict[str, Any], refusal: tuple[int, str]
) -> None:
    answered = async_capture_events(home.hass, "interphone_answered")
    announced = await ring(home, tokens)
    path, act_now = f"/events/{announced['event_id']}/answer", home.command(grant_id=tokens.grant_id, **act)
    status, text = await post_around(home, tokens, path, b'{"action": "open"}', act_now)
    assert (status, refusal[1] in text) == (refusal[0], True), text
    assert not answered


async def test_a_page_that_is_not_on_the_list_answers_nothing(home: Home, tokens: Tokens) -> None:
    announced = await ring(home, tokens)
    path = f"/events/{announced['event_id']}/answer"
    elsewhere = tokens.headers | {"Origin": "https://elsewhere.example"}
    await home.refused(403, "origin_not_allowed", "POST", path, headers=elsewhere)
    listed = tokens.headers | {"Origin": ORIGIN}
    assert await home.request("POST", path, headers=listed) == (200, {"success": True})
