"""The reference website in a browser, against a real home. The tests share one pairing and run in order."""

import re

from conftest import Demo, Resident, shoot, type_code
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect
import pytest

LIGHT = "Ceiling Lights"
ENTITY = "light.ceiling_lights"


def card(page: Page, name: str) -> Locator:
    """Return the card of a device."""
    return page.locator("article").filter(has=page.get_by_role("heading", name=name, exact=True))


async def switch(page: Page, name: str) -> None:
    """Click the switch of a device. `force`, since a styled element covers the input."""
    await card(page, name).get_by_role("switch").click(force=True)


async def test_the_devices_of_the_home_are_there(resident: Resident) -> None:
    await expect(resident.page.locator("#live")).to_have_text("Live")
    await expect(resident.page.get_by_role("heading", name="Kitchen", exact=False).first).to_be_visible()
    await expect(card(resident.page, LIGHT).get_by_role("switch")).to_be_checked()
    await expect(card(resident.page, "Outside Temperature")).to_contain_text("15.6 °C")
    await shoot(resident.page, "place")


async def test_a_switch_reaches_the_home_and_another_tab(demo: Demo, resident: Resident) -> None:
    other = await resident.open()
    await expect(card(other, LIGHT).get_by_role("switch")).to_be_checked()

    await switch(resident.page, LIGHT)

    await expect(card(other, LIGHT).get_by_role("switch")).not_to_be_checked()
    await expect(card(other, LIGHT)).to_contain_text("Off")
    assert (await demo.state(ENTITY))["state"] == "off"
    await switch(other, LIGHT)
    await expect(card(resident.page, LIGHT).get_by_role("switch")).to_be_checked()
    await other.close()


async def test_a_slider_sets_what_it_says(demo: Demo, resident: Resident) -> None:
    slider = card(resident.page, LIGHT).get_by_role("slider", name="Brightness")

    await slider.fill("40")

    await expect(card(resident.page, LIGHT)).not_to_have_attribute("data-pending", "")
    await expect(card(resident.page, LIGHT).locator("output").first).to_have_text("40%")
    assert round((await demo.state(ENTITY))["attributes"]["brightness"] / 2.55) == 40


async def test_a_state_changed_at_home_is_pushed(demo: Demo, resident: Resident) -> None:
    await demo.api.call("light", "turn_on", entity_id=ENTITY, brightness_pct=85)

    await expect(card(resident.page, LIGHT).locator("output").first).to_have_text("85%")


async def test_what_the_grant_may_not_do_is_not_offered(demo: Demo, resident: Resident) -> None:
    async with demo.api.socket() as socket:
        [grant] = (await socket.command("interphone/grants/list"))["grants"]
        scope = {"devices": None, "control": False, "doors_and_alarms": False}
        await socket.command("interphone/grants/update", grant_id=grant["id"], scope=scope)

        await expect(card(resident.page, LIGHT).get_by_role("switch")).to_have_count(0)
        await shoot(resident.page, "look")

        scope["control"] = True
        await socket.command("interphone/grants/update", grant_id=grant["id"], scope=scope)
        await expect(card(resident.page, LIGHT).get_by_role("switch")).to_be_checked()


async def test_a_failed_command_shows_its_error_and_is_reverted(resident: Resident) -> None:
    """What the page sends names a device that is not there."""

    def misdirect(route: WebSocketRoute) -> None:
        home = route.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            misdirected = re.sub(r'"device":"\w+"', '"device":"gone"', message) if isinstance(message, str) else message
            home.send(misdirected)

        route.on_message(pass_on)

    page = await resident.context.new_page()
    await page.route_web_socket(re.compile(r"/socket\.io/"), misdirect)
    await page.goto(resident.place)
    await expect(card(page, LIGHT).get_by_role("switch")).to_be_checked()

    await switch(page, LIGHT)

    await expect(card(page, LIGHT).get_by_role("alert")).to_have_text("The device is not shared any more")
    await expect(card(page, LIGHT).get_by_role("switch")).to_be_checked()
    await shoot(page, "failed")
    await page.close()


async def test_a_pause_is_shown_and_ends_by_itself(demo: Demo, resident: Resident) -> None:
    async with demo.api.socket() as socket:
        [grant] = (await socket.command("interphone/grants/list"))["grants"]
        await socket.command("interphone/grants/pause", grant_id=grant["id"])
        await expect(resident.page.locator("#banner")).to_contain_text("has paused this website")

        await socket.command("interphone/grants/resume", grant_id=grant["id"])

        await expect(resident.page.locator("#live")).to_have_text("Live")


async def test_the_page_survives_a_restart_of_the_home(demo: Demo, resident: Resident) -> None:
    if demo.home is None:
        pytest.skip("this home was started elsewhere, and cannot be restarted from here")
    await demo.stop_home()
    await expect(resident.page.locator("#banner")).to_contain_text("Trying again")
    await expect(card(resident.page, LIGHT).get_by_role("switch")).to_be_disabled()
    await shoot(resident.page, "away")

    await demo.start_home()

    await expect(resident.page.locator("#live")).to_have_text("Live", timeout=60_000)
    await expect(resident.page.locator("#banner")).to_be_hidden()
    await demo.api.call("light", "turn_off", entity_id=ENTITY)
    await expect(card(resident.page, LIGHT).get_by_role("switch")).not_to_be_checked()


@pytest.mark.parametrize(
    ("name", "locale", "scheme", "width"),
    [("korean_dark", "ko-KR", "dark", 1280), ("phone", "en-US", "light", 390), ("korean_phone", "ko-KR", "dark", 390)],
)
async def test_every_screen_and_language(
    browser: Browser, resident: Resident, name: str, locale: str, scheme: str, width: int
) -> None:
    context = await browser.new_context(
        storage_state=await resident.context.storage_state(),
        locale=locale,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 844},
    )
    page = await context.new_page()
    await page.goto(resident.place)

    await expect(page.locator("#live")).to_have_text("실시간" if locale == "ko-KR" else "Live")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    await shoot(page, name)
    await context.close()


async def test_a_revocation_is_shown(demo: Demo, resident: Resident) -> None:
    async with demo.api.socket() as socket:
        [grant] = (await socket.command("interphone/grants/list"))["grants"]
        await socket.command("interphone/grants/revoke", grant_id=grant["id"])

    await expect(resident.page.get_by_role("heading", name="does not let you in any more")).to_be_visible()
    await expect(resident.page.locator("#devices")).to_be_hidden()
    await resident.page.reload()
    await expect(resident.page.get_by_role("heading", name="does not let you in any more")).to_be_visible()
    await shoot(resident.page, "revoked")


async def test_pairing_again_and_forgetting(demo: Demo, resident: Resident) -> None:
    page = resident.page
    await page.get_by_role("button", name="Pair again").click()
    await type_code(demo, page)
    assert page.url == resident.place
    await expect(page.locator("#live")).to_have_text("Live")

    await page.get_by_role("link", name="Settings").click()
    await page.get_by_label("Name").fill("Cabin")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Cabin")).to_be_visible()
    await page.get_by_role("link", name="Settings").click()
    await shoot(page, "settings")
    await page.get_by_role("button", name="Forget Cabin").click()

    await expect(page.get_by_role("status")).to_contain_text("the home has ended the access")
    await expect(page).to_have_url(re.compile(r"/$"))
    async with demo.api.socket() as socket:
        assert (await socket.command("interphone/grants/list"))["grants"] == []
