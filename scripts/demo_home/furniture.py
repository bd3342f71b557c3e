"""Areas for the demo's devices, so that a page that lists devices by area has areas to show."""

from typing import Any

from .api import HomeSocket

# The onboarding creates the first three with these names.
_AREAS = {
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
    """Create the missing areas and assign the devices to them."""
    areas = {area["name"]: area["area_id"] for area in await socket.command("config/area_registry/list")}
    entities = {entity["entity_id"]: entity for entity in await socket.command("config/entity_registry/list")}
    for name, entity_ids in _AREAS.items():
        if name not in areas:
            areas[name] = (await socket.command("config/area_registry/create", name=name))["area_id"]
        for entity_id in entity_ids:
            await _assign(socket, entities[entity_id], areas[name])


async def _assign(socket: HomeSocket, entity: dict[str, Any], area_id: str) -> None:
    """Assign an entity's device to an area, or the entity itself if it has no device."""
    if device_id := entity["device_id"]:
        await socket.command("config/device_registry/update", device_id=device_id, area_id=area_id)
    else:
        await socket.command("config/entity_registry/update", entity_id=entity["entity_id"], area_id=area_id)
