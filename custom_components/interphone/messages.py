"""Refusals in the asker's language, as the body that goes over the wire."""

from typing import Any, Final, Protocol, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .errors import InterphoneError, NotReadyError

LANGUAGES: Final = ("en", "ko")


def negotiate(accept_language: str | None) -> str:
    """Return the language an Accept-Language header asks for first, among those there are (RFC 9110, 12.5.4)."""
    wanted = []
    for position, part in enumerate((accept_language or "").split(",")):
        tag, _, parameter = part.partition(";")
        try:
            quality = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        wanted.append((-quality, position, tag.strip().lower().partition("-")[0]))
    return next((tag for quality, _, tag in sorted(wanted) if tag in LANGUAGES and quality < 0), LANGUAGES[0])


class Outcome(Protocol):
    """What came of a command."""

    @property
    def error(self) -> InterphoneError | None:
        """Why it was not done."""

    def as_dict(self, message: str | None) -> dict[str, Any]:
        """Return it as it goes over the wire, with the error's message."""


def untranslated(error: InterphoneError) -> str:
    """Return what to tell a person while no texts are loaded."""
    return "Interphone is not running in this Home Assistant" if isinstance(error, NotReadyError) else error.code


class Messages:
    """The translated messages of every error code."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        """Hold, for each language, the texts by their flat translation keys."""
        self._texts = texts

    @classmethod
    async def load(cls, hass: HomeAssistant) -> Self:
        """Load the texts in every language there is."""
        return cls(
            {
                language: await async_get_translations(hass, language, "exceptions", [DOMAIN])
                | await async_get_translations(hass, language, "common", [DOMAIN])
                for language in LANGUAGES
            }
        )

    def text(self, error: InterphoneError, language: str) -> str:
        """Return what to tell a person, the faulty part of the input named."""
        message = self._texts[language].get(f"component.{DOMAIN}.exceptions.{error.code}.message", error.code)
        return f"{message} ({error.detail})" if error.detail else message

    def outcome(self, outcome: Outcome, language: str) -> dict[str, Any]:
        """Return what came of a command as it goes over the wire, told in the asker's language."""
        return outcome.as_dict(self.text(outcome.error, language) if outcome.error else None)

    def phrase(self, key: str, language: str, **placeholders: str) -> str:
        """Return a phrase of the `common` section with its placeholders filled in."""
        return self._texts[language][f"component.{DOMAIN}.common.{key}"].format(**placeholders)

    def body(self, error: InterphoneError, language: str) -> dict[str, Any]:
        """Return the body of a refusal: `{success, error, message, retry_after?}`."""
        body: dict[str, Any] = {"success": False, "error": error.code, "message": self.text(error, language)}
        if error.retry_after is not None:
            body["retry_after"] = max(1, round(error.retry_after))
        return body
