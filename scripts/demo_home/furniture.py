"""Rooms for the demo's devices, so that a page that lists devices by room has rooms to show."""

from typing import Any

from .api import HomeSocket

# The onboarding makes the first three; the names are those it gives them.
_ROOMS = {
    "Living Room": (
        "climate.hvac",
        "cover.living_room_window",
        "fan.living_room_fan",
        "light.living_room_rgbww_lights",
        "vacuum.demo_vacuum_0_ground_floor",
    ),
    "Kitchen": (
        "cover.kitchen_window",
        "light.kitchen_lights",
        "sensor.carbon_monoxide",
        "water_heater.demo_water_heater_celsius",
    ),
    "Bedroom": ("climate.ecobee", "fan.ceiling_fan", "light.bed_light", "light.ceiling_lights"),
    "Entrance": (
        "alarm_control_panel.security",
        "button.push",
        "cover.hall_window",
        "event.push_button_press",
        "light.entrance_color_white_lights",
    ),
    "Office": ("light.office_rgbw_lights", "sensor.carbon_dioxide", "sensor.carbon_dioxide_battery", "switch.ac"),
    "Basement": (
        "binary_sensor.basement_floor_wet",
        "climate.heatpump",
        "cover.garage_door",
        "sensor.power_consumption",
        "water_heater.demo_water_heater",
    ),
    "Garden": (
        "binary_sensor.movement_backyard",
        "cover.pergola_roof",
        "sensor.outside_humidity",
        "sensor.outside_temperature",
        "switch.decorative_lights",
        "valve.back_garden",
        "valve.front_garden",
        "valve.orchard",
        "valve.trees",
    ),
}


async def furnish(socket: HomeSocket) -> None:
    """Make the rooms that are not there yet and put the devices in them."""
    areas = {area["name"]: area["area_id"] for area in await socket.command("config/area_registry/list")}
    entities = {entity["entity_id"]: entity for entity in await socket.command("config/entity_registry/list")}
    for room, entity_ids in _ROOMS.items():
        if room not in areas:
            areas[room] = (await socket.command("config/area_registry/create", name=room))["area_id"]
        for entity_id in entity_ids:
            await _put(socket, entities[entity_id], areas[room])


async def _put(socket: HomeSocket, entity: dict[str, Any], area_id: str) -> None:
    """Put an entity's device in a room, or the entity itself where there is no device."""
    if device_id := entity["device_id"]:
        await socket.command("config/device_registry/update", device_id=device_id, area_id=area_id)
    else:
        await socket.command("config/entity_registry/update", entity_id=entity["entity_id"], area_id=area_id)
