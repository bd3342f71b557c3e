"""What opens a door by itself, and what does by deputy: judged in a real Home Assistant."""

from collections.abc import Callable, Iterable
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.interphone.const import DOMAIN
from custom_components.interphone.devices.sensitivity import OwnersWord, Reason, Sensitivity, Verdict

from .judging import DOOR, LAMP, LIGHT, UNLOCK, Judge, set_up


async def set_up_entry(hass: HomeAssistant, domain: str, version: tuple[int, int] = (1, 1), **options: Any) -> None:
    entry = MockConfigEntry(
        domain=domain, title=options.get("name", domain), options=options, version=version[0], minor_version=version[1]
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def test_areas_floors_labels_and_devices_stand_for_their_members(hass: HomeAssistant, judge: Judge) -> None:
    hall = ar.async_get(hass).async_create("Hall")
    registry = er.async_get(hass)
    entry = MockConfigEntry(domain="demo")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(config_entry_id=entry.entry_id, identifiers={("demo", "door")})
    dr.async_get(hass).async_update_device(device.id, area_id=hall.id)
    lock = registry.async_get_or_create("lock", "demo", "1", config_entry=entry, device_id=device.id)
    hass.states.async_set(lock.entity_id, "locked")
    registry.async_update_entity(lock.entity_id, labels={"doors"})
    targets = {"area_id": hall.id, "device_id": device.id, "label_id": "doors"}
    await set_up(hass, script={
        f"{service}_{key}": {"sequence": [{"action": f"{service}.turn_on", "target": {key: value}}]}
        for service in ("homeassistant", "light")
        for key, value in targets.items()
    })  # fmt: skip
    sensitivity = judge()
    for key in targets:
        assert sensitivity.verdict(f"script.homeassistant_{key}") == Verdict(Reason.OPENS, lock.entity_id)
        # A lamp's service reaches the lamps of a place only.
        assert sensitivity.verdict(f"script.light_{key}") == Verdict()


async def test_a_script_that_failed_validation_is_unknown(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, script={"broken": {"sequence": [{"action": 7, "nonsense": []}]}})
    assert hass.states.get("script.broken") is not None
    assert judge().verdict("script.broken") == Verdict(Reason.UNKNOWN)


async def test_a_renamed_script_is_still_followed(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, script={
        "opens": {"sequence": [UNLOCK]}, "calls": {"sequence": [{"action": "script.opens"}]}
    })  # fmt: skip
    er.async_get(hass).async_update_entity("script.opens", new_entity_id="script.kitchen_light")
    await hass.async_block_till_done()
    assert judge().verdict("script.calls") == Verdict(Reason.OPENS, DOOR)


async def test_circles_end(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, script={
        "one": {"sequence": [{"action": "script.two"}]},
        "two": {"sequence": [{"action": "script.one"}, {"action": "script.three"}]},
        "three": {"sequence": [{"action": "script.one"}, UNLOCK]},
    })  # fmt: skip
    sensitivity = judge()
    assert {sensitivity.verdict(f"script.{name}") for name in ("one", "two", "three")} == {Verdict(Reason.OPENS, DOOR)}


async def test_groups_are_what_their_members_are(hass: HomeAssistant, judge: Judge) -> None:
    hass.states.async_set("cover.garage", "closed", {"device_class": "garage"})
    hass.states.async_set("cover.blind", "closed", {"device_class": "blind"})
    await set_up(hass, group={"old": {"entities": [LAMP, DOOR]}})
    for name, members in {
        "Doors": ["cover.garage"],
        "Blinds": ["cover.blind"],
        "All": ["cover.blinds", "cover.doors"],
    }.items():
        await set_up_entry(hass, "group", name=name, entities=members, hide_members=False, group_type="cover")
    await set_up(hass, script={
        "group": {"sequence": [{"action": "homeassistant.turn_off", "target": {"entity_id": "group.old"}}]}
    })  # fmt: skip
    sensitivity = judge()
    assert sensitivity.verdict("cover.doors") == Verdict(Reason.OPENS, "cover.garage")
    assert sensitivity.verdict("cover.all") == Verdict(Reason.OPENS, "cover.garage")
    assert sensitivity.verdict("cover.blinds") == Verdict()
    assert sensitivity.verdict("script.group") == Verdict(Reason.OPENS, DOOR)


async def test_a_group_whose_members_are_all_away_is_still_known(hass: HomeAssistant, judge: Judge) -> None:
    """An unavailable entity says less of itself: its members are not in its state then."""
    hass.states.async_set("cover.garage", "unavailable", {"device_class": "garage"})
    await set_up_entry(hass, "group", name="Doors", entities=["cover.garage"], hide_members=False, group_type="cover")
    assert judge().verdict("cover.doors").sensitive


TEMPLATES = {
    "button": {"press": [UNLOCK]},
    "switch": {"turn_on": [LIGHT], "turn_off": [UNLOCK]},
    "light": {"turn_on": [UNLOCK], "turn_off": []},
    "cover": {"open_cover": [UNLOCK], "close_cover": []},
    "fan": {"turn_on": [UNLOCK], "turn_off": []},
    "number": {"step": 1, "min": 0, "max": 9, "state": "1", "set_value": [UNLOCK]},
    "select": {"state": "a", "options": "{{ ['a'] }}", "select_option": [UNLOCK]},
    "vacuum": {"start": [UNLOCK]},
}


@pytest.mark.parametrize("domain", TEMPLATES)
async def test_a_template_entity_is_what_its_actions_reach(hass: HomeAssistant, judge: Judge, domain: str) -> None:
    await set_up(hass, template=[{domain: [{"name": "under test", "unique_id": "x", **TEMPLATES[domain]}]}])
    assert judge().verdict(f"{domain}.under_test") == Verdict(Reason.OPENS, DOOR)


async def test_a_template_switch_of_a_lamp_is_harmless(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, template=[{"switch": [{"name": "x", "state": "on", "turn_on": [LIGHT], "turn_off": [LIGHT]}]}])
    assert hass.states.get("switch.x") is not None
    assert judge().verdict("switch.x") == Verdict()


async def test_entities_of_commands_and_requests_are_unknown(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, command_line=[{"switch": {"name": "x", "command_on": "true", "command_off": "true"}}])
    await set_up(hass, media_player=[{"platform": "universal", "name": "x", "commands": {"turn_on": UNLOCK}}])
    sensitivity = judge()
    assert sensitivity.verdict("switch.x") == Verdict(Reason.UNKNOWN)
    assert sensitivity.verdict("media_player.x") == Verdict(Reason.UNKNOWN)


async def wrapped(hass: HomeAssistant, target: str) -> None:
    """Show a real switch as something else."""
    await set_up(hass, template=[
        {"switch": [{"name": "relay", "unique_id": "r", "state": "on", "turn_on": [], "turn_off": []}]}
    ])  # fmt: skip
    await set_up_entry(hass, "switch_as_x", (1, 3), entity_id="switch.relay", target_domain=target, invert=False)


async def test_a_switch_that_is_shown_as_a_lock_is_one(hass: HomeAssistant, judge: Judge) -> None:
    await wrapped(hass, "lock")
    sensitivity = judge()
    assert sensitivity.verdict("switch.relay") == Verdict(Reason.OPENS, "lock.relay")
    assert sensitivity.verdict("lock.relay") == Verdict(Reason.OPENS)


async def test_a_switch_that_is_shown_as_a_lamp_is_harmless(hass: HomeAssistant, judge: Judge) -> None:
    await wrapped(hass, "light")
    sensitivity = judge()
    assert {sensitivity.verdict(f"{domain}.relay") for domain in ("switch", "light")} == {Verdict()}


async def test_a_thermostat_is_what_it_switches(hass: HomeAssistant, judge: Judge) -> None:
    hass.states.async_set("sensor.temperature", "20")
    thermostat = {"platform": "generic_thermostat", "name": "heat", "target_sensor": "sensor.temperature"}
    await set_up(hass, climate=[{**thermostat, "heater": "switch.heater"}])
    assert judge(doors=["switch.heater"]).verdict("climate.heat") == Verdict(Reason.OWNER, "switch.heater")
    assert judge().verdict("climate.heat") == Verdict()


TRIGGERS: dict[str, dict[str, Any]] = {
    "state": {"trigger": "state", "entity_id": "input_boolean.open", "to": "on"},
    "several": {"trigger": "state", "entity_id": [LAMP, "input_boolean.open"]},
    "a template": {"trigger": "template", "value_template": "{{ is_state('input_boolean.open', 'on') }}"},
    "an attribute of states": {"trigger": "template", "value_template": "{{ states.input_boolean.open.state }}"},
    "a whole domain in a template": {
        "trigger": "template", "value_template": "{{ states.input_boolean | list | count > 0 }}"
    },
    "a name put together": {"trigger": "template", "value_template": "{{ states('input_boolean.' ~ x) }}"},
    "an event": {"trigger": "event", "event_type": "state_changed", "event_data": {"entity_id": "input_boolean.open"}},
    "any event": {"trigger": "event", "event_type": "state_changed"},
    "a group": {"trigger": "state", "entity_id": "group.helpers"},
}  # fmt: skip


@pytest.mark.parametrize("trigger", TRIGGERS.values(), ids=TRIGGERS)
async def test_a_helper_is_what_the_automations_that_it_triggers_reach(
    hass: HomeAssistant, judge: Judge, trigger: dict[str, Any]
) -> None:
    await set_up(hass, input_boolean={"open": {}}, input_number={"other": {"min": 0, "max": 9}})
    await set_up(hass, group={"helpers": {"entities": ["input_boolean.open"]}})
    await set_up(
        hass, automation=[{"alias": "opens", "triggers": [trigger], "actions": [UNLOCK], "initial_state": False}]
    )
    sensitivity = judge()
    assert sensitivity.verdict("input_boolean.open") == Verdict(Reason.OPENS, DOOR)
    if trigger.get("event_data", trigger.get("event_type")) != "state_changed":
        assert sensitivity.verdict("input_number.other") == Verdict()


async def test_a_helper_whose_automation_moves_a_lamp_is_harmless(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, input_boolean={"guest": {}})
    await set_up(hass, automation=[{
        "alias": "lamp", "triggers": [{"trigger": "state", "entity_id": "input_boolean.guest"}], "actions": [LIGHT]
    }])  # fmt: skip
    assert judge().verdict("input_boolean.guest") == Verdict()


async def test_a_timer_is_what_runs_when_it_ends(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, timer={"door": {}, "egg": {}})
    ended = {"trigger": "event", "event_type": "timer.finished", "event_data": {"entity_id": "timer.door"}}
    await set_up(hass, automation=[{"alias": "opens", "triggers": [ended], "actions": [UNLOCK]}])
    sensitivity = judge()
    assert sensitivity.verdict("timer.door").sensitive
    assert not sensitivity.verdict("timer.egg").sensitive


@pytest.fixture
def device(hass: HomeAssistant) -> Callable[..., list[str]]:
    """Make a device with an entity of each domain; return their entity ids."""
    registry, devices = er.async_get(hass), dr.async_get(hass)
    entry = MockConfigEntry(domain="demo")
    entry.add_to_hass(hass)

    def make(name: str, *domains: str, **kwargs: Any) -> list[str]:
        owner = devices.async_get_or_create(config_entry_id=entry.entry_id, identifiers={("demo", name)})
        made = []
        for domain in domains:
            each = registry.async_get_or_create(
                domain, "demo", f"{name}_{domain}", config_entry=entry, device_id=owner.id, **kwargs
            )
            hass.states.async_set(each.entity_id, "on")
            made.append(each.entity_id)
        return made

    return make


async def test_the_controls_of_a_lock_are_sensitive(judge: Judge, device: Callable[..., list[str]]) -> None:
    controls = device("door", "button", "number", "select", "switch", "text", "light", "sensor", "lock")
    sensitivity = judge()
    found = {name.partition(".")[0]: sensitivity.verdict(name).reason for name in controls}
    assert found == dict.fromkeys(("button", "number", "select", "switch", "text"), Reason.SAME_DEVICE) | {
        "light": None, "sensor": None, "lock": Reason.OPENS
    }  # fmt: skip


async def test_whatever_a_tracked_device_says_is_sensitive(judge: Judge, device: Callable[..., list[str]]) -> None:
    street, battery, _tracker = device("phone", "sensor", "binary_sensor", "device_tracker")
    sensitivity = judge()
    assert {sensitivity.verdict(name) for name in (street, battery)} == {Verdict(Reason.TRACKS)}


async def test_a_class_that_was_overridden_still_counts(hass: HomeAssistant, judge: Judge) -> None:
    entry = er.async_get(hass).async_get_or_create("cover", "demo", "1", original_device_class="garage")
    er.async_get(hass).async_update_entity(entry.entity_id, device_class="blind")
    hass.states.async_set(entry.entity_id, "closed", {"device_class": "blind"})
    assert judge().verdict(entry.entity_id) == Verdict(Reason.OPENS)


async def test_the_owner_has_the_last_word_in_both_directions(hass: HomeAssistant, judge: Judge) -> None:
    await set_up(hass, script={
        "lamp": {"sequence": [LIGHT]},
        "opens": {"sequence": [UNLOCK]},
        "calls": {"sequence": [{"action": "script.opens"}]},
    })  # fmt: skip
    sensitivity = judge(doors=[LAMP], harmless=["script.opens"])
    assert sensitivity.verdict(LAMP) == Verdict(Reason.OWNER)
    assert sensitivity.verdict("script.lamp") == Verdict(Reason.OWNER, LAMP)
    assert sensitivity.verdict("script.opens") == Verdict()
    assert sensitivity.verdict("script.calls") == Verdict()
    sensitivity.set_word(OwnersWord(harmless=frozenset({DOOR})))
    assert sensitivity.verdict(DOOR) == Verdict()
    assert sensitivity.verdict("script.calls") == Verdict()


async def test_interphone_itself_is_beyond_every_grant(hass: HomeAssistant, judge: Judge) -> None:
    button = er.async_get(hass).async_get_or_create("button", DOMAIN, "1", suggested_object_id="show_code")
    hass.states.async_set(button.entity_id, "unknown")
    await set_up(hass, script={
        "presses": {"sequence": [{"action": "button.press", "target": {"entity_id": button.entity_id}}]},
        "rings": {"sequence": [{"action": f"{DOMAIN}.ring"}]},
        "calls": {"sequence": [UNLOCK, {"action": "script.presses"}]},
    })  # fmt: skip
    names = ["script.presses", "script.rings", "script.calls", button.entity_id]
    for sensitivity in (judge(), judge(harmless=names)):
        assert [sensitivity.verdict(name).forbidden for name in names] == [True] * len(names)


@pytest.mark.usefixtures("judge")
async def test_what_changes_is_judged_again(hass: HomeAssistant) -> None:
    """A scene, a script and an automation edited, as their editors do it: the files are read again."""
    changed: set[str] = set()

    @callback
    def note(names: Iterable[str]) -> None:
        changed.update(names)

    await set_up(hass, input_boolean={"guest": {}}, light={})
    await set_up(hass, scene=[{"name": "home", "entities": {LAMP: "on"}}])
    await set_up(hass, script={"home": {"sequence": [{"scene": "scene.home"}]}})
    trigger = {"trigger": "state", "entity_id": "input_boolean.guest"}
    await set_up(hass, automation=[{"alias": "guest", "triggers": [trigger], "actions": [LIGHT]}])
    sensitivity = Sensitivity(hass, OwnersWord(), note)
    sensitivity.start()
    names = ("scene.home", "script.home", "input_boolean.guest")
    assert {sensitivity.verdict(name) for name in names} == {Verdict()}

    config = {
        "scene": [{"name": "home", "entities": {DOOR: "unlocked"}}],
        "script": {"home": {"sequence": [{"scene": "scene.home"}]}},
        "automation": [{"alias": "guest", "triggers": [trigger], "actions": [UNLOCK]}],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("homeassistant.config.load_yaml_config_file", lambda *_args, **_kwargs: config)
        for domain in ("scene", "automation"):
            await hass.services.async_call(domain, "reload", blocking=True)
    await hass.async_block_till_done()
    assert set(names) <= changed
    assert {sensitivity.verdict(name) for name in names} == {Verdict(Reason.OPENS, DOOR)}
    sensitivity.stop()


async def test_a_place_that_changes_is_judged_again(
    hass: HomeAssistant, judge: Judge, device: Callable[..., list[str]]
) -> None:
    hall = ar.async_get(hass).async_create("Hall")
    [lock] = device("door", "lock")
    target = {"action": "homeassistant.turn_off", "target": {"area_id": hall.id}}
    await set_up(hass, script={"hall": {"sequence": [target]}})
    sensitivity = judge()
    sensitivity.start()
    assert sensitivity.verdict("script.hall") == Verdict()
    owner = er.async_get(hass).async_get(lock)
    assert owner is not None
    assert owner.device_id is not None
    dr.async_get(hass).async_update_device(owner.device_id, area_id=hall.id)
    assert sensitivity.now("script.hall") == Verdict(Reason.OPENS, lock)
    await hass.async_block_till_done()
    assert sensitivity.verdict("script.hall") == Verdict(Reason.OPENS, lock)
    sensitivity.stop()


async def test_a_cover_that_turns_out_to_be_a_garage_door_is_one(hass: HomeAssistant, judge: Judge) -> None:
    """An integration may set the class later, in the state alone."""
    hass.states.async_set("cover.x", "closed")
    target = {"action": "cover.open_cover", "target": {"entity_id": "cover.x"}}
    await set_up(hass, script={"x": {"sequence": [target]}})
    sensitivity = judge()
    assert sensitivity.verdict("script.x") == Verdict()
    hass.states.async_set("cover.x", "closed", {"device_class": "garage"})
    assert sensitivity.now("script.x") == Verdict(Reason.OPENS, "cover.x")
    sensitivity.forget("cover.x")
    assert sensitivity.verdict("script.x") == Verdict(Reason.OPENS, "cover.x")


async def test_a_device_class_that_is_no_text_is_none(hass: HomeAssistant, judge: Judge) -> None:
    hass.states.async_set("cover.x", "closed", {"device_class": ["garage"]})
    assert judge().verdict("cover.x") == Verdict()
