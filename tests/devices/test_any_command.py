"""Any command that fits the schema works, or fails with a listed error: tried on devices of every kind."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any, Final
from unittest.mock import patch

from homeassistant.components.light import LightEntityFeature
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from hypothesis import HealthCheck, given, note, settings, strategies as st
from jsonschema import Draft202012Validator
import pytest
from pytest_homeassistant_custom_component.common import setup_test_component_platform

from custom_components.interphone.api.rest.commands import COMMAND_ERRORS
from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.commands import CommandResult, Commands, CommandStatus
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.registry import DOMAINS, TRAITS

from .conftest import ALL, grant, set_up_demo
from .drawing import narrowed, params
from .test_commands_helpers import Vacuum, set_up_helpers, stop_helpers
from .test_transition import Lamp
from .wire import fits

pytestmark = pytest.mark.slow

# Examples of each command: for each device, and for all devices of a domain together.
EACH, TOGETHER = 5, 48
WAITS: Final = {"lock.LOCK_UNLOCK_DELAY": 0, "valve.OPEN_CLOSE_DELAY": 0}
WORKED: Final = "worked"
PIN, WRONG_PIN = "1234", "9999"  # of the demo's alarm

# Commands that may fail although they fit, and why. No others may, and each of these must also succeed at times.
REFUSED: Final = {
    "only some lamps fade": ("on_off.set", "on_off.toggle", "brightness.set", "color.set"),
    "only scripts have fields, each its own": ("activate.run",),
    "each has its own options": (
        *("choice.set", "effect.set", "fan.set_preset", "fan_speed.set", "humidity.set_mode", "siren.sound"),
        *("sound_mode.set", "source.set", "thermostat.set_fan_mode", "thermostat.set_mode", "thermostat.set_preset"),
        *("thermostat.set_swing_horizontal_mode", "thermostat.set_swing_mode"),
    ),
    "each has its own range": ("humidity.set", "level.set", "text.set", "thermostat.set_temperature"),
    "each holds one of three": ("datetime.set",),
}
MAY_FAIL: Final = {(command, "invalid_params"): why for why, commands in REFUSED.items() for command in commands} | {
    ("arm.arm", "invalid_params"): "the alarm wants its PIN",
    ("arm.arm", "command_rejected"): "the alarm wants another PIN",
    ("arm.disarm", "invalid_params"): "the alarm wants its PIN",
    ("arm.disarm", "command_rejected"): "the alarm wants another PIN",
    ("arm.trigger", "invalid_params"): "the alarm wants its PIN",
    ("arm.trigger", "command_failed"): "the alarm of the demo cannot be triggered twice",
    ("media.seek", "command_failed"): "some players of the demo say that they can, and cannot",
    ("update.install", "command_failed"): "what is up to date has nothing to install",
}

type Give = Callable[[Device, str, Any], CommandResult]


@pytest.fixture
def lamp() -> Lamp:
    return Lamp("Fades", LightEntityFeature.TRANSITION)


@pytest.fixture
async def home(hass: HomeAssistant, lamp: Lamp) -> AsyncIterator[HomeAssistant]:
    """A home with the demo's devices, all helpers, a few machines and a lamp that fades, without delays."""
    with ExitStack() as stack:
        for name, seconds in WAITS.items():
            stack.enter_context(patch(f"homeassistant.components.demo.{name}", seconds))
        stack.enter_context(patch("custom_components.interphone.devices.commands.CONFIRM_TIMEOUT", 0))
        await set_up_helpers(hass, Vacuum())
        setup_test_component_platform(hass, "light", [lamp])
        assert await async_setup_component(hass, "light", {"light": {"platform": "test"}})
        await set_up_demo(hass)
        yield hass
        await stop_helpers(hass)


@pytest.fixture
def give(hass: HomeAssistant, commands: Commands) -> Give:
    """Send a command, each by another grant, so that none is rate limited."""
    numbers = count()

    def give(device: Device, command: str, drawn: Any) -> CommandResult:
        number = str(next(numbers))
        envelope = {"id": number, "device": device.id, "command": command, "params": drawn}
        note(f"{command} {drawn!r} given to {device.entity_id}, which was {hass.states.get(device.entity_id)}")
        result = hass.loop.run_until_complete(commands.run(grant(grant_id=number), envelope))
        if device.type == "script":
            # Running a script that runs already waits for its end.
            hass.loop.run_until_complete(stop_helpers(hass))
        return result

    return give


