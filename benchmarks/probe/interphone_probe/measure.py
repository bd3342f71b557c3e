"""What is measured inside Home Assistant's own process, on its loop."""

import asyncio
from collections.abc import Callable
from itertools import cycle, islice
from time import perf_counter
from typing import Any

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
import voluptuous as vol

# Changes between two rests: sessions are written to in bursts, but never fall behind.
_BURST = 20

# What of each domain changes all day: its next state and attributes.
_CHANGES: dict[str, Callable[[State, int], tuple[str, dict[str, Any]]]] = {
    "sensor": lambda _state, number: (str(number), {}),
    "switch": lambda state, _number: ("off" if state.state == "on" else "on", {}),
    "light": lambda _state, number: ("on", {"brightness": number % 255 + 1}),
    "climate": lambda state, number: (state.state, {"current_temperature": 15 + number % 997 / 100}),
}


@websocket_api.websocket_command(
    {vol.Required("type"): "interphone_probe/changes", vol.Required("domain"): str, vol.Required("count"): int}
)
@websocket_api.async_response
async def measure_changes(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Change the state of one entity of a domain after the other; answer the seconds the loop spent on a change.

    That is all of it: the state machine, everyone who listens, and what they put off to the next turns of the loop.
    """
    entity_ids = [entity_id for entity_id in hass.states.async_entity_ids(msg["domain"]) if ".probe_" in entity_id]
    spent = 0.0
    order = cycle(entity_ids)
    for start in range(0, msg["count"], _BURST):
        begun = perf_counter()
        for number, entity_id in enumerate(islice(order, _BURST), start):
            _change(hass, entity_id, number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        spent += perf_counter() - begun
        if start % (_BURST * 5) == 0:
            await asyncio.sleep(0.001)
    connection.send_result(msg["id"], {"seconds": spent / msg["count"]})


@callback
def _change(hass: HomeAssistant, entity_id: str, number: int) -> None:
    state = hass.states.get(entity_id)
    if state is None:
        return
    value, attributes = _CHANGES[state.domain](state, number)
    hass.states.async_set(entity_id, value, {**state.attributes, **attributes})


@websocket_api.websocket_command(
    {vol.Required("type"): "interphone_probe/put_in_area", vol.Required("area_id"): str, vol.Required("domains"): [str]}
)
@callback
def put_in_area(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Put all entities of some domains in an area; answer how many there are."""
    registry = er.async_get(hass)
    entity_ids = [
        entity_id for entity_id in hass.states.async_entity_ids(msg["domains"]) if registry.async_get(entity_id)
    ]
    for entity_id in entity_ids:
        registry.async_update_entity(entity_id, area_id=msg["area_id"])
    connection.send_result(msg["id"], {"count": len(entity_ids)})


@websocket_api.websocket_command({vol.Required("type"): "interphone_probe/watch_loop", vol.Required("seconds"): float})
@websocket_api.async_response
async def watch_loop(_hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Answer the longest time that one turn of the loop took within these seconds."""
    connection.send_result(msg["id"], {"seconds": await _longest_turn(msg["seconds"])})


@websocket_api.websocket_command({vol.Required("type"): "interphone_probe/storm", vol.Required("seconds"): float})
@websocket_api.async_response
async def storm(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    """Toggle all switches by one service call; answer the longest turn of the loop within `seconds`, 0 to not watch."""
    switches = [entity_id for entity_id in hass.states.async_entity_ids("switch") if ".probe_" in entity_id]
    watch = hass.async_create_task(_longest_turn(msg["seconds"]))
    await hass.services.async_call("switch", "toggle", {"entity_id": switches}, blocking=True)
    connection.send_result(msg["id"], {"seconds": await watch})


async def _longest_turn(seconds: float) -> float:
    begun = before = perf_counter()
    longest = 0.0
    while before - begun < seconds:
        await asyncio.sleep(0)
        now = perf_counter()
        longest = max(longest, now - before)
        before = now
    return longest
