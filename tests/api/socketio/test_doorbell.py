"""Rings: sent to every website that sees the doorbell, answered by the first."""

from datetime import timedelta
from typing import Any

from homeassistant.components.event import EventDeviceClass, EventEntity
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, setup_test_component_platform

from ...conftest import ORIGIN, Connect, Home, Socket, Tokens, enter

SENSOR = "binary_sensor.door_mat"


class Doorbell(EventEntity):
    """The bell at the front door."""

    _attr_name = "Front door"
    _attr_unique_id = "front_door"
    _attr_device_class = EventDeviceClass.DOORBELL
    _attr_event_types = ["ring"]  # noqa: RUF012 - as the base class has it

    def press(self) -> None:
        self._trigger_event("ring")
        self.async_write_ha_state()


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["event", "light", "binary_sensor"], "doorbells": [SENSOR]}


@pytest.fixture
async def doorbell(home: Home) -> Doorbell:
    doorbell = Doorbell()
    setup_test_component_platform(home.hass, "event", [doorbell])
    assert await async_setup_component(home.hass, "event", {"event": {"platform": "test"}})
    await home.hass.async_block_till_done()
    return doorbell


@pytest.fixture
async def website(connect: Connect, tokens: Tokens, doorbell: Doorbell) -> Socket:
    assert doorbell.entity_id
    website, _ = await enter(connect, tokens)
    return website


async def answer(website: Socket, event_id: Any, **more: Any) -> Any:
    return await website.call("answer", {"event_id": event_id, **more})


async def occurrence(website: Socket, type_: str = "ring") -> dict[str, Any]:
    """Return the next occurrence, which must be of this type; states are passed over."""
    while True:
        name, payload = await website.next()
        if name == "event":
            assert payload["type"] == type_
            return payload


async def test_the_first_to_answer_wins(
    home: Home, connect: Connect, website: Socket, doorbell: Doorbell, tokens: Tokens
) -> None:
    neighbour = await home.pair_from_display()
    other, _ = await enter(connect, neighbour)
    answered = async_capture_events(home.hass, "interphone_answered")
    doorbell.press()
    ring = await occurrence(website)
    assert ring == await occurrence(other)
    assert ring["id"] == (await home.device(tokens, "Front door"))["id"]
    assert ring["answerable"] is True
    at, expires_at = (dt_util.parse_datetime(ring[key]) for key in ("at", "expires_at"))
    assert at is not None
    assert expires_at == at + timedelta(seconds=30)

    assert await answer(other, ring["event_id"], action="open") == {"success": True}
    for each in (website, other):
        sent = await occurrence(each, "answered")
        assert (sent["event_id"], sent["id"], sent["answerable"]) == (ring["event_id"], ring["id"], False)
        # By whom is nobody's business but the home's.
        assert neighbour.grant_id not in str(sent)
    for late in (website, other):
        assert (await answer(late, ring["event_id"]))["error"] == "already_answered"
    [event] = answered
    assert event.data["entity_id"] == doorbell.entity_id
    assert event.data["grant_id"] == neighbour.grant_id
    assert event.data["action"] == "open"


async def test_too_late(website: Socket, doorbell: Doorbell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.feed.EVENT_LIFETIME", 0)
    doorbell.press()
    ring = await occurrence(website)
    assert (await answer(website, ring["event_id"]))["error"] == "expired_event"


async def test_only_who_sees_the_door_may_answer(
    home: Home, connect: Connect, website: Socket, doorbell: Doorbell, tokens: Tokens
) -> None:
    guest = await home.pair_from_display()
    await home.command("grants/update", grant_id=guest.grant_id, scope={"devices": []})
    other, _ = await enter(connect, guest)
    doorbell.press()
    ring = await occurrence(website)
    assert (await answer(other, ring["event_id"]))["error"] == "unknown_event"
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"control": False})
    assert (await answer(website, ring["event_id"]))["error"] == "not_permitted"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (None, "invalid_request"),
        ({}, "invalid_request"),
        ({"event_id": 5}, "invalid_request"),
        ({"event_id": "x" * 65}, "invalid_request"),
        ({"event_id": "x", "action": "y" * 257}, "invalid_request"),
        ({"event_id": "x", "action": "a\nb"}, "invalid_request"),
        ({"event_id": "x", "more": 1}, "invalid_request"),
        ({"event_id": "x"}, "unknown_event"),
    ],
)
async def test_what_is_no_answer(website: Socket, data: Any, error: str) -> None:
    body = await website.call("answer", data)
    assert (body["success"], body["error"]) == (False, error)


async def test_unauthenticated_sessions_answer_nothing(connect: Connect, website: Socket, doorbell: Doorbell) -> None:
    doorbell.press()
    ring = await occurrence(website)
    session = await connect()
    assert (await answer(session, ring["event_id"]))["error"] == "missing_token"


async def test_a_sensor_chosen_as_a_doorbell(home: Home, website: Socket, tokens: Tokens) -> None:
    def mat(hass: HomeAssistant, state: str) -> None:
        hass.states.async_set(SENSOR, state, {"friendly_name": "Door mat", "device_class": "occupancy"})

    # One that is on when it first appears, or comes back on, rings nothing.
    for state in ("on", "unavailable", "on", "unknown", "on", "off"):
        mat(home.hass, state)
        await home.hass.async_block_till_done()
    mat(home.hass, "on")
    ring = await occurrence(website)
    assert ring["id"] == (await home.device(tokens, "Door mat"))["id"]
    assert (ring["answerable"], ring["name"]) == (True, "Door mat")
    assert await answer(website, ring["event_id"]) == {"success": True}
    await occurrence(website, "answered")


async def test_a_ring_is_not_lost_by_who_was_away(
    home: Home, connect: Connect, tokens: Tokens, website: Socket, doorbell: Doorbell
) -> None:
    _, before = await home.request("GET", "/devices", headers=tokens.headers)
    await website.client.disconnect()
    doorbell.press()
    since = {"epoch": before["epoch"], "seq": before["seq"]}
    again = await connect(auth={"token": tokens.token, "since": since})
    [ring] = [change["payload"] for change in (await again.receive("resume"))["changes"] if change["event"] == "event"]
    assert await answer(again, ring["event_id"]) == {"success": True}
