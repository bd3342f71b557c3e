"""A home of Home Assistant's demo integration in which everything is shared."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from unittest.mock import patch

from homeassistant.components.homeassistant import DOMAIN as HOMEASSISTANT
from homeassistant.const import EVENT_CALL_SERVICE, EVENT_HOMEASSISTANT_START
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_time_changed

from custom_components.interphone.access.models import Grant, May, Scope, Selection
from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.commands import CommandResult, Commands, CommandStatus
from custom_components.interphone.devices.exposure import SHAREABLE_DOMAINS, Exposure
from custom_components.interphone.devices.feed import Feed
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.registry import DOMAINS
from custom_components.interphone.devices.sensitivity import OwnersWord, Sensitivity

from .judging import DOOR, LAMP, Judge
from .wire import fits

ALL = Scope(may=May.DOORS_AND_ALARMS)


def only(*device_ids: str) -> Scope:
    """A scope of these devices."""
    return Scope(Selection(devices=frozenset(device_ids)))


class Case(NamedTuple):
    entity_id: str
    command: str
    params: dict[str, Any]
    status: CommandStatus
    state: dict[str, Any]
    """The state of the command's trait, or of the one in `shown_by`: this afterwards, and another before."""
    before: tuple[tuple[str, dict[str, Any]] | float, ...] = ()
    """Commands sent before it, and seconds that pass between them."""
    after: float = 0
    """Seconds that pass before the state is compared."""
    shown_by: str | None = None
    stays: bool = False
    """Whether the state must be the same before and afterwards, because a change was stopped."""


class _AnInstant:
    """Equal to any instant on the wire."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.endswith("+00:00")

    __hash__ = None  # type: ignore[assignment]  # equal to many values, so not hashable


AN_INSTANT = _AnInstant()


def grant(scope: Scope = ALL, *, name: str = "hotel", grant_id: str = "g1") -> Grant:
    return Grant(id=grant_id, name=name, origin=None, created=datetime(2026, 1, 1, tzinfo=UTC), scope=scope)


async def set_up_demo(hass: HomeAssistant, platforms: Collection[str] | None = None) -> None:
    """Set up the demo integration, or only these of its platforms, which is quicker."""
    assert await async_setup_component(hass, HOMEASSISTANT, {})
    if platforms is not None:
        with patch("homeassistant.components.demo.COMPONENTS_WITH_CONFIG_ENTRY_DEMO_PLATFORM", list(platforms)):
            assert await async_setup_component(hass, "demo", {})
            await hass.async_block_till_done()
        return
    # Its button and its event share a device, named by the first of them: make that the button.
    assert await async_setup_component(hass, "button", {})
    await (await async_get_integration(hass, "demo")).async_get_platforms(["button"])
    assert await async_setup_component(hass, "demo", {"demo": {}})
    await hass.async_block_till_done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_START)
    await hass.async_block_till_done()


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The demo integration polls some of its entities and keeps doing so."""
    return True


