"""The contract of 2021, which old websites rely on to the letter."""

import jwt
import pytest

from custom_components.interphone.const import BASE_PATH

from ..conftest import Home

KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"}


async def test_a_code_is_asked_for_and_redeemed_once(home: Home) -> None:
    async with home.client.get(f"{BASE_PATH}/code") as response:
        assert response.status == 200
        assert response.content_type == "application/json"
        assert await response.json() == {"success": True}
    code = await home.display.next_code()
    assert isinstance(code, str)
    assert len(code) == 9
    assert code.isdigit()

    status, body = await home.request("POST", "/codecheck", headers={"code": code})
    assert status == 201
    assert body["success"] is True
    claims = jwt.decode(body["token"], options={"verify_signature": False})
    assert claims["api_serial"] == body["serial"]
    assert claims["exp"] - claims["iat"] == 30 * 3600 == body["expires_in"]
    assert (await home.display.next())["state"] == "paired"

    assert len(await home.grants()) == 1
    again = await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": code, **KOREAN})
    assert again["message"] == "만료된 코드"
    assert len(await home.grants()) == 1


async def test_the_texts_of_the_two_refusals(home: Home) -> None:
    expired = await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": "123456789", **KOREAN})
    assert expired["message"] == "만료된 코드"
    await home.request("GET", "/code")
    code = await home.display.next_code()
    other = str((int(code) + 1) % 10**9).zfill(9)
    wrong = await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": other, **KOREAN})
    assert wrong["message"] == "잘못된 인증코드"
    english = await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": other})
    assert english["message"].startswith("Wrong code")


async def test_leading_zeros_are_part_of_the_code(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = iter("000001234")
    # Chance itself is the one thing a test cannot wait for.
    monkeypatch.setattr("custom_components.interphone.pairing.codes.CodeStyle.draw", lambda _s, _r: "".join(digits))
    await home.request("GET", "/code")
    assert await home.display.next_code() == "000001234"
    await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": "1234"})
    status, _ = await home.request("POST", "/codecheck", headers={"code": "000001234"})
    assert status == 201


async def test_asking_again_shows_the_same_code_for_no_longer(home: Home) -> None:
    await home.request("GET", "/code")
    await home.display.next()
    first = await home.display.next()
    assert await home.request("GET", "/code") == (200, {"success": True})
    again = await home.display.next()
    assert again["code"] == first["code"]
    assert again["expires_at"] == first["expires_at"]


async def test_post_asks_as_get_does(home: Home) -> None:
    assert await home.request("POST", "/code") == (200, {"success": True})
    code = await home.display.next_code()
    status, _ = await home.request("POST", "/codecheck", headers={"code": f" {code} "})
    assert status == 201


async def test_the_body_of_a_plain_check_is_none_of_our_business(home: Home) -> None:
    await home.request("GET", "/code", params={"utm_source": "mail"})
    code = await home.display.next_code()
    status, _ = await home.request("POST", "/codecheck", headers={"code": code}, data={"form": "field"})
    assert status == 201


async def test_names_for_the_panel_come_with_the_query(home: Home) -> None:
    await home.request("GET", "/code", params={"client_name": "Hotel", "account_hint": "m…@example.com"})
    pairing = await home.display.next()
    assert pairing["client_name"] == "Hotel"
    assert pairing["account_hint"] == "m…@example.com"
    code = await home.display.next_code()
    await home.request("POST", "/codecheck", headers={"code": code})
    [grant] = await home.grants()
    assert grant["name"] == "Hotel"
    assert grant["account_hint"] == "m…@example.com"


async def test_only_five_guesses_for_each_source(home: Home) -> None:
    await home.request("GET", "/code")
    code = await home.display.next_code()
    wrong = [str((int(code) + step) % 10**9).zfill(9) for step in range(1, 6)]
    for guess in wrong:
        await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": guess})
    body = await home.refused(429, "rate_limited", "POST", "/codecheck", headers={"code": code})
    assert 290 <= body["retry_after"] <= 300  # until a new code may be shown


async def test_too_many_requests_say_when_to_come_back(home: Home) -> None:
    for _ in range(3):
        await home.request("GET", "/code")
        pairing = await home.display.next()
        await home.command("pairing/reject", pairing_id=pairing["id"])
        while (await home.display.next())["state"] != "rejected":
            pass
    async with home.client.get(f"{BASE_PATH}/code") as response:
        body = await response.json()
        assert response.status == 429
        assert body["error"] == "rate_limited"
        assert 590 <= body["retry_after"] <= 600
        assert body["message"] == "Too many requests. Try again in 10 min"
        assert response.headers["Retry-After"] == str(body["retry_after"])
