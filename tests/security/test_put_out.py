"""Whoever is put out is out at once, on every door, whatever is under way."""

import asyncio
from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant, ServiceCall
import pytest

from tests.conftest import Connect, Home, Tokens

type Act = Callable[[Home, Tokens], Awaitable[None]]


async def revoke(home: Home, tokens: Tokens) -> None:
    assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]


async def pause(home: Home, tokens: Tokens) -> None:
    assert (await home.command("grants/pause", grant_id=tokens.grant_id))["success"]


async def leave(home: Home, tokens: Tokens) -> None:
    assert (await home.request("POST", "/revoke", json={"token": tokens.token}))[0] == 200


async def remove_all(home: Home, _tokens: Tokens) -> None:
    assert (await home.command("grants/revoke_all"))["success"]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize(
    ("act", "reason", "errors"),
    [
        (revoke, "revoked", {"grant_revoked"}),
        (leave, "revoked", {"grant_revoked"}),
        (pause, "paused", {"grant_paused"}),
        (remove_all, "revoked", {"invalid_token"}),
    ],
)
async def test_every_door_is_shut_at_once(
    home: Home, connect: Connect, transport: str, act: Act, reason: str, errors: set[str]
) -> None:
    tokens = await home.pair()
    websites = [await connect(tokens.token, transports=[transport]) for _ in range(2)]
    for website in websites:
        await website.receive("snapshot")

    await act(home, tokens)

    for website in websites:
        assert await website.receive("revoked") == {"reason": reason}
        await website.closed()
    for method, path in (("GET", "/devices"), ("GET", "/grant"), ("POST", "/commands"), ("GET", "/events")):
        _, body = await home.request(method, path, headers=tokens.headers, json={} if method == "POST" else None)
        assert body["error"] in errors, path
    refused = await connect(tokens.token, transports=[transport], refused=True)
    assert (await refused.receive("refused"))["data"]["error"] in errors
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    status, body = await home.request("POST", "/token", json=refresh)
    assert body["error"] in errors | {"invalid_token"}, (status, body)


async def test_a_paused_website_comes_back_when_it_is_resumed(home: Home, connect: Connect) -> None:
    tokens = await home.pair()
    await pause(home, tokens)
    assert (await home.command("grants/resume", grant_id=tokens.grant_id))["success"]
    await (await connect(tokens.token)).receive("snapshot")


async def slow_light(hass: HomeAssistant) -> tuple[asyncio.Event, asyncio.Event, list[ServiceCall]]:
    """Let the lights' service begin, and end only when it is told to."""
    begun, end, calls = asyncio.Event(), asyncio.Event(), []

    async def turn_on(call: ServiceCall) -> None:
        calls.append(call)
        begun.set()
        await end.wait()

    hass.services.async_register("light", "turn_on", turn_on)
    return begun, end, calls


async def device_of(home: Home, tokens: Tokens, name: str) -> str:
    devices = (await home.request("GET", "/devices", headers=tokens.headers))[1]["devices"]
    return next(str(device["id"]) for device in devices if device["name"] == name)


async def test_in_the_middle_of_a_command(home: Home, connect: Connect) -> None:
    """What was begun may end, and nobody is told."""
    tokens = await home.pair()
    light = await device_of(home, tokens, "Bed Light")
    begun, end, _ = await slow_light(home.hass)
    website = await connect(tokens.token)
    await website.receive("snapshot")
    command = asyncio.create_task(website.command(id="1", device=light, command="on_off.set", params={"on": True}))
    await begun.wait()
    await revoke(home, tokens)
    assert await website.receive("revoked") == {"reason": "revoked"}
    await website.closed()
    end.set()
    command.cancel()
    await asyncio.gather(command, return_exceptions=True)
    await home.hass.async_block_till_done()


async def test_in_the_middle_of_a_batch(home: Home) -> None:
    """What was not begun is refused."""
    tokens = await home.pair()
    light = await device_of(home, tokens, "Bed Light")
    begun, end, calls = await slow_light(home.hass)
    batch = [{"id": str(n), "device": light, "command": "on_off.set", "params": {"on": True}} for n in range(3)]
    answer = asyncio.create_task(home.request("POST", "/commands", headers=tokens.headers, json=batch))
    await begun.wait()
    await revoke(home, tokens)
    end.set()
    status, body = await answer
    assert status == 200
    assert [result.get("error") for result in body["results"]] == [None, "grant_revoked", "grant_revoked"]
    assert len(calls) == 1


async def test_in_the_middle_of_a_refresh(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk is busy with the refresh, the grant is revoked: the refresh comes to nothing."""
    tokens = await home.pair()
    writing, written = asyncio.Event(), asyncio.Event()
    run = home.hass.async_add_executor_job

    async def slow_disk[**P, T](job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if not writing.is_set():
            writing.set()
            await written.wait()
        return await run(job, *args, **kwargs)

    monkeypatch.setattr(home.hass, "async_add_executor_job", slow_disk)
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    refreshed = asyncio.create_task(home.request("POST", "/token", json=refresh))
    await writing.wait()
    out = asyncio.Event()
    home.entry.runtime_data.grants.listen(lambda _change: out.set())
    revoked = asyncio.create_task(revoke(home, tokens))
    await out.wait()  # the revocation holds from here on, and waits for the disk as well
    written.set()
    status, body = await refreshed
    assert (status, body["error"]) == (401, "grant_revoked")
    await revoked
    assert (await home.request("POST", "/token", json=refresh))[1]["error"] == "invalid_token"


async def test_a_narrowed_scope_stops_the_pushes_at_once(home: Home, connect: Connect) -> None:
    tokens = await home.pair()
    kept = await device_of(home, tokens, "Bed Light")
    lost = await device_of(home, tokens, "Kitchen Lights")
    website = await connect(tokens.token)
    await website.receive("snapshot")
    scope = {"devices": [kept], "control": False}
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=scope))["success"]
    change = await website.receive("devices")
    assert lost in change["removed"]
    assert kept not in change["removed"]
    for entity_id in ("light.kitchen_lights", "light.bed_light"):
        await home.hass.services.async_call("light", "toggle", {"entity_id": entity_id}, blocking=True)
    assert (await website.receive("state"))["id"] == kept
    for device, error in ((lost, "unknown_device"), (kept, "not_permitted")):
        ack = await website.command(id=device, device=device, command="on_off.toggle")
        assert ack["error"] == error
