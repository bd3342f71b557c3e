"""Messages of errors in the language that a client prefers."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.interphone.errors import NotReadyError, RateLimitedError, WrongCodeError
from custom_components.interphone.messages import Messages, negotiate, untranslated


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ko", "ko"),
        ("KO", "ko"),
        ("ko-KR", "ko"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("en;q=0.2, ko;q=0.9", "ko"),
        ("fr, ko;q=0.5, en;q=0.4", "ko"),
        ("fr, de;q=0.5", "en"),
        ("ko;q=0, fr", "en"),
        ("ko;q=0", "en"),
        ("*", "en"),
        ("ko;q=nonsense", "en"),
        ("ko;q=nan", "en"),
        (";;;,,,q=1", "en"),
        ("korean", "en"),
        ("ko" * 5000, "en"),
        ("fr," * 5000 + "ko", "ko"),
    ],
)
def test_the_preferred_language(header: str | None, language: str) -> None:
    assert negotiate(header) == language


@pytest.fixture
async def messages(hass: HomeAssistant) -> Messages:
    return await Messages.load(hass)


async def test_bodies(messages: Messages) -> None:
    assert messages.body(WrongCodeError(), "ko") == {
        "success": False,
        "error": "wrong_code",
        "message": "잘못된 인증코드",
    }
    body = messages.body(RateLimitedError(retry_after=0.2), "en")
    assert body["retry_after"] == 1
    assert body["message"] == "Too many requests. Try again in 1 s"


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0.2, "Try again in 1 s", "1초 후에 다시 시도하세요"),
        (119.5, "Try again in 120 s", "120초 후에 다시 시도하세요"),
        (121, "Try again in 3 min", "3분 후에 다시 시도하세요"),
        (3420, "Try again in 57 min", "57분 후에 다시 시도하세요"),
        (86399, "Try again in 24 h", "24시간 후에 다시 시도하세요"),
    ],
)
async def test_the_wait_is_said_in_words(messages: Messages, seconds: float, english: str, korean: str) -> None:
    error = RateLimitedError(retry_after=seconds)
    assert messages.text(error, "en") == f"Too many requests. {english}"
    assert messages.text(error, "ko") == f"요청이 너무 많습니다. {korean}"
    assert messages.body(error, "en")["retry_after"] >= seconds


async def test_the_faulty_part_is_named(messages: Messages) -> None:
    assert messages.text(WrongCodeError("digits"), "ko") == "잘못된 인증코드 (digits)"


def test_without_texts() -> None:
    assert untranslated(NotReadyError()).startswith("Interphone is not running")
    assert untranslated(WrongCodeError()) == "wrong_code"
