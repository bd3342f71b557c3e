"""Commands that the demo home does not have, sent to helpers, scripts, and a few entities defined here."""

from collections.abc import AsyncIterator, Callable
from unittest.mock import patch

from homeassistant.components.button import ButtonEntity
from homeassistant.components.lawn_mower import LawnMowerActivity, LawnMowerEntity, LawnMowerEntityFeature
from homeassistant.components.media_player import MediaPlayerEntity, MediaPlayerEntityFeature, MediaPlayerState
from homeassistant.components.update import UpdateEntity, UpdateEntityFeature
from homeassistant.components.vacuum import StateVacuumEntity, VacuumActivity, VacuumEntityFeature
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, setup_test_component_platform

from custom_components.interphone.devices.catalog import Catalog
from custom_components.interphone.devices.commands import CommandStatus
from custom_components.interphone.devices.model import Device
from custom_components.interphone.devices.registry import TRAITS

from .conftest import ALL, AN_INSTANT, Case, Send, Try
from .test_commands_demo import CASES as DEMO_CASES

CONFIRMED, DONE = CommandStatus.CONFIRMED, CommandStatus.DONE

GREET = {
    "alias": "Greet",
    "fields": {
        "who": {"name": "Who", "description": "Whom to greet.", "required": True, "selector": {"text": {}}},
        "loud": {"selector": {"boolean": {}}},
    },
    "sequence": [{"event": "greeted", "event_data": {"who": "{{ who }}"}}, {"delay": {"minutes": 5}}],
}
HELPERS = {
    "input_boolean": {"guests": {"name": "Guests"}},
    "input_button": {"bell": {"name": "Bell"}},
    "input_datetime": {
        "alarm": {"has_date": True, "has_time": True, "initial": "2027-01-02 03:04:05"},
        "bedtime": {"has_date": False, "has_time": True, "initial": "22:00:00"},
        "holiday": {"has_date": True, "has_time": False, "initial": "2027-01-01"},
    },
    "input_number": {"noise": {"min": 0, "max": 10, "step": 0.5, "unit_of_measurement": "dB", "initial": 3}},
    "input_select": {"mode": {"options": ["day", "night"]}},
    "input_text": {"note": {"max": 5, "initial": "hi"}},
    "timer": {"tea": {"duration": "00:03:00"}},
    "script": {"greet": GREET, "idle": {"sequence": []}},
    "automation": [
        {
            "id": "lamp",
            "alias": "Lamp",
            "triggers": [{"trigger": "event", "event_type": "never"}],
            "actions": [{"event": "automated"}],
        }
    ],
    "person": [{"id": "ada", "name": "Ada"}],
    "scene": [{"name": "Party", "entities": {"input_boolean.guests": "on"}}],
}


class Player(MediaPlayerEntity):
    _attr_name = "Player"
    _attr_state = MediaPlayerState.PLAYING
    _attr_supported_features = MediaPlayerEntityFeature.SEEK

    async def async_media_seek(self, position: float) -> None:
        self._attr_media_position = round(position)
        self.async_write_ha_state()


class Mower(LawnMowerEntity):
    _attr_name = "Mower"
    _attr_activity = LawnMowerActivity.DOCKED
    _attr_supported_features = (
        LawnMowerEntityFeature.START_MOWING
        | LawnMowerEntityFeature.PAUSE
        | LawnMowerEntityFeature.STOP
        | LawnMowerEntityFeature.DOCK
    )

    @property
    def extra_state_attributes(self) -> dict[str, int]:
        return {"battery_level": 80}

    async def async_start_mowing(self) -> None:
        self._attr_activity = LawnMowerActivity.MOWING
        self.async_write_ha_state()

    async def async_pause(self) -> None:
        self._attr_activity = LawnMowerActivity.PAUSED
        self.async_write_ha_state()

    async def async_stop(self) -> None:
        self._attr_activity = LawnMowerActivity.IDLE
        self.async_write_ha_state()

    async def async_dock(self) -> None:
        self._attr_activity = LawnMowerActivity.DOCKED
        self.async_write_ha_state()


