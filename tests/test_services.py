"""`interphone.ring`, as automations call it."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
import voluptuous as vol

from custom_components.interphone.devices.rings import RINGS_MAX

from .conftest import Connect, Home, Socket, Tokens, enter

LIGHT = "light.bed_light"


@pytest.fixture
async def website(connect: Connect, tokens: Tokens) -> Socket:
    website, _ = await enter(connect, tokens)
    return website


async def ring(hass: HomeAssistant, *, response: bool = False, **data: Any) -> Any:
    return await hass.services.async_call("interphone", "ring", data, blocking=True, return_response=response)


async def test_any_automation_rings_the_websites(home: Home, website: Socket, tokens: Tokens) -> None:
    await ring(home.hass, entity_id=LIGHT, message="A parcel has come.", timeout=60)
    event = await website.receive("event")
    light = await home.device(tokens)
    assert (event["id"], event["type"], event["name"], event["message"]) == (
        light["id"],
        "ring",
        "Bed Light",
        "A parcel has come.",
    )
    assert event["answerable"] is True
    at, expires_at = (dt_util.parse_datetime(event[key]) for key in ("at", "expires_at"))
    assert at is not None
    assert expires_at is not None
    assert (expires_at - at).total_seconds() == 60


async def test_the_answer_is_the_response(home: Home, website: Socket) -> None:
    called = asyncio.create_task(ring(home.hass, response=True, name="Gate"))
    event = await website.receive("event")
    assert (event["id"], event["name"], event["message"]) == (None, "Gate", None)
    assert not called.done()
    acknowledged = await website.call("answer", {"event_id": event["event_id"], "action": "open"})
    assert acknowledged == {"success": True}
    response = await called
    [grant] = await home.grants()
    assert dt_util.parse_datetime(response.pop("at")) is not None
    assert response == {
        "event_id": event["event_id"],
        "answered": True,
        "website": grant["name"],
        "action": "open",
    }


async def test_nobody_answers(home: Home) -> None:
    rings = home.entry.runtime_data.rings
    assert await rings.wait(rings.ring(None, name="Gate", seconds=0.01).event_id) is None


async def test_a_home_that_stops_answers_for_nobody(home: Home, website: Socket) -> None:
    called = asyncio.create_task(ring(home.hass, response=True, name="Gate"))
    event = await website.receive("event")
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert await called == {"event_id": event["event_id"], "answered": False}


async def test_who_hears_it(home: Home, connect: Connect, website: Socket, tokens: Tokens) -> None:
    guest = await home.pair_from_display()
    light = await home.device(tokens)
    await home.command("grants/update", grant_id=guest.grant_id, scope={"devices": [light["id"]]})
    other, _ = await enter(connect, guest)
    await ring(home.hass, name="Gate")
    await ring(home.hass, entity_id="light.ceiling_lights")
    await ring(home.hass, entity_id=LIGHT, name="By the bed")
    assert [(await website.receive("event"))["name"] for _ in range(3)] == ["Gate", "Ceiling Lights", "By the bed"]
    assert (await other.receive("event"))["name"] == "By the bed"


async def test_an_entity_that_is_not_shared_does_not_ring(home: Home) -> None:
    with pytest.raises(ServiceValidationError, match=r"lock\.front_door is not shared"):
        await ring(home.hass, entity_id="lock.front_door")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"message": "Who?"},
        {"name": ""},
        {"name": "x" * 257},
        {"name": "Gate", "timeout": 4},
        {"name": "Gate", "timeout": 301},
        {"name": "Gate", "more": 1},
        {"entity_id": ["light.bed_light", "light.ceiling_lights"]},
    ],
)
async def test_what_cannot_ring(home: Home, data: dict[str, Any]) -> None:
    with pytest.raises(vol.Invalid):
        await ring(home.hass, **data)


async def test_without_an_entry_nothing_rings(home: Home) -> None:
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    with pytest.raises(ServiceValidationError, match="Interphone is not running"):
        await ring(home.hass, name="Gate")


async def test_old_rings_are_forgotten(home: Home, website: Socket) -> None:
    rings = home.entry.runtime_data.rings
    first = rings.ring(None, name="first")
    waiting = asyncio.create_task(rings.wait(first.event_id))
    for _ in range(RINGS_MAX):
        rings.ring(None, name="another")
    assert await waiting is None
    assert (await website.call("answer", {"event_id": first.event_id}))["error"] == "unknown_event"
