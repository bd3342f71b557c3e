"""What is advertised can be set, what was read can be sent back, and only what was seen is confirmed."""

from typing import Any

from homeassistant.components.climate import ClimateEntityFeature
from homeassistant.components.light import ColorMode
import pytest

from .conftest import House
from .entities import CELSIUS, FAHRENHEIT, Cover, Fan, Humidifier, Lamp, Number, Thermostat

RANGE = ClimateEntityFeature.TARGET_TEMPERATURE_RANGE


@pytest.mark.parametrize(("speeds", "speed"), [(n, k) for n in (1, 3, 4, 6, 7, 30, 60) for k in {1, 2, n // 2, n} if k])
async def test_the_steps_that_a_fan_advertises_are_its_speeds(house: House, speeds: int, speed: int) -> None:
    """Howard0000/homeassistant-systemair-modbus#95: k steps are speed k."""
    speed = min(speed, speeds)
    fan = Fan(speeds)
    await house.add("fan", fan)
    step = (await house.see("Fan"))["traits"]["fan"]["percent_step"]
    status, body = await house.send("Fan", "fan.set_speed", percent=min(100, round(step * speed, 2)))
    assert (status, body["status"]) == (200, "confirmed"), body
    assert fan.speed == speed
    # Sent back as it is read, it is the same speed.
    await house.send("Fan", "fan.set_speed", percent=body["state"]["fan"]["percent"])
    assert fan.speed == speed


@pytest.mark.parametrize(("percent", "speed"), [(1, 1), (34, 2), (50, 2), (67, 3), (0, 0)])
async def test_between_two_speeds_a_fan_takes_the_upper_one(house: House, percent: float, speed: int) -> None:
    """As Home Assistant does."""
    fan = Fan(3, 1)
    await house.add("fan", fan)
    await house.send("Fan", "fan.set_speed", percent=percent)
    assert fan.speed == speed


@pytest.mark.usefixtures("fahrenheit")
@pytest.mark.parametrize("step", [1, None])
@pytest.mark.parametrize("degrees", range(62, 81, 3))
async def test_a_target_that_was_read_can_be_sent_back(house: House, degrees: int, step: float | None) -> None:
    """home-assistant/core#18524: 71 °F are 21.67 °C, which are not 71.01 °F."""
    device = Thermostat(FAHRENHEIT, step=step, min_temp=45, max_temp=95, target_temperature=degrees)  # type: ignore[arg-type]
    await house.add("climate", device)
    read = (await house.see("Thermostat"))["state"]["thermostat"]["celsius"]
    status, body = await house.send("Thermostat", "thermostat.set_temperature", celsius=read)
    assert (status, body["status"]) == (200, "confirmed"), body
    assert device.sent == [degrees]


@pytest.mark.parametrize(
    ("step", "wanted", "sent"), [(0.5, 20.3, 20.5), (1, 20.6, 21), (0.1, 20.37, 20.4), (0.5, 30, 30), (7, 29.2, 28)]
)
async def test_a_target_between_two_steps_is_put_on_one(house: House, step: float, wanted: float, sent: float) -> None:
    """home-assistant/core#100256, KartoffelToby/better_thermostat#316."""
    device = Thermostat(CELSIUS, step=step, min_temp=5, max_temp=30, target_temperature=20)
    await house.add("climate", device)
    assert (await house.see("Thermostat"))["traits"]["thermostat"]["celsius_step"] == step
    status, body = await house.send("Thermostat", "thermostat.set_temperature", celsius=wanted)
    assert (status, body["status"]) == (200, "confirmed"), body
    assert device.sent == [pytest.approx(sent)]


async def test_both_ends_of_a_target_range_are_put_on_a_step(house: House) -> None:
    targets = {"target_temperature_low": 15, "target_temperature_high": 25}
    device = Thermostat(CELSIUS, step=0.5, min_temp=5, max_temp=30, supported_features=RANGE, **targets)
    await house.add("climate", device)
    params = {"low_celsius": 18.2, "high_celsius": 22.8}
    status, body = await house.send("Thermostat", "thermostat.set_temperature", **params)
    assert (status, body["status"]) == (200, "confirmed"), body
    assert device.sent == [(18, 23)]


async def test_a_humidity_between_two_steps_is_put_on_one(house: House) -> None:
    device = Humidifier()
    await house.add("humidifier", device)
    status, body = await house.send("Humidifier", "humidity.set", percent=53)
    assert (status, body["status"]) == (200, "confirmed"), body
    assert device.sent == [55]


@pytest.mark.parametrize(("wanted", "sent"), [(3.14, 3), (3.4, 3.5), (10, 10), (-1, -1)])
async def test_a_number_between_two_steps_is_put_on_one(house: House, wanted: float, sent: float) -> None:
    device = Number(native_min_value=-1, native_max_value=10, native_step=0.5, native_value=0)
    await house.add("number", device)
    status, body = await house.send("Number", "level.set", value=wanted)
    assert (status, body["status"]) == (200, "confirmed"), body
    assert device.sent == [sent]


# Devices that ignore what they are sent, and are so near that a tolerance could take them for obedient.
UNMOVED: list[tuple[str, Any, str, str, dict[str, Any]]] = [
    ("fan", lambda: Fan(100, 40, ignores_calls=True), "Fan", "fan.set_speed", {"percent": 50}),
    ("fan", lambda: Fan(3, 1, ignores_calls=True), "Fan", "fan.set_speed", {"percent": 50}),
    (
        "climate",
        lambda: Thermostat(CELSIUS, step=0.5, min_temp=5, max_temp=30, target_temperature=20, ignores_calls=True),
        "Thermostat",
        "thermostat.set_temperature",
        {"celsius": 20.5},
    ),
    (
        "light",
        lambda: Lamp(ColorMode.COLOR_TEMP, color_temp_kelvin=3000, brightness=200, ignores_calls=True),
        "Lamp",
        "color.set",
        {"kelvin": 3003},
    ),
    (
        "light",
        lambda: Lamp(ColorMode.HS, hs_color=(100, 80), brightness=200, ignores_calls=True),
        "Lamp",
        "color.set",
        {"hue": 101, "saturation": 80},
    ),
    (
        "light",
        lambda: Lamp(ColorMode.BRIGHTNESS, brightness=102, ignores_calls=True),
        "Lamp",
        "brightness.set",
        {"percent": 41},
    ),
]


@pytest.mark.parametrize(("domain", "make", "name", "command", "params"), UNMOVED)
async def test_a_device_that_did_not_obey_is_not_confirmed(
    house: House, domain: str, make: Any, name: str, command: str, params: dict[str, Any]
) -> None:
    """RiDDiX/home-assistant-matter-hub#308."""
    await house.add(domain, make())
    before = (await house.see(name))["state"]
    status, body = await house.send(name, command, **params)
    assert (status, body["status"]) == (200, "done"), body
    assert body["state"] == before


async def test_a_guess_confirms_nothing(house: House) -> None:
    cover = Cover("Blind", assumed_state=True)
    await house.add("cover", cover)
    status, body = await house.send("Blind", "open_close.open")
    assert (status, body["status"]) == (200, "done"), body
    assert cover.calls == ["open"]


async def test_a_hue_of_360_degrees_is_seen(house: House) -> None:
    """home-assistant/core#135739."""
    await house.add("light", Lamp(ColorMode.HS, hs_color=(120, 100), brightness=200))
    status, body = await house.send("Lamp", "color.set", hue=360, saturation=100)
    assert (status, body["status"]) == (200, "confirmed"), body
    status, body = await house.send("Lamp", "color.set", hue=359.5, saturation=100)
    assert (status, body["status"]) == (200, "confirmed"), body


async def test_white_has_no_hue(house: House) -> None:
    """dotsam/homebridge-milight#5."""
    await house.add("light", Lamp(ColorMode.RGB, rgb_color=(0, 255, 0), brightness=200))
    status, body = await house.send("Lamp", "color.set", hue=120, saturation=0)
    assert status == 200
    assert body["state"]["color"]["saturation"] == 0
    assert body["status"] == "confirmed", body


async def test_a_lamp_that_is_on_is_not_at_nought_percent(house: House) -> None:
    """Koenkk/zigbee2mqtt#4203, esphome/issues#78."""
    await house.add("light", Lamp(ColorMode.BRIGHTNESS, brightness=0))
    state = (await house.see("Lamp"))["state"]
    assert (state["on_off"], state["brightness"]) == ({"on": True}, {"percent": 1})
