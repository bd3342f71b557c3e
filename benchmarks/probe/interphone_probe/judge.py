"""How long it takes to judge which entities of a large home are sensitive."""

from time import perf_counter
from typing import Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import voluptuous as vol

from custom_components.interphone.devices.registry import DOMAINS
from custom_components.interphone.devices.sensitivity import OwnersWord, Sensitivity

# Steps of each script and automation.
_STEPS = 8


@websocket_api.websocket_command({vol.Required("type"): "interphone_probe/add_deputies", vol.Required("count"): int})
@websocket_api.async_response
async def add_deputies(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Add so many scripts and as many automations, each of which acts on several lamps and starts another script."""
    count = msg["count"]
    lamps = [entity_id for entity_id in hass.states.async_entity_ids("light") if ".probe_" in entity_id]

    def steps(number: int) -> list[dict[str, Any]]:
        named = [lamps[(number * _STEPS + step) % len(lamps)] for step in range(_STEPS)]
        return [{"action": "light.turn_on", "target": {"entity_id": lamp}} for lamp in named]

    scripts = {
        f"probe_{number}": {
            "sequence": [*steps(number), {"action": f"script.probe_{number + 1}"}] if number % 10 else steps(number)
        }
        for number in range(count)
    }
    automations = [
        {
            "id": f"probe_{number}",
            "alias": f"probe {number}",
            "initial_state": False,
            "triggers": [{"trigger": "state", "entity_id": f"input_boolean.probe_{number % 20}"}],
            "actions": steps(number),
        }
        for number in range(count)
    ]
    await async_setup_component(hass, "script", {"script": scripts})
    await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    connection.send_result(msg["id"], {"count": len(hass.states.async_entity_ids(("script", "automation")))})


@websocket_api.websocket_command({vol.Required("type"): "interphone_probe/judge"})
@websocket_api.async_response
async def judge(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Judge all entities as at the start of Home Assistant, and again after one of them changed in the registry.

    Answers the seconds of both.
    """
    entity_ids = hass.states.async_entity_ids(DOMAINS)
    lamp = next(entity_id for entity_id in entity_ids if entity_id.startswith("light.probe_"))
    sensitivity = Sensitivity(hass, OwnersWord(), lambda _entity_ids: None)
    sensitivity.start()
    begun = perf_counter()
    for entity_id in entity_ids:
        sensitivity.verdict(entity_id)
    judged = perf_counter()
    registry = er.async_get(hass)
    registry.async_update_entity(lamp, name=f"Probe {judged}")
    changed = perf_counter()
    for entity_id in entity_ids:
        sensitivity.verdict(entity_id)
    again = perf_counter() - changed
    sensitivity.stop()
    connection.send_result(msg["id"], {"start": judged - begun, "change": again})
