"""Uses of what Home Assistant is going to remove, as it reports them: in its log, with the name of the integration."""

from collections.abc import Generator
from contextlib import contextmanager
import logging
import re
from typing import Final

# See `homeassistant.helpers.frame` and `homeassistant.helpers.deprecation`.
_REPORT: Final = re.compile("deprecated|detected that|stop working|will be removed", re.IGNORECASE)
_OURS: Final = re.compile(r"\binterphone\b")


def is_report(line: str) -> bool:
    """Return whether a line of the log reports a deprecated use by Interphone."""
    return bool(_REPORT.search(line) and _OURS.search(line))


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.reports: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if is_report(line):
            self.reports.append(line)


@contextmanager
def reported() -> Generator[list[str]]:
    """Collect what Home Assistant reports of such uses."""
    listener = _Listener()
    logging.getLogger().addHandler(listener)
    try:
        yield listener.reports
    finally:
        logging.getLogger().removeHandler(listener)
