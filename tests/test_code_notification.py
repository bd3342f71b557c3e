"""Codes as notifications, for homes whose dashboards show no display."""

from typing import Any

import pytest

from .conftest import ORIGIN, Home

pytestmark = pytest.mark.usefixtures("quiet_log")


async def shown(home: Home) -> dict[str, Any]:
    [notification] = await home.notifications()
    return notification


async def test_it_shows_the_code_and_goes_when_that_is_used(home: Home) -> None:
    await home.request("GET", "/code", headers={"Origin": ORIGIN})
    code = await home.display.next_code()
    notification = await shown(home)
    assert notification["title"] == "Code for a website"
    assert f"# {code[:3]} {code[3:6]} {code[6:]}" in notification["message"]
    assert f"`{ORIGIN}`" in notification["message"]
    await home.request("POST", "/codecheck", headers={"code": code})
    assert not await home.notifications()


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [
        ("ko", "웹사이트 인증코드", "접속을 요청합니다"),
        ("ko-KR", "웹사이트 인증코드", "접속을 요청합니다"),
        ("en-GB", "Code for a website", "asks to be let in"),
        ("de", "Code for a website", "asks to be let in"),
    ],
)
async def test_it_speaks_the_homes_language(home: Home, language: str, title: str, words: str) -> None:
    home.hass.config.language = language
    await home.request("GET", "/code", params={"client_name": "호텔"}, headers={"Accept-Language": "fr"})
    await home.display.next_code()
    notification = await shown(home)
    assert notification["title"] == title
    assert words in notification["message"]
    assert "`호텔`" in notification["message"]


async def test_asking_again_makes_no_second_one(home: Home) -> None:
    await home.request("GET", "/code")
    code = await home.display.next_code()
    await home.request("GET", "/code")
    await home.display.next_code()
    assert code[:3] in (await shown(home))["message"]


async def test_it_goes_when_the_code_is_rejected(home: Home) -> None:
    await home.request("GET", "/code")
    pairing = await home.display.next()
    assert await shown(home)
    await home.command("pairing/reject", pairing_id=pairing["id"])
    assert not await home.notifications()


async def test_it_goes_with_interphone(home: Home) -> None:
    await home.request("GET", "/code")
    assert await shown(home)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert not await home.notifications()


async def test_one_for_each_code_and_each_goes_alone(home: Home) -> None:
    await home.request("GET", "/code")
    code = await home.display.next_code()
    begun = (await home.command("pairing/begin"))["result"]["pairing"]
    assert len(await home.notifications()) == 2
    await home.request("POST", "/codecheck", headers={"code": code})
    letters = begun["code"]
    assert f"# {letters[:4]} {letters[4:8]} {letters[8:]}" in (await shown(home))["message"]


async def test_one_begun_at_a_display_names_no_website(home: Home) -> None:
    await home.command("pairing/begin")
    message = (await shown(home))["message"]
    assert "asks to be let in" not in message
    assert "panel`" not in message


@pytest.mark.parametrize(
    "name",
    [
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "`[click](https://evil.example)`",
        "``` x",
        "<a href='https://evil.example'>x</a>",
        "\\`[x](https://evil.example)",
        "{code}",
        "# 00000000",
    ],
)
async def test_a_name_that_a_website_claims_is_not_markdown(home: Home, name: str) -> None:
    await home.request("POST", "/code", json={"client_name": name})
    await home.display.next_code()
    message = (await shown(home))["message"]
    # All of it is inside one code span, where Markdown and HTML mean nothing.
    assert message.count("`") == 2
    before, inside, after = message.split("`")
    assert inside == name.replace("`", "'")
    for other in (before, after):
        assert not set("[]<>!") & set(other)


class TestExpiry:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"origins": [], "domains": [], "code_lifetime": 0.2}

    async def test_it_goes_when_the_code_expires(self, home: Home) -> None:
        await home.request("GET", "/code")
        while (pairing := await home.display.next())["state"] != "expired":
            pass
        assert pairing["code"] is None
        assert not await home.notifications()
        await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": "12345678"})


class TestAskBeforeShowing:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"origins": [], "domains": [], "ask_before_showing": True}

    async def test_what_waits_is_announced_without_a_code(self, home: Home) -> None:
        await home.request("GET", "/code", params={"client_name": "Hotel"})
        waiting = await home.display.next()
        note = await shown(home)
        assert note["title"] == "A website waits"
        assert "Show a code" in note["message"]
        assert "(/config/integrations/integration/interphone)" in note["message"]
        assert "Hotel" not in note["message"]
        await home.command("pairing/reveal", pairing_id=waiting["id"])
        code = await home.display.next_code()
        assert code[:3] in (await shown(home))["message"]

    async def test_it_speaks_korean(self, home: Home) -> None:
        home.hass.config.language = "ko"
        await home.request("GET", "/code")
        await home.display.next()
        assert "누르고" in (await shown(home))["message"]

    async def test_one_for_all_that_waits_and_it_goes_with_the_last(self, home: Home) -> None:
        await home.request("GET", "/code")
        await home.request("POST", "/code", json={"challenge": "A" * 43})
        for pairing in home.entry.runtime_data.desk.live():
            assert (await shown(home))["title"] == "A website waits"
            await home.command("pairing/reject", pairing_id=pairing.id)
        assert not await home.notifications()


class TestDismissal:
    """A notification that somebody dismisses is a code put away."""

    async def dismiss(self, home: Home) -> None:
        [note] = await home.notifications()
        await home.hass.services.async_call(
            "persistent_notification", "dismiss", {"notification_id": note["notification_id"]}, blocking=True
        )

    async def test_without_a_display_the_code_is_put_away_and_attempts_are_kept(self, home: Home) -> None:
        await home.display.socket.close()
        await home.hass.async_block_till_done()
        desk = home.entry.runtime_data.desk
        await home.request("GET", "/code")
        [pairing] = desk.live()
        wrong = str((int(pairing.code or "") + 1) % 10**9).zfill(9)
        await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": wrong})
        await self.dismiss(home)
        [waiting] = desk.live()
        assert (waiting.state, waiting.code, waiting.attempts_left) == ("waiting", None, 19)
        assert not await home.notifications()  # and no other says that it waits
        await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": pairing.code or ""})
        assert (await home.command("pairing/reveal", pairing_id=waiting.id))["success"]
        assert await home.notifications()

    async def test_a_display_that_shows_it_keeps_it(self, home: Home) -> None:
        await home.request("GET", "/code")
        code = await home.display.next_code()
        await self.dismiss(home)
        assert not await home.notifications()
        assert (await home.request("POST", "/codecheck", headers={"code": code}))[0] == 201

    async def test_a_display_that_reconnects_to_a_reloaded_entry_counts(self, home: Home) -> None:
        assert await home.hass.config_entries.async_reload(home.entry.entry_id)
        assert home.entry.runtime_data.displays.is_watched
        await home.display.socket.close()
        await home.hass.async_block_till_done()
        assert not home.entry.runtime_data.displays.is_watched
