"""Revoking, pausing, ending and narrowing a grant take effect at once on every door, whatever is in progress."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.util import dt as dt_util
import pytest

from custom_components.interphone.api import VIEWS
from custom_components.interphone.api.view import GrantView
from custom_components.interphone.devices.polls import POLLS_PER_GRANT
from tests.conftest import Connect, Home, Tokens
from tests.disk import SlowDisk

TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling"])

type Act = Callable[[Home, Tokens], Coroutine[Any, Any, None]]


async def revoke(home: Home, tokens: Tokens) -> None:
    assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]


async def pause(home: Home, tokens: Tokens) -> None:
    assert (await home.command("grants/pause", grant_id=tokens.grant_id))["success"]


async def leave(home: Home, tokens: Tokens) -> None:
    assert (await home.request("POST", "/revoke", json={"token": tokens.token}))[0] == 200


async def remove_all(home: Home, _tokens: Tokens) -> None:
    assert (await home.command("grants/revoke_all"))["success"]


async def update(home: Home, tokens: Tokens, **changes: Any) -> None:
    assert (await home.command("grants/update", grant_id=tokens.grant_id, **changes))["success"]


async def end(home: Home, tokens: Tokens) -> None:
    """Give the grant an end that is over by the time it is saved."""
    await home.entry.runtime_data.grants.edit(tokens.grant_id, expires=dt_util.utcnow())


async def let_expire(home: Home, tokens: Tokens) -> None:
    await update(home, tokens, expires=(dt_util.utcnow() + timedelta(milliseconds=100)).isoformat())


async def forbid_control(home: Home, tokens: Tokens) -> None:
    await update(home, tokens, scope={"control": False})


async def show_nothing(home: Home, tokens: Tokens) -> None:
    await update(home, tokens, scope={"devices": []})


async def device_of(home: Home, tokens: Tokens, name: str) -> str:
    return str((await home.device(tokens, name))["id"])


def refresh(home: Home, tokens: Tokens) -> Coroutine[Any, Any, tuple[int, Any]]:
    spent = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    return home.request("POST", "/token", json=spent)


@TRANSPORTS
@pytest.mark.parametrize(
    ("act", "reason", "errors"),
    [
        (revoke, "revoked", {"grant_revoked"}),
        (leave, "revoked", {"grant_revoked"}),
        (pause, "paused", {"grant_paused"}),
        (remove_all, "revoked", {"invalid_token"}),
        (end, "expired_token", {"grant_revoked"}),
        (let_expire, "expired_token", {"grant_revoked"}),
    ],
)
async def test_every_door_is_shut_at_once(
    home: Home, connect: Connect, transport: str, act: Act, reason: str, errors: set[str]
) -> None:
    tokens = await home.pair()
    light = await device_of(home, tokens, "Bed Light")
    websites = [await connect(tokens.token, transports=[transport]) for _ in range(2)]
    for website in websites:
        await website.receive("snapshot")

    await act(home, tokens)

    for website in websites:
        assert await website.receive("revoked") == {"reason": reason}
        await website.closed()
    doors = [(method, view.path) for view in VIEWS if isinstance(view, GrantView) for method in view.endpoints]
    assert ("GET", "/devices/{device_id}/snapshot") in doors
    for method, path in doors:
        body: dict[str, Any] | None = {} if method == "POST" else None
        _, answer = await home.request(
            method, path.format(device_id=light, event_id="some"), headers=tokens.headers, json=body
        )
        assert answer["error"] in errors, path
    refused = await connect(tokens.token, transports=[transport], refused=True)
    assert (await refused.receive("refused"))["data"]["error"] in errors
    unauthenticated = await connect(transports=[transport])
    assert (await unauthenticated.call("authenticate", {"token": tokens.token}))["error"] in errors
    status, answer = await refresh(home, tokens)
    assert answer["error"] in errors | {"invalid_token"}, status


async def test_a_paused_website_comes_back_when_it_is_resumed(home: Home, connect: Connect) -> None:
    tokens = await home.pair()
    await pause(home, tokens)
    assert (await home.command("grants/resume", grant_id=tokens.grant_id))["success"]
    await (await connect(tokens.token)).receive("snapshot")


@pytest.mark.parametrize(
    ("act", "error"),
    [(revoke, "grant_revoked"), (leave, "grant_revoked"), (pause, "grant_paused"), (end, "grant_revoked")],
)
async def test_in_the_middle_of_a_poll(home: Home, act: Act, error: str) -> None:
    """Whoever waits for changes over plain HTTP is answered now, not when its time is over."""
    tokens = await home.pair()
    _, answer = await home.request("GET", "/events", headers=tokens.headers)
    query = {"since": f"{answer['epoch']}:{answer['seq']}", "wait": "25"}

    def poll() -> asyncio.Task[tuple[int, Any]]:
        return asyncio.create_task(home.request("GET", "/events", headers=tokens.headers, params=query))

    # One more than may wait: when it makes the oldest give way, all others do wait.
    polls = [poll() for _ in range(POLLS_PER_GRANT + 1)]
    _, waiting = await asyncio.wait(polls, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert len(waiting) == POLLS_PER_GRANT
    await act(home, tokens)
    async with asyncio.timeout(5):
        assert {answer["error"] for _, answer in await asyncio.gather(*waiting)} == {error}


async def soon(event: asyncio.Event) -> None:
    async with asyncio.timeout(5):
        await event.wait()


async def slow_light(hass: HomeAssistant) -> tuple[asyncio.Event, asyncio.Event, list[ServiceCall]]:
    """Let the lights' service begin, and end only when the test lets it."""
    begun, go_on, calls = asyncio.Event(), asyncio.Event(), []

    async def turn_on(call: ServiceCall) -> None:
        calls.append(call)
        begun.set()
        await go_on.wait()
        state = hass.states.get(call.data["entity_id"])
        assert state is not None
        hass.states.async_set(state.entity_id, "on", state.attributes)

    hass.services.async_register("light", "turn_on", turn_on)
    return begun, go_on, calls


