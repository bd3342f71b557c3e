"""Commands as a whole: repeated, in batches, done or confirmed."""

import asyncio
from collections.abc import Callable
import gc
from typing import Any

from homeassistant.core import Event, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.interphone.access.models import May, Scope
from custom_components.interphone.devices.commands import Commands, CommandStatus
from custom_components.interphone.devices.model import Device

from .conftest import Send, grant

LIGHT = "light.ceiling_lights"


@pytest.fixture
def platforms() -> list[str]:
    return ["light", "cover"]


type Envelope = Callable[[str], dict[str, Any]]


@pytest.fixture
def toggle(device: Callable[[str], Device]) -> Envelope:
    def envelope(command_id: str) -> dict[str, Any]:
        return {"id": command_id, "device": device(LIGHT).id, "command": "on_off.toggle"}

    return envelope


async def test_a_command_that_is_sent_again_is_not_run_again(
    commands: Commands, calls: list[Event], toggle: Envelope
) -> None:
    first = await commands.run(grant(), toggle("a"))
    again = await commands.run(grant(), toggle("a"))
    assert again == first
    assert len(calls) == 1
    # The id is the website's own: another website's "a" and this one's "b" are other commands.
    await commands.run(grant(grant_id="g2"), toggle("a"))
    await commands.run(grant(), toggle("b"))
    assert len(calls) == 3


async def test_only_the_result_of_a_command_is_kept(commands: Commands, toggle: Envelope) -> None:
    """What is kept for repetitions costs each later command its share of every garbage collection."""
    results = [await commands.run(grant(), toggle(str(number))) for number in range(3)]
    await asyncio.sleep(0)
    gc.collect()
    kept = [
        thing for thing in gc.get_objects() if isinstance(thing, asyncio.Task) and "on_off.toggle" in thing.get_name()
    ]
    assert not kept
    assert [await commands.run(grant(), toggle(str(number))) for number in range(3)] == results


async def test_a_command_that_is_sent_again_while_it_runs(
    hass: HomeAssistant, commands: Commands, toggle: Envelope
) -> None:
    release = asyncio.Event()
    calls = 0

    async def slow(_call: ServiceCall) -> None:
        nonlocal calls
        calls += 1
        await release.wait()

    hass.services.async_register("light", "toggle", slow)
    first = asyncio.create_task(commands.run(grant(), toggle("a")))
    second = asyncio.create_task(commands.run(grant(), toggle("a")))
    await asyncio.sleep(0)
    release.set()
    assert await first == await second
    assert calls == 1


async def test_a_website_that_hangs_up_does_not_stop_its_command(
    hass: HomeAssistant, commands: Commands, toggle: Envelope
) -> None:
    begun, release, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_call: ServiceCall) -> None:
        begun.set()
        await release.wait()
        ended.set()

    hass.services.async_register("light", "toggle", slow)
    first = asyncio.create_task(commands.run(grant(), toggle("a")))
    await begun.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    release.set()
    again = await commands.run(grant(), toggle("a"))
    assert again.status is CommandStatus.DONE
    assert ended.is_set()


async def test_an_id_used_for_another_command(commands: Commands, calls: list[Event], toggle: Envelope) -> None:
    await commands.run(grant(), toggle("a"))
    other = {**toggle("a"), "command": "brightness.set", "params": {"percent": 10}}
    result = await commands.run(grant(), other)
    assert result.error is not None
    assert result.error.code == "invalid_request"
    assert len(calls) == 1


async def test_a_refused_command_may_be_sent_again_and_a_failed_one_may_not(
    hass: HomeAssistant, commands: Commands, toggle: Envelope
) -> None:
    refused = await commands.run(grant(Scope(may=May.LOOK)), toggle("a"))
    assert refused.error is not None
    allowed = await commands.run(grant(), toggle("a"))
    assert allowed.error is None

    attempts = 0

    async def fail(_call: ServiceCall) -> None:
        nonlocal attempts
        attempts += 1
        raise HomeAssistantError

    hass.services.async_register("light", "toggle", fail)
    assert (await commands.run(grant(), toggle("b"))).status is CommandStatus.FAILED
    assert (await commands.run(grant(), toggle("b"))).status is CommandStatus.FAILED
    assert attempts == 1


async def test_a_batch_runs_in_order_and_each_has_its_own_outcome(
    commands: Commands, calls: list[Event], device: Callable[[str], Device]
) -> None:
    lamp, blind = device(LIGHT).id, device("cover.hall_window").id
    results = await commands.run_many(
        grant,
        [
            {"id": "1", "device": lamp, "command": "brightness.set", "params": {"percent": 20}},
            {"id": "2", "device": lamp, "command": "brightness.set", "params": {"percent": 200}},
            "nonsense",
            {"id": "4", "device": blind, "command": "open_close.open"},
            {"id": "5", "device": lamp, "command": "on_off.set", "params": {"on": False}},
        ],
    )
    assert [result.id for result in results] == ["1", "2", None, "4", "5"]
    assert [str(result.status) for result in results] == ["confirmed", "failed", "failed", "done", "confirmed"]
    assert [call.data["service"] for call in calls] == ["turn_on", "open_cover", "turn_off"]
    wire = [result.as_dict("message" if result.error else None) for result in results]
    assert wire[1] == {
        "id": "2",
        "status": "failed",
        "error": "invalid_params",
        "message": "message",
        "detail": "percent: expected a number from 0 to 100",
    }
    assert wire[4]["state"]["on_off"] == {"on": False}


async def test_a_batch_waits_for_each_call_before_the_next(
    hass: HomeAssistant, commands: Commands, toggle: Envelope
) -> None:
    running = most = 0

    async def slow(_call: ServiceCall) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    hass.services.async_register("light", "toggle", slow)
    await commands.run_many(grant, [toggle(str(i)) for i in range(5)])
    assert most == 1


async def test_confirmed_when_the_device_gets_there_in_time(
    hass: HomeAssistant, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.commands.CONFIRM_TIMEOUT", 30)
    lamp = hass.states.get(LIGHT)
    assert lamp is not None

    async def answer_first(_call: ServiceCall) -> None:
        def turn_off() -> None:
            hass.states.async_set(LIGHT, "off", lamp.attributes)

        hass.loop.call_soon(lambda: hass.loop.call_soon(turn_off))

    hass.services.async_register("light", "turn_off", answer_first)
    result = await send(LIGHT, "on_off.set", on=False)
    assert result.status is CommandStatus.CONFIRMED
    assert result.state is not None
    assert result.state["on_off"] == {"on": False}


async def test_done_when_the_device_does_something_else(hass: HomeAssistant, send: Send) -> None:
    async def ignore(_call: ServiceCall) -> None:
        """Return without an effect."""

    hass.services.async_register("light", "turn_off", ignore)
    result = await send(LIGHT, "on_off.set", on=False)
    assert result.status is CommandStatus.DONE
    assert result.state is not None
    assert result.state["on_off"] == {"on": True}


async def test_an_old_id_is_free_again(
    commands: Commands, calls: list[Event], toggle: Envelope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.commands.RESULTS_MAX", 2)
    for command_id in ("a", "b", "c", "a"):
        await commands.run(grant(), toggle(command_id))
    assert len(calls) == 4
    monkeypatch.setattr("custom_components.interphone.devices.commands.RESULT_LIFETIME", -1)
    await commands.run(grant(), toggle("a"))
    assert len(calls) == 5
