"""What devices say is told as what it is: ranges of which a slider can be made, options to choose, bounded texts."""

from typing import Any

from homeassistant.components.light import ColorMode, LightEntityFeature
from homeassistant.components.media_player import MediaPlayerEntityFeature as Can, MediaPlayerState
import pytest

from .conftest import House
from .entities import Lamp, Player, Select

NAME = {"friendly_name": "Odd"}


async def described(house: House, entity_id: str, state: str, **attributes: Any) -> tuple[dict[str, Any], Any]:
    house.hass.states.async_set(entity_id, state, {**NAME, **attributes})
    device = await house.see("Odd")
    return device["traits"], device["state"]


@pytest.mark.parametrize(("low", "high"), [(30, 10), (20, 20), (None, 30), (5, None), (-5000, 30)])
async def test_a_range_of_targets_that_is_none(house: House, low: float | None, high: float | None) -> None:
    traits, _ = await described(house, "climate.odd", "heat", supported_features=1, min_temp=low, max_temp=high)
    assert (traits["thermostat"]["celsius_min"], traits["thermostat"]["celsius_max"]) == (None, None)


@pytest.mark.parametrize(("low", "high"), [(None, 0), (0, 6500), (6500, 2000), (2000, 2000)])
async def test_a_range_of_color_temperatures_that_is_none(house: House, low: float | None, high: float) -> None:
    ends = {"min_color_temp_kelvin": low, "max_color_temp_kelvin": high}
    traits, _ = await described(house, "light.odd", "on", supported_color_modes=["color_temp"], **ends)
    assert (traits["color"]["kelvin_min"], traits["color"]["kelvin_max"]) == (None, None)


async def test_a_step_that_is_none(house: House) -> None:
    traits, _ = await described(house, "number.odd", "5", min=10, max=0, step=0)
    assert traits["level"] == {"min": None, "max": None, "step": None, "unit": None, "measures": None}


async def test_numbers_beyond_their_meaning_are_null(house: House) -> None:
    media = {"supported_features": 0, "media_position": -3, "media_duration": 10**12}
    _, state = await described(house, "media_player.odd", "playing", **media)
    assert (state["media"]["position_seconds"], state["media"]["duration_seconds"]) == (None, None)
    house.hass.states.async_remove("media_player.odd")
    _, state = await described(house, "cover.odd", "open", supported_features=15, current_position=-1)
    assert state["open_close"] == {"open": True, "percent": None, "movement": "stopped"}


async def test_a_long_title_is_cut(house: House) -> None:
    _, state = await described(house, "media_player.odd", "playing", media_title="x" * 5000)
    assert state["media"]["title"] == "x" * 254 + "…"


async def test_a_title_that_is_a_number_is_a_title(house: House) -> None:
    """home-assistant/core#3128, shannonhochkins/ha-component-kit#114."""
    player = Player(Can.PLAY, state=MediaPlayerState.PLAYING, media_title=1979, media_album_name=1989)
    await house.add("media_player", player)
    media = (await house.see("Player"))["state"]["media"]
    assert (media["title"], media["album"]) == ("1979", "1989")


async def test_a_word_with_an_empty_unit_is_a_word(house: House) -> None:
    """home-assistant/core#92483."""
    traits, state = await described(house, "sensor.odd", "spinning", unit_of_measurement="")
    assert state["value"]["value"] == "spinning"
    assert traits["value"]["unit"] is None


async def test_no_effect_is_null(house: House) -> None:
    """sidoh/esp8266_milight_hub#679. Home Assistant's word for no effect is `off`."""
    lamp = Lamp(
        ColorMode.BRIGHTNESS,
        brightness=100,
        effect="off",
        effect_list=["off", "candle"],
        supported_features=LightEntityFeature.EFFECT,
    )
    await house.add("light", lamp)
    assert (await house.see("Lamp"))["state"]["effect"] == {"effect": None}
    status, body = await house.send("Lamp", "effect.set", effect="off")
    assert (status, body["status"]) == (200, "confirmed"), body


async def test_a_choice_is_offered_once(house: House) -> None:
    """home-assistant/core#83852."""
    player = Player(Can.SELECT_SOURCE, source_list=["HDMI 1", "TV", "HDMI 1", " "], state=MediaPlayerState.ON)
    await house.add("media_player", player)
    assert (await house.see("Player"))["traits"]["source"]["sources"] == ["HDMI 1", "TV"]


async def test_every_option_that_is_offered_can_be_chosen(house: House) -> None:
    """syssi/esphome-jk-bms#1006, jcgoette/baby_buddy_homeassistant#154."""
    await house.add("select", Select())
    options = (await house.see("Select"))["traits"]["choice"]["options"]
    assert options == ["boost", "Éco - nuit"]
    for option in options:
        status, body = await house.send("Select", "choice.set", option=option)
        assert (status, body.get("status")) == (200, "confirmed"), (option, body)


async def test_where_there_is_nothing_to_choose_nothing_is_offered(house: House) -> None:
    traits, _ = await described(house, "select.odd", "unknown", options=["", "x" * 300, "\ud800"])
    assert traits["choice"] == {"options": None}
    assert (await house.see("Odd"))["commands"] == []
