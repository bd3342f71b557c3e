"""Errors of refused commands, which call nothing."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import logging
from typing import Any

from homeassistant.core import Context, Event, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
import voluptuous as vol

from custom_components.interphone.access.models import May, Scope
from custom_components.interphone.const import EVENT_COMMAND
from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.commands import COMMAND_BURST, Commands, CommandStatus
from custom_components.interphone.devices.exposure import Exposure
from custom_components.interphone.devices.model import Device

from .conftest import ALL, Send, grant, only
from .wire import fits

LIGHT = "light.ceiling_lights"


@pytest.fixture
def platforms() -> list[str]:
    return ["light", "lock", "climate", "cover", "fan", "media_player", "sensor", "siren", "text"]


@pytest.mark.parametrize(
    ("envelope", "names"),
    [
        (None, "object"),
        ("on", "object"),
        ([], "object"),
        ({}, "id"),
        ({"id": 1, "device": "d", "command": "c"}, "id"),
        ({"id": "", "device": "d", "command": "c"}, "id"),
        ({"id": "x" * 65, "device": "d", "command": "c"}, "id"),
        ({"id": "1", "command": "c"}, "device"),
        ({"id": "1", "device": "d"}, "command"),
        ({"id": "1", "device": "d", "command": "c", "parameters": {}}, "parameters"),
        ({"id": "1", "device": "d", "command": "c", "expires_at": "soon"}, "expires_at"),
        ({"id": "1", "device": "d", "command": "c", "expires_at": "2026-01-01T00:00:00"}, "expires_at"),
        ({"id": "1", "device": "d", "command": "c", "expires_at": "2026-13-45T10:00:00Z"}, "expires_at"),
        ({"id": "1", "device": "d", "command": "c", "expires_at": "2026-01-01T00:00:00+25:00"}, "expires_at"),
        ({"id": "1", "device": "d", "command": "c", "expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        # Crashes Home Assistant's own parser.
        ({"id": "1", "device": "d", "command": "c", "expires_at": "2026\ud800"}, "expires_at"),
    ],
)
async def test_an_envelope_that_is_none(commands: Commands, calls: list[Event], envelope: Any, names: str) -> None:
    result = await commands.run(grant(), envelope)
    assert result.status is CommandStatus.FAILED
    assert result.error is not None
    assert result.error.code == "invalid_request"
    assert names in (result.error.detail or "")
    assert not calls


@pytest.mark.parametrize(
    ("entity_id", "command", "params", "names"),
    [
        (LIGHT, "on_off.set", {}, "on"),
        (LIGHT, "on_off.set", {"on": 1}, "on"),
        (LIGHT, "on_off.set", {"on": "true"}, "on"),
        (LIGHT, "on_off.set", {"on": True, "transition": 5}, "transition"),
        (LIGHT, "on_off.set", {"on": True, "transition_seconds": 5}, "cannot fade"),
        (LIGHT, "on_off.toggle", {"transition_seconds": 5}, "cannot fade"),
        (LIGHT, "brightness.set", {"percent": 10, "transition_seconds": 5}, "cannot fade"),
        (LIGHT, "color.set", {"kelvin": 3000, "transition_seconds": 5}, "cannot fade"),
        ("fan.living_room_fan", "on_off.set", {"on": True, "transition_seconds": 5}, "cannot fade"),
        (LIGHT, "on_off.toggle", {"area_id": "all"}, "area_id"),
        (LIGHT, "brightness.set", {"percent": True}, "percent"),
        (LIGHT, "brightness.set", {"percent": "50"}, "percent"),
        (LIGHT, "brightness.set", {"percent": float("nan")}, "percent"),
        (LIGHT, "brightness.set", {"percent": float("inf")}, "percent"),
        (LIGHT, "brightness.set", {"percent": 10**400}, "JSON"),
        (LIGHT, "brightness.set", {"percent": None}, "percent"),
        (LIGHT, "brightness.set", {"percent": 100.1}, "0 to 100"),
        (LIGHT, "brightness.set", {"percent": -1}, "0 to 100"),
        (LIGHT, "color.set", {"kelvin": 1500}, "2000 to 6535 K"),
        (LIGHT, "color.set", {"kelvin": 3000, "hue": 1, "saturation": 1}, "kelvin"),
        (LIGHT, "color.set", {"hue": 10}, "saturation"),
        (LIGHT, "color.set", {}, "kelvin"),
        ("light.office_rgbw_lights", "color.set", {"kelvin": 3000}, "no color temperature"),
        ("light.bed_light", "effect.set", {"effect": "disco"}, "rainbow, off"),
        ("climate.hvac", "thermostat.set_temperature", {"celsius": 36}, "7 to 35 °C"),
        ("climate.hvac", "thermostat.set_temperature", {"celsius": -500}, "celsius"),
        ("climate.ecobee", "thermostat.set_temperature", {"celsius": 20}, "low_celsius"),
        ("climate.heatpump", "thermostat.set_temperature", {"low_celsius": 18, "high_celsius": 20}, "celsius"),
        ("climate.ecobee", "thermostat.set_temperature", {"low_celsius": 25, "high_celsius": 20}, "above"),
        ("climate.hvac", "thermostat.set_mode", {"mode": "heat_cool"}, "off, heat, cool"),
        ("climate.hvac", "humidity.set", {"percent": 20}, "30 to 99"),
        ("fan.living_room_fan", "fan.set_preset", {"preset": "turbo"}, "auto, smart"),
        ("fan.living_room_fan", "fan.set_direction", {"direction": "up"}, "forward, reverse"),
        ("media_player.lounge_room", "source.set", {"source": "vhs"}, "dvd, youtube"),
        ("media_player.walkman", "volume.set", {"percent": 101}, "0 to 100"),
        ("lock.front_door", "lock.unlock", {"pin": 1234}, "pin"),
        ("siren.siren_with_all_features", "siren.sound", {"tone": "whistle"}, "fire, alarm"),
        ("siren.siren", "siren.sound", {"percent": 10}, "percent"),
        ("text.text_with_1_to_5_characters", "text.set", {"text": "sesame"}, "1 to 5 characters"),
        ("text.text_with_only_lower_case_characters", "text.set", {"text": "SESAME"}, "[a-z]+"),
    ],
)
async def test_params_that_do_not_fit(
    send: Send, calls: list[Event], entity_id: str, command: str, params: dict[str, Any], names: str
) -> None:
    result = await send(entity_id, command, **params)
    assert result.status is CommandStatus.FAILED
    assert result.error is not None
    assert result.error.code == "invalid_params"
    assert names in (result.error.detail or "")
    fits("result", result.as_dict("a message"))
    assert not calls


@pytest.mark.parametrize("params", [None, [], "on", 1])
async def test_params_that_are_no_object(
    commands: Commands, device: Callable[[str], Device], calls: list[Event], params: object
) -> None:
    result = await commands.run(
        grant(), {"id": "1", "device": device(LIGHT).id, "command": "on_off.set", "params": params}
    )
    assert result.error is not None
    assert result.error.code == "invalid_params"
    assert not calls


@pytest.mark.parametrize(
    ("entity_id", "command"),
    [
        (LIGHT, "lock.unlock"),
        (LIGHT, "on_off.explode"),
        (LIGHT, "on_off"),
        (LIGHT, "turn_on"),
        ("cover.kitchen_window", "open_close.set"),
        ("fan.ceiling_fan", "fan.oscillate"),
        ("media_player.lounge_room", "volume.set"),
        ("sensor.outside_humidity", "value.set"),
    ],
)
async def test_a_command_that_the_device_does_not_have(
    send: Send, calls: list[Event], entity_id: str, command: str
) -> None:
    result = await send(entity_id, command)
    assert result.error is not None
    assert result.error.code == "unsupported_command"
    assert not calls


@pytest.mark.parametrize("params", [{}, {"percent": "high"}])
async def test_permission_is_checked_before_anything_else(
    commands: Commands, device: Callable[[str], Device], calls: list[Event], params: dict[str, Any]
) -> None:
    def envelope(entity_id: str, command: str) -> dict[str, Any]:
        return {"id": "1", "device": device(entity_id).id, "command": command, "params": params}

    async def code(scope: Scope, entity_id: str, command: str) -> str:
        result = await commands.run(grant(scope), envelope(entity_id, command))
        assert result.error is not None
        return result.error.code

    lamp = device(LIGHT).id
    assert await code(Scope(may=May.LOOK), LIGHT, "brightness.set") == "not_permitted"
    assert await code(Scope(), "lock.front_door", "lock.unlock") == "not_permitted"
    assert await code(Scope(), "cover.garage_door", "open_close.open") == "not_permitted"
    assert await code(only(lamp), "climate.hvac", "humidity.set") == "unknown_device"
    assert await code(only(), LIGHT, "brightness.set") == "unknown_device"
    assert not calls


async def test_a_device_nobody_knows_or_that_is_no_longer_shared(
    commands: Commands, catalog: Catalog, device: Callable[[str], Device], calls: list[Event]
) -> None:
    unknown = await commands.run(grant(), {"id": "1", "device": "nobody", "command": "on_off.toggle"})
    lamp = device(LIGHT).id
    by_entity_id = await commands.run(grant(), {"id": "2", "device": LIGHT, "command": "on_off.toggle"})
    catalog.set_exposure(Exposure(frozenset({"fan"})))
    unshared = await commands.run(grant(), {"id": "3", "device": lamp, "command": "on_off.toggle"})
    codes = {result.error.code for result in (unknown, by_entity_id, unshared) if result.error}
    assert codes == {"unknown_device"}
    assert not calls


async def test_a_device_that_cannot_be_reached(hass: HomeAssistant, send: Send, calls: list[Event]) -> None:
    lamp = hass.states.get(LIGHT)
    assert lamp is not None
    hass.states.async_set(LIGHT, "unavailable", lamp.attributes)
    result = await send(LIGHT, "on_off.set", on=True)
    assert result.error is not None
    assert result.error.code == "device_offline"
    hass.states.async_remove(LIGHT)
    assert not calls


async def test_a_command_that_arrives_too_late(
    commands: Commands, device: Callable[[str], Device], calls: list[Event]
) -> None:
    def envelope(expires_at: datetime) -> dict[str, Any]:
        return {
            "id": expires_at.isoformat(),
            "device": device(LIGHT).id,
            "command": "on_off.set",
            "params": {"on": False},
            "expires_at": expires_at.isoformat(),
        }

    late = await commands.run(grant(), envelope(datetime.now(UTC) - timedelta(seconds=1)))
    assert late.status is CommandStatus.EXPIRED
    assert late.error is not None
    assert late.error.code == "command_expired"
    assert not calls

    timely = await commands.run(grant(), envelope(datetime.now(UTC) + timedelta(minutes=1)))
    assert timely.status is CommandStatus.CONFIRMED
    assert len(calls) == 1


@pytest.mark.parametrize(
    "error",
    [
        HomeAssistantError("the bridge is at 10.0.0.5, PIN 4711"),
        vol.Invalid("got 4711"),
        ValueError("4711"),
        TimeoutError("4711"),
    ],
)
async def test_a_service_that_fails(
    hass: HomeAssistant, send: Send, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    async def fail(_call: ServiceCall) -> None:
        raise error

    hass.services.async_register("lock", "unlock", fail)
    caplog.clear()
    result = await send("lock.front_door", "lock.unlock", pin="4711")
    assert result.status is CommandStatus.FAILED
    assert result.error is not None
    assert result.error.code == "command_failed"
    assert "lock.unlock on lock.front_door failed" in caplog.text
    assert "4711" not in caplog.text + str(result.as_dict("message"))


async def test_a_service_that_hangs(
    hass: HomeAssistant, send: Send, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def hang(_call: ServiceCall) -> None:
        await asyncio.Event().wait()

    hass.services.async_register("light", "turn_on", hang)
    monkeypatch.setattr("custom_components.interphone.devices.commands.COMMAND_TIMEOUT", 0.05)
    result = await send(LIGHT, "on_off.set", on=True)
    assert result.error is not None
    assert result.error.code == "timeout"
    assert "did not return" in caplog.text


async def test_a_pin_goes_to_the_lock_and_nowhere_else(
    hass: HomeAssistant, send: Send, calls: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.interphone")
    fired = async_capture_events(hass, EVENT_COMMAND)
    await send("lock.front_door", "lock.unlock", pin="4711")
    assert calls[0].data["service_data"] == {"code": "4711", "entity_id": "lock.front_door"}
    ours = [record.getMessage() for record in caplog.records if "interphone" in record.name]
    assert "4711" not in f"{ours} {fired[0].data}"


async def test_the_event_names_the_website_for_the_logbook(
    hass: HomeAssistant, commands: Commands, device: Callable[[str], Device], calls: list[Event]
) -> None:
    order: list[str] = []
    fired = async_capture_events(hass, EVENT_COMMAND)

    @callback
    def note(event: Event) -> None:
        order.append(str(event.event_type))

    hass.bus.async_listen(EVENT_COMMAND, note)
    hass.bus.async_listen("call_service", note)
    context = Context()
    lamp = device(LIGHT).id
    await commands.run(
        grant(name="Hotel"),
        {"id": "1", "device": lamp, "command": "on_off.set", "params": {"on": False}},
        context=context,
    )
    assert order == [EVENT_COMMAND, "call_service"]
    assert fired[0].data == {
        "entity_id": LIGHT,
        "device": lamp,
        "command": "on_off.set",
        "grant_id": "g1",
        "grant_name": "Hotel",
    }
    state = hass.states.get(LIGHT)
    assert state is not None
    assert state.context is context
    assert fired[0].context is context
    assert calls[0].context is context


async def test_too_many_commands(commands: Commands, device: Callable[[str], Device]) -> None:
    envelope = {"device": device(LIGHT).id, "command": "nothing.at_all"}
    results = [await commands.run(grant(), {**envelope, "id": str(i)}) for i in range(COMMAND_BURST + 20)]
    codes = [result.error.code for result in results if result.error]
    assert codes[0] == "unsupported_command"
    assert codes[-1] == "rate_limited"
    last = results[-1].error
    assert last is not None
    assert last.retry_after is not None
    assert 0 < last.retry_after <= 1
    # Another website is not limited.
    other = await commands.run(grant(ALL, grant_id="g2"), {**envelope, "id": "1"})
    assert other.error is not None
    assert other.error.code == "unsupported_command"
