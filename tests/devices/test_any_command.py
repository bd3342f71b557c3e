"""Any command that fits the schema works, or fails with a listed error: tried on every device of the demo home."""

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
import pytest

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.commands import Commands, CommandStatus
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.registry import TRAITS
from custom_components.interphone.http.operations import OF_COMMANDS

from .conftest import ALL, grant, set_up_demo
from .drawing import params
from .wire import fits

# Hypothesis mistakes its own generator for one that is about to go, when it is made within a running loop.
pytestmark = pytest.mark.filterwarnings("ignore:It looks like `register_random`")

EXAMPLES = 25
LISTED = {error.code for error in OF_COMMANDS}
DOMAINS = {
    *("alarm_control_panel", "button", "climate", "cover", "date", "datetime", "fan", "humidifier", "light", "lock"),
    *("media_player", "number", "select", "siren", "switch", "text", "time", "vacuum", "valve"),
    "water_heater",
}
# Commands that fit and that the demo home fails at all the same: it asks for a PIN, or promises more than it can do.
FAILING = {"arm.arm", "arm.disarm", "arm.trigger", "media.seek", "run.locate"}
WAITS = {"lock.LOCK_UNLOCK_DELAY": 0, "valve.OPEN_CLOSE_DELAY": 0}


@pytest.fixture
def platforms(domain: str) -> list[str]:
    return [domain]


@pytest.fixture
async def home(hass: HomeAssistant, platforms: Collection[str]) -> AsyncIterator[HomeAssistant]:
    """A demo home in which nothing takes time."""
    with ExitStack() as stack:
        for name, seconds in WAITS.items():
            stack.enter_context(patch(f"homeassistant.components.demo.{name}", seconds))
        stack.enter_context(patch("custom_components.interphone.devices.commands.CONFIRM_TIMEOUT", 0))
        await set_up_demo(hass, platforms)
        yield hass


def examples(strategy: st.SearchStrategy[Any]) -> list[Any]:
    """Draw some, the same ones each time."""
    drawn: list[Any] = []

    @seed(1)
    @settings(max_examples=EXAMPLES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def draw(example: Any) -> None:
        drawn.append(example)

    draw()
    return drawn


def words_of(value: object) -> Iterator[str | float]:
    """Yield the words and numbers of a description: options, modes, presets, ends of ranges."""
    if isinstance(value, str | float | int) and not isinstance(value, bool):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for child in children:
        yield from words_of(child)


def envelopes(device: Device) -> Iterator[dict[str, Any]]:
    for command in device.commands:
        trait, _, verb = command.partition(".")
        words = [*words_of(dict(device.traits[trait])), "1234"]
        for drawn in examples(params(TRAITS[trait].commands[verb].schema(), words)):
            yield {"device": device.id, "command": command, "params": drawn}


@pytest.mark.parametrize("domain", sorted(DOMAINS))
async def test_it_works_or_fails_with_a_listed_error(hass: HomeAssistant, catalog: Catalog, commands: Commands) -> None:
    worked: set[str] = set()
    tried: set[str] = set()
    for device in catalog.devices(ALL):
        for number, envelope in enumerate(envelopes(device)):
            fits("command", {"id": str(number), **envelope})
            # Each of another website, so that none is told to come more slowly.
            result = await commands.run(grant(grant_id=f"{device.id} {number}"), {"id": str(number), **envelope})
            fits("result", result.as_dict("a message" if result.error else None))
            tried.add(envelope["command"])
            if result.error is None:
                assert result.status in {CommandStatus.DONE, CommandStatus.CONFIRMED}
                worked.add(envelope["command"])
            elif envelope["command"] in FAILING:
                assert result.error.code in LISTED
            else:
                # What the home cannot do is found before anything is called.
                assert result.error.code in {"invalid_params", "device_offline"}, (device.entity_id, envelope)
    await hass.async_block_till_done()
    for device in catalog.devices(ALL):
        fits("device", device.as_dict())
    assert tried
    assert tried - worked <= FAILING