class Vacuum(StateVacuumEntity):
    _attr_name = "Vacuum"
    _attr_activity = VacuumActivity.CLEANING
    _attr_supported_features = VacuumEntityFeature.LOCATE | VacuumEntityFeature.PAUSE | VacuumEntityFeature.STATE

    def __init__(self) -> None:
        self.beeps = 0

    async def async_locate(self, **_kwargs: object) -> None:
        self.beeps += 1

    async def async_pause(self) -> None:
        self._attr_activity = VacuumActivity.PAUSED
        self.async_write_ha_state()


class Doorbell(ButtonEntity):
    _attr_name = "Doorbell"

    async def async_press(self) -> None:
        """Do nothing."""


class Firmware(UpdateEntity):
    _attr_name = "Firmware"
    _attr_installed_version = "1.0"
    _attr_latest_version = "1.1"
    _attr_supported_features = UpdateEntityFeature.INSTALL

    async def async_install(self, version: str | None, backup: bool, **_kwargs: object) -> None:  # noqa: FBT001  # Home Assistant's signature
        assert (version, backup) == (None, False)
        self._attr_installed_version = "1.1"
        self.async_write_ha_state()


async def set_up_helpers(hass: HomeAssistant, vacuum: Vacuum) -> None:
    """Set up all helpers, and a few machines."""
    assert await async_setup_component(hass, "homeassistant", {})
    machines = {
        "media_player": Player(),
        "lawn_mower": Mower(),
        "vacuum": vacuum,
        "update": Firmware(),
        "button": Doorbell(),
    }
    for domain, entity in machines.items():
        setup_test_component_platform(hass, domain, [entity])
        assert await async_setup_component(hass, domain, {domain: {"platform": "test"}})
    for domain, config in HELPERS.items():
        assert await async_setup_component(hass, domain, {domain: config})
    await hass.async_block_till_done()


async def stop_helpers(hass: HomeAssistant) -> None:
    """Stop those that would go on after the test."""
    await hass.services.async_call("script", "turn_off", {"entity_id": "script.greet"}, blocking=True)
    await hass.services.async_call("timer", "cancel", {"entity_id": "timer.tea"}, blocking=True)


@pytest.fixture
def vacuum() -> Vacuum:
    return Vacuum()


@pytest.fixture
async def home(hass: HomeAssistant, vacuum: Vacuum) -> AsyncIterator[HomeAssistant]:
    """A home of helpers and a few machines."""
    await hass.config.async_set_time_zone("Asia/Seoul")
    await set_up_helpers(hass, vacuum)
    yield hass
    await stop_helpers(hass)


