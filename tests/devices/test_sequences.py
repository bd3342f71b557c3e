"""What script sequences reach, step by step, in a real Home Assistant."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.interphone.devices.sensitivity import Reason, Verdict

from .judging import DOOR, LAMP, LIGHT, UNLOCK, Judge, set_up

CONDITION = {"condition": "state", "entity_id": DOOR, "state": "locked"}

# Sequences that reach the door, whichever way.
REACHING: dict[str, list[Any]] = {
    "a service": [UNLOCK],
    "entity_id in data": [{"action": "lock.unlock", "data": {"entity_id": DOOR}}],
    "entity_id beside the action": [{"action": "lock.unlock", "entity_id": DOOR}],
    "a list in one text": [{"action": "homeassistant.turn_off", "target": {"entity_id": f"{LAMP}, {DOOR}"}}],
    "everything of the domain": [{"action": "lock.unlock", "target": {"entity_id": "all"}}],
    "everything": [{"action": "homeassistant.turn_off", "target": {"entity_id": "all"}}],
    "after a lamp": [LIGHT, {"delay": 1}, UNLOCK],
    "choose": [{"choose": [{"conditions": [CONDITION], "sequence": [UNLOCK]}]}],
    "choose, default": [{"choose": [{"conditions": [CONDITION], "sequence": [LIGHT]}], "default": [UNLOCK]}],
    "if": [{"if": [CONDITION], "then": [UNLOCK]}],
    "else": [{"if": [CONDITION], "then": [LIGHT], "else": [UNLOCK]}],
    "repeat": [{"repeat": {"count": 2, "sequence": [UNLOCK]}}],
    "parallel": [{"parallel": [LIGHT, UNLOCK]}],
    "parallel sequences": [{"parallel": [{"sequence": [LIGHT]}, {"sequence": [UNLOCK]}]}],
    "sequence": [{"sequence": [UNLOCK]}],
    "a direct script": [{"action": "script.opens"}],
    "a script by turn_on": [{"action": "script.turn_on", "target": {"entity_id": "script.opens"}}],
    "a scene": [{"action": "scene.turn_on", "target": {"entity_id": "scene.opens"}}],
    "a scene step": [{"scene": "scene.opens"}],
    "an automation": [{"action": "automation.trigger", "target": {"entity_id": "automation.opens"}}],
}
# Sequences of which nobody can say what they reach.
UNKNOWN: dict[str, list[Any]] = {
    "a templated target": [{"action": "light.turn_on", "target": {"entity_id": "{{ states('input_text.x') }}"}}],
    "a templated list": [{"action": "light.turn_on", "target": {"entity_id": ["{{ 'lock.front_door' }}"]}}],
    "a templated area": [{"action": "light.turn_on", "target": {"area_id": "{{ area }}"}}],
    "a templated target as a whole": [{"action": "light.turn_on", "target": "{{ x }}"}],
    "templated data": [{"action": "light.turn_on", "data": "{{ x }}"}],
    "a templated key": [{"action": "light.turn_on", "data": {"{{ 'entity_id' }}": DOOR}}],
    "a templated action": [{"action": "{{ 'lock.unlock' }}", "target": {"entity_id": LAMP}}],
    "no target": [{"action": "light.turn_on"}],
    "scene.apply": [{"action": "scene.apply", "data": {"entities": {DOOR: "unlocked"}}}],
    "scene.create": [{"action": "scene.create", "data": {"scene_id": "x", "entities": {DOOR: "unlocked"}}}],
    "mqtt": [{"action": "mqtt.publish", "data": {"topic": "lock/set", "payload": "UNLOCK"}}],
    "a shell command": [{"action": "shell_command.open"}],
    "a Python script": [{"action": "python_script.open"}],
    "an ESPHome action": [{"action": "esphome.door_open"}],
    "conversation": [{"action": "conversation.process", "data": {"text": "unlock the front door"}}],
    "an event": [{"event": "open_the_door"}],
    "a notification": [{"action": "notify.phone", "data": {"message": "x"}}],
    "a remote": [{"action": "remote.send_command", "target": {"entity_id": "remote.gate"}, "data": {"command": "x"}}],
    "an unknown domain's entity": [{"action": "homeassistant.turn_on", "target": {"entity_id": "remote.gate"}}],
    "reload": [{"action": "scene.reload"}],
    "a group's members changed": [{"action": "group.set", "data": {"object_id": "x", "entities": [DOOR]}}],
    "a move of people": [{"action": "device_tracker.see", "data": {"dev_id": "x", "location_name": "home"}}],
    "a script that is not there": [{"action": "script.gone"}],
}
HARMLESS: dict[str, list[Any]] = {
    "nothing": [],
    "a lamp": [LIGHT],
    "a condition on the door": [CONDITION, LIGHT],
    "a trigger of the door": [{"wait_for_trigger": [{"trigger": "state", "entity_id": DOOR}]}, LIGHT],
    "a template that reads the door": [{"wait_template": "{{ is_state('lock.front_door', 'locked') }}"}, LIGHT],
    "waits and variables": [{"delay": 1}, {"variables": {"x": DOOR}}, {"stop": "done"}],
    "a disabled step": [{**UNLOCK, "enabled": False}, LIGHT],
    "all lamps": [{"action": "light.turn_off", "target": {"entity_id": "all"}}],
    "itself": [{"action": "script.under_test"}],
}


async def reach(hass: HomeAssistant, judge: Judge, sequence: list[Any]) -> tuple[Verdict, Verdict]:
    """Return the verdicts on a script and on an automation with these actions."""
    await set_up(hass, scene=[{"name": "opens", "entities": {DOOR: "unlocked"}}])
    await set_up(hass, automation=[
        {"alias": "opens", "triggers": [], "actions": [UNLOCK]},
        {"alias": "under test", "triggers": [], "actions": sequence},
    ])  # fmt: skip
    await set_up(hass, script={"opens": {"sequence": [UNLOCK]}, "under_test": {"sequence": sequence}})
    sensitivity = judge()
    assert sensitivity.now("script.under_test") == sensitivity.verdict("script.under_test")
    return sensitivity.verdict("script.under_test"), sensitivity.verdict("automation.under_test")


@pytest.mark.parametrize("sequence", REACHING.values(), ids=REACHING)
async def test_a_sequence_that_reaches_the_door_is_sensitive(
    hass: HomeAssistant, judge: Judge, sequence: list[Any]
) -> None:
    verdicts = await reach(hass, judge, sequence)
    assert verdicts == (Verdict(Reason.OPENS, DOOR), Verdict(Reason.OPENS, DOOR))


@pytest.mark.parametrize("sequence", UNKNOWN.values(), ids=UNKNOWN)
async def test_a_step_that_cannot_be_read_is_sensitive(hass: HomeAssistant, judge: Judge, sequence: list[Any]) -> None:
    for verdict in await reach(hass, judge, sequence):
        assert verdict.reason is Reason.UNKNOWN


@pytest.mark.parametrize("sequence", HARMLESS.values(), ids=HARMLESS)
async def test_a_sequence_that_only_looks_at_the_door_is_harmless(
    hass: HomeAssistant, judge: Judge, sequence: list[Any]
) -> None:
    assert await reach(hass, judge, sequence) == (Verdict(), Verdict())