def three_commands(light: str) -> list[dict[str, Any]]:
    return [{"id": str(n), "device": light, "command": "on_off.set", "params": {"on": True}} for n in range(3)]


async def test_in_the_middle_of_a_command(home: Home, connect: Connect) -> None:
    """A command in progress may end; its result is sent to nobody."""
    tokens = await home.pair()
    light = await device_of(home, tokens, "Bed Light")
    begun, go_on, _ = await slow_light(home.hass)
    website = await connect(tokens.token)
    await website.receive("snapshot")
    command = asyncio.create_task(website.command(id="1", device=light, command="on_off.set", params={"on": True}))
    await soon(begun)
    await revoke(home, tokens)
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()
    go_on.set()
    command.cancel()
    await asyncio.gather(command, return_exceptions=True)
    await home.hass.async_block_till_done()


@pytest.mark.parametrize("asked", [lambda command: command, lambda command: [command]])
async def test_in_the_middle_of_a_request_no_state_is_told(home: Home, asked: Callable[[Any], Any]) -> None:
    tokens = await home.pair()
    light = await device_of(home, tokens, "Bed Light")
    begun, go_on, _ = await slow_light(home.hass)
    command = asked(three_commands(light)[0])
    answer = asyncio.create_task(home.request("POST", "/commands", headers=tokens.headers, json=command))
    await soon(begun)
    await revoke(home, tokens)
    go_on.set()
    status, body = await answer
    assert status == 200
    [result] = body.get("results", [body])
    assert result["status"] == "confirmed"
    assert "state" not in result


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (revoke, "grant_revoked"),
        (leave, "grant_revoked"),
        (remove_all, "grant_revoked"),
        (pause, "grant_paused"),
        (end, "grant_revoked"),
        (forbid_control, "not_permitted"),
        (show_nothing, "unknown_device"),
    ],
)
async def test_in_the_middle_of_a_batch(home: Home, act: Act, error: str) -> None:
    """What was not begun is refused."""
    tokens = await home.pair()
    light = await device_of(home, tokens, "Bed Light")
    begun, go_on, calls = await slow_light(home.hass)
    batch = three_commands(light)
    answer = asyncio.create_task(home.request("POST", "/commands", headers=tokens.headers, json=batch))
    await soon(begun)
    await act(home, tokens)
    go_on.set()
    status, body = await answer
    assert status == 200
    assert [result.get("error") for result in body["results"]] == [None, error, error]
    assert len(calls) == 1