def words_of(value: object) -> Iterator[str | float]:
    """Yield the words and numbers of a description: options, modes, presets, ends of ranges."""
    if isinstance(value, str | float | int) and not isinstance(value, bool):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for child in children:
        yield from words_of(child)


def schema_of(command: str) -> dict[str, Any]:
    trait, _, verb = command.partition(".")
    return TRAITS[trait].commands[verb].schema()


def drawn_for(device: Device, command: str) -> st.SearchStrategy[Any]:
    """Draw params that fit the schema, and params that this device accepts."""
    described = device.traits[command.partition(".")[0]]
    schema, words = schema_of(command), [*words_of(dict(described))]
    degrees = [described[end] for end in ("celsius_min", "celsius_max") if described.get(end) is not None]
    taken: dict[str, list[Any]] = {
        "pin": [PIN, WRONG_PIN],
        "fields": [{"who": "Ada"}, {"who": "Ada", "loud": True}] if described.get("fields") else [],
        "transition_seconds": [0, 2.5, 300] if "transition_seconds_max" in described else [],
        **dict.fromkeys(("celsius", "low_celsius", "high_celsius"), degrees),
        **{other: [] for other in ("date", "time", "instant") if other != described.get("holds")},
    }
    return st.one_of(params(schema, words), params(narrowed(schema, taken), words))


def check(command: str, result: CommandResult) -> str:
    """Assert that the outcome is an expected one, and return it."""
    fits("result", result.as_dict("a message" if result.error else None))
    if result.error is None:
        assert result.status in {CommandStatus.DONE, CommandStatus.CONFIRMED}
        return WORKED
    assert result.status is CommandStatus.FAILED
    assert (command, result.error.code) in MAY_FAIL, result.error.detail
    assert result.error.code in {"command_failed", "command_rejected"} or result.error.detail
    return result.error.code


def tried(device: Device, command: str, times: int, give: Give) -> Counter[str]:
    """Send a device one of its commands so many times, and count the outcomes."""
    outcomes: Counter[str] = Counter()
    schema = Draft202012Validator(schema_of(command))

    # The home has state, so an example from an earlier run may not fail again: keep none.
    @settings(max_examples=times, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn_for(device, command))
    def obeys(drawn: Any) -> None:
        assert schema.is_valid(drawn)
        outcomes[check(command, give(device, command, drawn))] += 1

    obeys()
    return outcomes


def all_tried(devices: list[Device], give: Give) -> dict[tuple[str, str], Counter[str]]:
    """Send every command to every device, and count the outcomes by domain and command."""
    outcomes: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    kinds = [(device.entity_id.partition(".")[0], command, device) for device in devices for command in device.commands]
    alike = Counter((domain, command) for domain, command, _ in kinds)
    for domain, command, device in kinds:
        times = max(EACH, TOGETHER // alike[domain, command])
        outcomes[domain, command] += tried(device, command, times, give)
    return outcomes


def test_it_works_or_fails_with_a_listed_error(
    hass: HomeAssistant, catalog: Catalog, give: Give, calls: list[Event]
) -> None:
    outcomes = all_tried(catalog.devices(ALL), give)
    hass.loop.run_until_complete(hass.async_block_till_done())
    for device in catalog.devices(ALL):
        fits("device", device.as_dict())
    assert {domain for domain, _ in outcomes} == {
        domain for domain, kind in DOMAINS.items() if any(trait.commands for trait in kind.traits)
    }
    assert {command for _, command in outcomes} == {
        f"{name}.{verb}" for name, trait in TRAITS.items() for verb in trait.commands
    }
    # Transitions and fields of scripts were among the params.
    assert {"transition", "variables"} <= {name for call in calls for name in call.data["service_data"]}
    assert [kind for kind, ways in outcomes.items() if not ways[WORKED]] == []
    failures = {(command, way) for (_, command), ways in outcomes.items() for way in ways if way != WORKED}
    assert failures == set(MAY_FAIL)


def test_all_that_may_fail_is_listed() -> None:
    assert {code for _, code in MAY_FAIL} <= {error.code for error in COMMAND_ERRORS}
