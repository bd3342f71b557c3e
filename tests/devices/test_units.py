"""On the wire temperatures are °C and each quantity has one unit, whatever units the home uses."""

from collections.abc import Callable

from homeassistant.core import Event, HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest

from custom_components.interphone.devices.commands import CommandStatus
from custom_components.interphone.devices.model import Device

from .conftest import Send, set_up_demo


@pytest.fixture
async def home(hass: HomeAssistant) -> HomeAssistant:
    """A demo home in the United States."""
    hass.config.units = US_CUSTOMARY_SYSTEM
    await set_up_demo(hass, ["climate", "water_heater", "weather", "sensor", "number"])
    return hass


async def test_a_fahrenheit_home_is_described_in_celsius(hass: HomeAssistant, device: Callable[[str], Device]) -> None:
    seen = hass.states.get("climate.hvac")
    assert seen is not None
    assert (seen.attributes["temperature"], seen.attributes["min_temp"]) == (70, 45)

    hvac = device("climate.hvac")
    assert hvac.state["thermostat"]["celsius"] == 21.11
    assert hvac.traits["thermostat"]["celsius_min"] == 7.22
    assert hvac.traits["thermostat"]["celsius_max"] == 35

    boiler = device("water_heater.demo_water_heater")
    assert boiler.state["thermostat"]["celsius"] == 48.33

    outside = device("sensor.outside_temperature")
    assert outside.traits["value"] == {"measures": "temperature", "unit": "°C", "options": None}
    assert outside.state["value"]["value"] == pytest.approx(15.6, abs=0.06)

    weather = device("weather.demo_weather_south").state["weather"]
    assert weather["celsius"] == pytest.approx(21.6, abs=0.3)
    assert weather["pressure_hectopascals"] == pytest.approx(1099, abs=0.5)
    assert weather["wind_meters_per_second"] == pytest.approx(0.5, abs=0.01)

    setting = device("number.temperature_setting")
    assert setting.traits["level"]["unit"] == "°C"
    assert setting.state["level"]["value"] == pytest.approx(22, abs=0.3)
    assert (setting.traits["level"]["min"], setting.traits["level"]["max"]) == (15, 35)


@pytest.mark.parametrize(
    ("entity_id", "command", "params", "sent"),
    [
        ("climate.hvac", "thermostat.set_temperature", {"celsius": 20}, {"temperature": 68}),
        (
            "climate.ecobee",
            "thermostat.set_temperature",
            {"low_celsius": 18, "high_celsius": 25},
            {"target_temp_low": 64.4, "target_temp_high": 77},
        ),
        ("water_heater.demo_water_heater", "thermostat.set_temperature", {"celsius": 50}, {"temperature": 122}),
        ("number.temperature_setting", "level.set", {"value": 20}, {"value": 68}),
    ],
)
async def test_commands_are_converted_back(
    send: Send, calls: list[Event], entity_id: str, command: str, params: dict[str, float], sent: dict[str, float]
) -> None:
    result = await send(entity_id, command, **params)
    assert result.status is CommandStatus.CONFIRMED
    data = dict(calls[0].data["service_data"])
    del data["entity_id"]
    assert data == sent


async def test_a_limit_in_celsius_is_the_exact_limit(hass: HomeAssistant, send: Send, calls: list[Event]) -> None:
    limits = {"device_class": "temperature", "unit_of_measurement": "°F", "min": 47, "max": 98}
    hass.states.async_set("number.pool", "60", limits)
    await hass.async_block_till_done()
    # 8.33 °C are 46.99 °F, 36.67 °C are 98.01 °F.
    await send("number.pool", "level.set", value=8.33)
    await send("number.pool", "level.set", value=36.67)
    assert [call.data["service_data"]["value"] for call in calls] == [47, 98]


@pytest.mark.parametrize(
    ("entity_id", "command", "params", "names"),
    [
        ("climate.hvac", "thermostat.set_temperature", {"celsius": 68}, "7.22 to 35 °C"),
        ("number.temperature_setting", "level.set", {"value": 36}, "15 to 35 °C"),
    ],
)
async def test_errors_name_ranges_in_celsius(
    send: Send, calls: list[Event], entity_id: str, command: str, params: dict[str, float], names: str
) -> None:
    result = await send(entity_id, command, **params)
    assert result.error is not None
    assert result.error.code == "invalid_params"
    assert names in (result.error.detail or "")
    assert not calls
