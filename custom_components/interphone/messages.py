"""Localised messages of errors, and the body that an error has on the wire."""

import math
from typing import Any, Final, Protocol, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .errors import InterphoneError, NotReadyError

LANGUAGES: Final = ("en", "ko")

# The unit of a wait in words, its seconds, and the longest wait that is said in it.
WAIT_UNITS: Final = (("seconds", 1, 120), ("minutes", 60, 2 * 3600), ("hours", 3600, math.inf))


def negotiate(accept_language: str | None) -> str:
    """Return the most preferred language of an Accept-Language header among `LANGUAGES` (RFC 9110, section 12.5.4)."""
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
    """The result of a command."""

    @property
    def error(self) -> InterphoneError | None:
        """Why it failed, None when it did not."""

    def as_dict(self, message: str | None) -> dict[str, Any]:
        """Return its payload, with the error's message."""


def untranslated(error: InterphoneError) -> str:
    """Return the message of an error while no translations are loaded."""
    return "Interphone is not running in this Home Assistant" if isinstance(error, NotReadyError) else error.code


class Messages:
    """The messages of errors and the phrases of notifications, in every language."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        """Keep the texts of each language by their flat translation keys."""
        self._texts = texts

    @classmethod
    async def load(cls, hass: HomeAssistant) -> Self:
        """Load the texts of every language."""
        return cls(
            {
                language: await async_get_translations(hass, language, "exceptions", [DOMAIN])
                | await async_get_translations(hass, language, "common", [DOMAIN])
                for language in LANGUAGES
            }
        )

    def text(self, error: InterphoneError, language: str) -> str:
        """Return the message of an error, with its detail and how long to wait."""
        message = self._texts[language].get(f"component.{DOMAIN}.exceptions.{error.code}.message", error.code)
        if error.detail:
            message = f"{message} ({error.detail})"
        return message if error.retry_after is None else f"{message}. {self._wait(error.retry_after, language)}"

    def _wait(self, seconds: float, language: str) -> str:
        """Return in words when to try again: in whole seconds, minutes or hours, never too short."""
        unit, size = next((unit, size) for unit, size, limit in WAIT_UNITS if seconds <= limit)
        return self.phrase(f"wait_{unit}", language, count=str(max(1, math.ceil(seconds / size))))

    def outcome(self, outcome: Outcome, language: str) -> dict[str, Any]:
        """Return the payload of a command's result, with a localised message."""
        return outcome.as_dict(self.text(outcome.error, language) if outcome.error else None)

    def phrase(self, key: str, language: str, **placeholders: str) -> str:
        """Return a phrase of the `common` section with its placeholders replaced."""
        return self._texts[language][f"component.{DOMAIN}.common.{key}"].format(**placeholders)

    def has_phrase(self, key: str, language: str) -> bool:
        """Return whether there is such a phrase."""
        return f"component.{DOMAIN}.common.{key}" in self._texts[language]

    def body(self, error: InterphoneError, language: str) -> dict[str, Any]:
        """Return the body of an error: `{success: false, error, message, retry_after?}`, the last in whole seconds."""
        body: dict[str, Any] = {"success": False, "error": error.code, "message": self.text(error, language)}
        if error.retry_after is not None:
            body["retry_after"] = max(1, math.ceil(error.retry_after))
        return body