RAN = {"last_run": AN_INSTANT}
# A home whose script waits is not done, so this has a test of its own below.
OF_SCRIPTS = {("script", "activate.run"), ("script", "activate.stop")}
CASES = [
    Case("input_boolean.guests", "on_off.set", {"on": True}, CONFIRMED, {"on": True}),
    Case("input_boolean.guests", "on_off.toggle", {}, DONE, {"on": True}),
    Case("input_number.noise", "level.set", {"value": 7}, CONFIRMED, {"value": 7.0}),
    Case("input_select.mode", "choice.set", {"option": "night"}, CONFIRMED, {"option": "night"}),
    Case("input_text.note", "text.set", {"text": ""}, CONFIRMED, {"text": ""}),
    Case("input_datetime.bedtime", "datetime.set", {"time": "21:30"}, CONFIRMED, {"time": "21:30:00"}),
    Case("input_datetime.holiday", "datetime.set", {"date": "2027-12-24"}, CONFIRMED, {"date": "2027-12-24"}),
    Case(
        "input_datetime.alarm",
        "datetime.set",
        {"instant": "2027-05-06T22:08:09Z"},
        CONFIRMED,
        {"instant": "2027-05-06T22:08:09+00:00"},
    ),
    Case("timer.tea", "timer.start", {}, CONFIRMED, {"state": "active", "duration_seconds": 180}),
    Case("timer.tea", "timer.start", {"seconds": 90}, CONFIRMED, {"state": "active", "duration_seconds": 90}),
    Case("timer.tea", "timer.start", {}, CONFIRMED, {"finishes_at": AN_INSTANT}),
    Case("timer.tea", "timer.pause", {}, CONFIRMED, {"state": "paused"}, before=(("timer.start", {}),)),
    Case("timer.tea", "timer.cancel", {}, CONFIRMED, {"state": "idle"}, before=(("timer.start", {}),)),
    Case("timer.tea", "timer.finish", {}, CONFIRMED, {"state": "idle"}, before=(("timer.start", {}),)),
    Case("automation.lamp", "on_off.set", {"on": False}, CONFIRMED, {"on": False}),
    Case("automation.lamp", "on_off.toggle", {}, DONE, {"on": False}),
    Case("automation.lamp", "activate.run", {}, DONE, RAN),
    Case("button.doorbell", "activate.run", {}, DONE, RAN),
    Case("input_button.bell", "activate.run", {}, DONE, RAN),
    Case("scene.party", "activate.run", {}, DONE, RAN),
    Case("lawn_mower.mower", "run.start", {}, CONFIRMED, {"activity": "working"}),
    Case("lawn_mower.mower", "run.pause", {}, CONFIRMED, {"activity": "paused"}),
    Case("lawn_mower.mower", "run.dock", {}, CONFIRMED, {"activity": "docked"}, before=(("run.start", {}),)),
    Case("lawn_mower.mower", "run.stop", {}, CONFIRMED, {"activity": "idle"}, before=(("run.start", {}),)),
    Case("vacuum.vacuum", "run.pause", {}, CONFIRMED, {"activity": "paused"}),
    # It beeps, as the test below hears, and shows nothing.
    Case("vacuum.vacuum", "run.locate", {}, DONE, {"activity": "working"}, stays=True),
    Case("media_player.player", "media.seek", {"seconds": 61.4}, DONE, {"position_seconds": 61}),
    Case("update.firmware", "update.install", {}, DONE, {"available": False, "installed_version": "1.1"}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.entity_id} {case.command}")
async def test_the_device_carries_out_the_command(attempt: Try, case: Case) -> None:
    await attempt(case)


def sent() -> set[tuple[str, str]]:
    """Every pair of domain and command in these tests."""
    return {(case.entity_id.partition(".")[0], case.command) for case in (*DEMO_CASES, *CASES)} | OF_SCRIPTS


def test_no_command_is_forgotten() -> None:
    assert {command for _, command in sent()} == {
        f"{trait.name}.{verb}" for trait in TRAITS.values() for verb in trait.commands
    }


async def test_no_command_of_any_kind_of_device_is_forgotten(catalog: Catalog) -> None:
    """A trait calls other services in each domain, so each domain is tried."""
    offered = {(d.entity_id.partition(".")[0], command) for d in catalog.devices(ALL) for command in d.commands}
    assert offered <= sent()


async def test_a_timer_is_paused_and_finished(send: Send, device: Callable[[str], Device]) -> None:
    await send("timer.tea", "timer.start")
    assert device("timer.tea").state["timer"]["finishes_at"].endswith("+00:00")
    assert (await send("timer.tea", "timer.pause")).status is CONFIRMED
    paused = device("timer.tea").state["timer"]
    assert 170 < paused["remaining_seconds"] <= 180
    assert (await send("timer.tea", "timer.finish")).status is CONFIRMED


async def test_a_machine_is_found_by_its_sound(send: Send, vacuum: Vacuum) -> None:
    assert (await send("vacuum.vacuum", "run.locate")).status is DONE
    assert vacuum.beeps == 1


async def test_scripts_are_described_with_their_fields_and_run_with_them(
    hass: HomeAssistant, send: Send, device: Callable[[str], Device]
) -> None:
    greeted = async_capture_events(hass, "greeted")
    script = device("script.greet")
    assert script.traits["activate"]["fields"] == [
        {"id": "who", "name": "Who", "description": "Whom to greet.", "required": True, "selector": "text"},
        {"id": "loud", "name": "loud", "description": "", "required": False, "selector": "boolean"},
    ]
    assert script.state["activate"] == {"last_run": None, "running": False}

    missing = await send("script.greet", "activate.run", fields={"loud": True})
    unknown = await send("script.greet", "activate.run", fields={"who": "Ada", "entity_id": "lock.front_door"})
    for refused, names in ((missing, "who"), (unknown, "entity_id")):
        assert refused.error is not None
        assert refused.error.code == "invalid_params"
        assert names in (refused.error.detail or "")
    assert not greeted

    result = await send("script.greet", "activate.run", fields={"who": "Ada"})
    assert result.status is DONE
    assert [event.data["who"] for event in greeted] == ["Ada"]
    running = device("script.greet").state["activate"]
    assert running["running"] is True
    assert running["last_run"].endswith("+00:00")
    await send("script.greet", "activate.stop")
    assert device("script.greet").state["activate"]["running"] is False


@pytest.mark.parametrize("entity_id", ["automation.lamp", "input_button.bell"])
async def test_what_is_run_shows_when_it_last_ran(
    hass: HomeAssistant, send: Send, device: Callable[[str], Device], entity_id: str
) -> None:
    assert device(entity_id).state["activate"] == {"last_run": None}
    assert (await send(entity_id, "activate.run")).status is DONE
    await hass.async_block_till_done()
    assert device(entity_id).state["activate"]["last_run"].endswith("+00:00")
    refused = await send(entity_id, "activate.run", fields={"who": "Ada"})
    assert refused.error is not None
    assert refused.error.code == "invalid_params"


@pytest.mark.parametrize(
    ("entity_id", "command", "params", "names"),
    [
        ("input_number.noise", "level.set", {"value": 10.5}, "0 to 10 dB"),
        ("input_select.mode", "choice.set", {"option": "dusk"}, "day, night"),
        ("input_text.note", "text.set", {"text": "too long"}, "0 to 5 characters"),
        ("input_datetime.bedtime", "datetime.set", {"date": "2027-01-01"}, "takes time"),
        ("input_datetime.alarm", "datetime.set", {"instant": "2027-01-01 10:00"}, "offset"),
        ("input_datetime.alarm", "datetime.set", {"instant": "2027-13-45T10:00:00Z"}, "offset"),
        ("input_datetime.alarm", "datetime.set", {"instant": "0001-01-01T00:00:00+14:00"}, "offset"),
        ("input_datetime.alarm", "datetime.set", {"instant": "9999-12-31T23:00:00Z"}, "offset"),
        ("input_datetime.holiday", "datetime.set", {"date": "2027-02-30"}, "date"),
        ("input_datetime.bedtime", "datetime.set", {"time": "24:00"}, "hh:mm"),
        ("timer.tea", "timer.start", {"seconds": 0}, "1 to 86400"),
    ],
)
async def test_params_that_do_not_fit(
    send: Send, calls: list[Event], entity_id: str, command: str, params: dict[str, object], names: str
) -> None:
    result = await send(entity_id, command, **params)
    assert result.error is not None
    assert result.error.code == "invalid_params"
    assert names in (result.error.detail or "")
    assert not calls


async def test_helpers_are_described(device: Callable[[str], Device]) -> None:
    assert device("input_datetime.alarm").state["datetime"] == {"instant": "2027-01-01T18:04:05+00:00"}
    assert device("input_number.noise").traits["level"] == {
        "min": 0.0,
        "max": 10.0,
        "step": 0.5,
        "unit": "dB",
        "measures": None,
    }
    assert device("lawn_mower.mower").state["battery"] == {"percent": 80}
    assert device("person.ada").state["presence"] == {"home": None, "place": None}
    assert device("person.ada").sensitive


async def test_a_script_that_is_rewritten_is_described_again(
    hass: HomeAssistant, device: Callable[[str], Device]
) -> None:
    before = device("script.greet")
    greet = {**GREET, "fields": {"language": {"name": "Language", "selector": {"select": {"options": ["ko", "en"]}}}}}
    with patch("homeassistant.config.load_yaml_config_file", return_value={"script": {"greet": greet}}):
        await hass.services.async_call("script", "reload", blocking=True)
    await hass.async_block_till_done()
    after = device("script.greet")
    assert after.id == before.id
    assert [field["id"] for field in after.traits["activate"]["fields"]] == ["language"]
    assert not device("script.idle").online
