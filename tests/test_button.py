from homeassistant.helpers import device_registry as dr

from .conftest import ORIGIN, Home

BUTTON = "button.home_show_a_code"


async def press(home: Home) -> None:
    await home.hass.services.async_call("button", "press", {"entity_id": BUTTON}, blocking=True)


async def test_the_button_shows_a_code_that_lets_a_website_in(home: Home) -> None:
    await press(home)
    shown = await home.display.next()
    assert shown["state"] == "shown"
    assert shown["begun_on_panel"]
    await press(home)
    assert await home.display.next() == shown
    status, body = await home.request("POST", "/codecheck", headers={"code": shown["code"], "Origin": ORIGIN})
    assert (status, body["success"]) == (201, True)


async def test_it_works_when_outsiders_have_used_everything_up(home: Home) -> None:
    while (await home.request("GET", "/code", headers={"Origin": ORIGIN}))[0] == 200:
        pairing = home.entry.runtime_data.desk.live()[0]
        await home.command("pairing/reject", pairing_id=pairing.id)
    while (await home.request("POST", "/codecheck", headers={"code": "123456789"}))[0] != 429:
        pass
    await press(home)
    code = ""
    while len(code) != 12:
        code = await home.display.next_code()
    assert (await home.request("POST", "/codecheck", headers={"code": code}))[0] == 201


async def test_it_says_nothing_of_the_code(home: Home) -> None:
    await press(home)
    code = await home.display.next_code()
    assert code not in str(home.hass.states.async_all())


async def test_websites_cannot_press_it(home: Home) -> None:
    home.hass.config_entries.async_update_entry(home.entry, options={**home.entry.options, "domains": ["button"]})
    await home.hass.async_block_till_done()
    tokens = await home.pair()
    assert (await home.request("GET", "/devices", headers=tokens.headers))[1]["devices"] == []


async def test_the_hub_is_no_website_and_stays(home: Home) -> None:
    registry = dr.async_get(home.hass)
    hub = registry.async_get_device_by_identifier(("interphone", home.entry.entry_id), home.entry.entry_id)
    assert hub
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert registry.async_get(hub.id)