@pytest.fixture(autouse=True)
def short_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the wanted state no longer than a test needs."""
    monkeypatch.setattr("custom_components.interphone.devices.commands.CONFIRM_TIMEOUT", 0.05)


@pytest.fixture
def everything() -> Callable[[HomeAssistant], Exposure]:
    """Share every domain, and each sensitive entity by name."""

    def exposure(hass: HomeAssistant) -> Exposure:
        # Scripts, automations and scenes without a configuration may do anything: named, as all that is sensitive.
        named = {name for name, kind in DOMAINS.items() if kind.sensitive or kind.sensitive_classes}
        named |= {"script", "automation", "scene"}
        return Exposure(SHAREABLE_DOMAINS, frozenset(hass.states.async_entity_ids(named)))

    return exposure


@pytest.fixture
def platforms() -> Collection[str] | None:
    """The demo platforms a test needs, all unless its module says otherwise."""
    return None


@pytest.fixture
async def home(hass: HomeAssistant, platforms: Collection[str] | None) -> AsyncIterator[HomeAssistant]:
    """A running demo home, with locks that take no time."""
    with patch("homeassistant.components.demo.lock.LOCK_UNLOCK_DELAY", 0):
        await set_up_demo(hass, platforms)
        yield hass


@pytest.fixture
def calls(home: HomeAssistant) -> list[Event]:
    """Every service call from here on."""
    events: list[Event] = async_capture_events(home, EVENT_CALL_SERVICE)
    return events


@pytest.fixture
async def catalog(home: HomeAssistant, everything: Callable[[HomeAssistant], Exposure]) -> AsyncIterator[Catalog]:
    """A catalog of the whole demo home."""
    catalog = Catalog(home, everything(home))
    catalog.start()
    yield catalog
    catalog.stop()


@pytest.fixture
async def feed(hass: HomeAssistant, catalog: Catalog) -> AsyncIterator[Feed]:
    """A feed of the whole demo home."""
    feed = Feed(hass, catalog)
    feed.start()
    yield feed
    feed.stop()


@pytest.fixture
def commands(hass: HomeAssistant, catalog: Catalog) -> Commands:
    return Commands(hass, catalog)


@pytest.fixture
def device(catalog: Catalog) -> Callable[[str], Device]:
    """Find a device by its entity id, as it is now."""

    def find(entity_id: str) -> Device:
        [found] = [device for device in catalog.devices(ALL) if device.entity_id == entity_id]
        return found

    return find


type Send = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
def send(commands: Commands, device: Callable[[str], Device]) -> Send:
    """Send a command to a device, named by its entity id, by a grant that may do everything."""
    count = iter(range(10_000))

    async def run(entity_id: str, command: str, **params: object) -> CommandResult:
        envelope = {"id": str(next(count)), "device": device(entity_id).id, "command": command, "params": params}
        return await commands.run(grant(), envelope)

    return run


@pytest.fixture
def registry(hass: HomeAssistant) -> er.EntityRegistry:
    return er.async_get(hass)


type Try = Callable[[Case], Awaitable[None]]


@pytest.fixture
def attempt(hass: HomeAssistant, send: Send, device: Callable[[str], Device]) -> Try:
    """Send a command, and compare the device's state before and afterwards."""

    clock = dt_util.utcnow()

    async def pass_seconds(seconds: float) -> None:
        nonlocal clock
        for _ in range(round(seconds)):
            clock += timedelta(seconds=1)
            async_fire_time_changed(hass, clock)
            await hass.async_block_till_done()

    def shown(case: Case) -> dict[str, Any]:
        state = device(case.entity_id).state[case.shown_by or case.command.partition(".")[0]]
        return {key: state[key] for key in case.state}

    async def attempt(case: Case) -> None:
        for step in case.before:
            if isinstance(step, tuple):
                assert (await send(case.entity_id, step[0], **step[1])).error is None
            else:
                await pass_seconds(step)
        await hass.async_block_till_done()
        assert (shown(case) == case.state) is case.stays, "a case that shows nothing"
        result = await send(case.entity_id, case.command, **case.params)
        assert result.error is None
        assert result.status is case.status
        await hass.async_block_till_done()
        now = device(case.entity_id)
        assert result.state == now.state
        fits("result", result.as_dict())
        fits("device", now.as_dict())
        await pass_seconds(case.after)
        assert shown(case) == case.state

    return attempt


@pytest.fixture
async def judge(hass: HomeAssistant) -> Judge:
    """A home with a lock and a lamp, and Interphone's judgement of it."""
    assert await async_setup_component(hass, HOMEASSISTANT, {})
    hass.states.async_set(DOOR, "locked")
    hass.states.async_set(LAMP, "off")

    def make(**word: Iterable[str]) -> Sensitivity:
        owner = OwnersWord(**{kind: frozenset(names) for kind, names in word.items()})
        return Sensitivity(hass, owner, lambda _names: None)

    return make