@TRANSPORTS
async def test_in_the_middle_of_a_batch_over_a_socket(home: Home, connect: Connect, transport: str) -> None:
    """The socket is closed before the batch is over, and nothing more of it is done."""
    tokens = await home.pair()
    light = await device_of(home, tokens, "Bed Light")
    begun, go_on, calls = await slow_light(home.hass)
    website = await connect(tokens.token, transports=[transport])
    await website.receive("snapshot")
    await website.client.emit("command", three_commands(light))
    await soon(begun)
    await revoke(home, tokens)
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()
    go_on.set()
    await home.hass.async_block_till_done()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("act", "error", "afterwards"),
    [(revoke, "grant_revoked", "invalid_token"), (pause, "grant_paused", "grant_paused")],
)
async def test_in_the_middle_of_a_refresh(home: Home, disk: SlowDisk, act: Act, error: str, afterwards: str) -> None:
    """While the disk is busy with the refresh, the grant is revoked, so that the refresh fails."""
    tokens = await home.pair()
    disk.slow_down()
    refreshed = asyncio.create_task(refresh(home, tokens))
    await soon(disk.writing)
    out = asyncio.Event()
    home.entry.runtime_data.grants.subscribe(lambda _change: out.set())
    acted = asyncio.create_task(act(home, tokens))
    await soon(out)  # it holds from here on, and waits for the disk as well
    disk.go_on.set()
    status, body = await refreshed
    assert (status, body["error"]) == (401 if act is revoke else 403, error)
    await acted
    assert (await refresh(home, tokens))[1]["error"] == afterwards


async def test_a_refresh_lost_to_a_pause_can_be_made_again(home: Home, disk: SlowDisk) -> None:
    tokens = await home.pair()
    disk.slow_down()
    refreshed = asyncio.create_task(refresh(home, tokens))
    await soon(disk.writing)
    out = asyncio.Event()
    home.entry.runtime_data.grants.subscribe(lambda _change: out.set())
    paused = asyncio.create_task(pause(home, tokens))
    await soon(out)
    disk.go_on.set()
    assert (await refreshed)[1]["error"] == "grant_paused"
    await paused
    assert (await home.command("grants/resume", grant_id=tokens.grant_id))["success"]
    assert (await refresh(home, tokens))[0] == 200


@pytest.mark.parametrize(
    ("act", "reason", "error"),
    [
        (revoke, "revoked", "grant_revoked"),
        (pause, "paused", "grant_paused"),
        (remove_all, "revoked", "invalid_token"),
        (end, "expired_token", "grant_revoked"),
    ],
)
async def test_a_slow_disk_delays_no_revocation(
    home: Home, connect: Connect, disk: SlowDisk, act: Act, reason: str, error: str
) -> None:
    """The website is out before the disk knows; whoever put it out is answered only when it does."""
    tokens = await home.pair()
    website = await connect(tokens.token)
    await website.receive("snapshot")
    disk.slow_down()
    acted = asyncio.create_task(act(home, tokens))
    await soon(disk.writing)
    assert await website.receive("revoked") == {"reason": reason}
    await website.closed()
    assert (await home.request("GET", "/grant", headers=tokens.headers))[1]["error"] == error
    assert not acted.done()
    disk.go_on.set()
    await acted


@TRANSPORTS
async def test_a_narrowed_scope_stops_the_pushes_at_once(
    home: Home, connect: Connect, disk: SlowDisk, transport: str
) -> None:
    """Before it is even on disk."""
    tokens = await home.pair()
    visible = await device_of(home, tokens, "Bed Light")
    lost = await device_of(home, tokens, "Kitchen Lights")
    website = await connect(tokens.token, transports=[transport])
    await website.receive("snapshot")
    disk.slow_down()
    scope = {"devices": [visible], "control": False}
    narrowed = asyncio.create_task(update(home, tokens, scope=scope))
    await soon(disk.writing)
    change = await website.receive("devices")
    assert lost in change["removed"]
    assert visible not in change["removed"]
    for entity_id in ("light.kitchen_lights", "light.bed_light"):
        await home.hass.services.async_call("light", "toggle", {"entity_id": entity_id}, blocking=True)
    assert (await website.receive("state"))["id"] == visible
    for device, error in ((lost, "unknown_device"), (visible, "not_permitted")):
        ack = await website.command(id=device, device=device, command="on_off.toggle")
        assert ack["error"] == error
    assert not narrowed.done()
    disk.go_on.set()
    await narrowed
