"""Transitions of lights: offered by those that can fade, refused by others."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.light import ATTR_TRANSITION, ColorMode, LightEntity, LightEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import setup_test_component_platform

from custom_components.interphone.devices.commands import CommandStatus
from custom_components.interphone.devices.model import Device

from .conftest import Send
from .wire import VALIDATORS, fits

FADES, JUMPS = "light.fades", "light.jumps"


class Lamp(LightEntity):
    """A lamp that records the transition of its last change."""

    _attr_supported_color_modes = {ColorMode.HS, ColorMode.COLOR_TEMP}  # noqa: RUF012 - as the base class has it
    _attr_is_on = False

    def __init__(self, name: str, features: LightEntityFeature) -> None:
        self._attr_name = name
        self._attr_supported_features = features
        self.transition: float | None = None

    async def async_turn_on(self, **kwargs: Any) -> None:
        self.transition = kwargs.get(ATTR_TRANSITION)
        self._attr_is_on = True
        self._attr_brightness = kwargs.get("brightness", self._attr_brightness)
        self._attr_hs_color = kwargs.get("hs_color")
        self._attr_color_temp_kelvin = kwargs.get("color_temp_kelvin")
        self._attr_color_mode = ColorMode.COLOR_TEMP if self._attr_color_temp_kelvin else ColorMode.HS
        self.async_write_ha_state()

    async def async_turn_off(self, **kwargs: Any) -> None:
        self.transition = kwargs.get(ATTR_TRANSITION)
        self._attr_is_on = False
        self.async_write_ha_state()


@pytest.fixture
def lamp() -> Lamp:
    return Lamp("Fades", LightEntityFeature.TRANSITION)


@pytest.fixture
async def home(hass: HomeAssistant, lamp: Lamp) -> HomeAssistant:
    """A home of two lamps, of which one can fade."""
    assert await async_setup_component(hass, "homeassistant", {})
    setup_test_component_platform(hass, "light", [lamp, Lamp("Jumps", LightEntityFeature(0))])
    assert await async_setup_component(hass, "light", {"light": {"platform": "test"}})
    await hass.async_block_till_done()
    return hass


COMMANDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("on_off.set", {"on": True}, {"on": True}),
    ("on_off.set", {"on": False}, {"on": False}),
    ("on_off.toggle", {}, {"on": True}),
    ("brightness.set", {"percent": 40}, {"percent": 40}),
    ("brightness.set", {"percent": 0}, {"percent": 0}),
    ("color.set", {"kelvin": 3000}, {"mode": "kelvin", "kelvin": 3000}),
    ("color.set", {"hue": 30, "saturation": 50}, {"mode": "hue_saturation", "hue": 30, "saturation": 50}),
]


@pytest.mark.parametrize("seconds", [0, 2.5, 300])
@pytest.mark.parametrize(("command", "params", "state"), COMMANDS)
async def test_a_change_takes_its_time(
    send: Send,
    device: Callable[[str], Device],
    lamp: Lamp,
    command: str,
    params: dict[str, Any],
    state: dict[str, Any],
    *,
    seconds: float,
) -> None:
    result = await send(FADES, command, **params, transition_seconds=seconds)
    assert result.error is None
    assert lamp.transition == seconds
    now = device(FADES).state[command.partition(".")[0]]
    assert {key: now[key] for key in state} == state
    # This lamp shows its target at once; a toggle has no wanted state.
    assert result.status is (CommandStatus.DONE if command == "on_off.toggle" else CommandStatus.CONFIRMED)


@pytest.mark.parametrize(("command", "params", "state"), COMMANDS)
async def test_without_it_the_lamp_decides(
    send: Send, lamp: Lamp, command: str, params: dict[str, Any], state: dict[str, Any]
) -> None:
    assert state
    lamp.transition = -1
    assert (await send(FADES, command, **params)).error is None
    assert lamp.transition is None


async def test_it_is_offered_only_where_it_can_be_kept(device: Callable[[str], Device]) -> None:
    offered = {name: device(FADES).traits[name] for name in ("on_off", "brightness", "color")}
    assert {traits["transition_seconds_max"] for traits in offered.values()} == {300}
    assert not [traits for traits in device(JUMPS).traits.values() if "transition_seconds_max" in traits]
    for entity_id in (FADES, JUMPS):
        fits("device", device(entity_id).as_dict())


@pytest.mark.parametrize(("command", "params", "state"), COMMANDS)
async def test_one_that_cannot_fade_says_so(
    send: Send, device: Callable[[str], Device], command: str, params: dict[str, Any], state: dict[str, Any]
) -> None:
    assert state
    before = device(JUMPS)
    result = await send(JUMPS, command, **params, transition_seconds=1)
    assert result.error is not None
    assert (result.error.code, result.error.detail) == (
        "invalid_params",
        "transition_seconds: this device cannot fade",
    )
    assert device(JUMPS) == before


@pytest.mark.parametrize("seconds", [-1, 300.1, "1", None, True, float("nan")])
@pytest.mark.parametrize(("command", "params", "state"), COMMANDS)
async def test_times_that_are_none(
    send: Send, command: str, params: dict[str, Any], state: dict[str, Any], *, seconds: object
) -> None:
    assert state
    result = await send(FADES, command, **params, transition_seconds=seconds)
    assert result.error is not None
    assert result.error.code == "invalid_params"
    assert "transition_seconds: expected a number from 0 to 300" in (result.error.detail or "")
    envelope = {"id": "1", "device": "d", "command": command, "params": {**params, "transition_seconds": seconds}}
    if seconds == seconds:  # noqa: PLR0124 - JSON has no NaN
        assert not VALIDATORS["command"].is_valid(envelope)
