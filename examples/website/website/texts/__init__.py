"""The website's texts: one JSON catalogue per language, all with the same keys."""

from collections.abc import Mapping
import json
import math
from pathlib import Path
from typing import Final

CATALOGUES: Final[Mapping[str, Mapping[str, str]]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("*.json"))
}
DEFAULT: Final = "en"
# Prefix of the texts for the place page's script.
LIVE: Final = "live."
# Longer durations are given in minutes.
SECONDS_MAX: Final = 120


class Texts:
    """The texts of one language. Call it with a key and values to get a text."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = CATALOGUES[language]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key with its placeholders filled in."""
        return self._catalogue[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self._catalogue

    def duration(self, seconds: float) -> str:
        """Format a duration in seconds or minutes, rounded up."""
        if seconds <= SECONDS_MAX:
            return self("wait.seconds", count=max(1, math.ceil(seconds)))
        return self("wait.minutes", count=math.ceil(seconds / 60))

    def live(self) -> dict[str, str]:
        """Return the texts for the place page's script, without their prefix."""
        return {key.removeprefix(LIVE): text for key, text in self._catalogue.items() if key.startswith(LIVE)}


def choose_language(chosen: str | None, accept_language: str) -> str:
    """Return the language chosen on the website, else the available one that Accept-Language prefers."""
    if chosen in CATALOGUES:
        return str(chosen)
    weighed = [_weigh(item) for item in accept_language.split(",")[:20]]
    available = [(weight, language) for weight, language in weighed if language in CATALOGUES and weight > 0]
    return max(available, key=lambda item: item[0], default=(0.0, DEFAULT))[1]


def _weigh(item: str) -> tuple[float, str]:
    """Parse one item of Accept-Language (RFC 9110, section 12.5.4), such as `ko-KR;q=0.8`."""
    tag, _, parameter = item.partition(";")
    language = tag.strip().lower().partition("-")[0]
    quality = parameter.strip().removeprefix("q=") or "1"
    try:
        return float(quality), language
    except ValueError:
        return 0.0, language
