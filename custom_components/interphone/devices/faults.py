"""Faults: exceptions while one entity is read, logged without what they quote."""

import logging
from traceback import extract_tb
from typing import Final

_LOGGER: Final = logging.getLogger(__name__)


def summary(error: Exception) -> str:
    """Return the kind of an exception and the line that raised it. Its message may quote a state or a PIN."""
    frames = extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


class Faults:
    """Logs each entity that cannot be read, once."""

    def __init__(self, consequence: str) -> None:
        """Log nothing yet; `consequence` says what becomes of such an entity."""
        self._consequence = consequence
        self._known: set[str] = set()

    def report(self, entity_id: str, error: Exception) -> None:
        """Log that an entity cannot be read, unless that was logged before."""
        if entity_id not in self._known:
            self._known.add(entity_id)
            _LOGGER.error("%s cannot be read and %s: %s", entity_id, self._consequence, summary(error))
