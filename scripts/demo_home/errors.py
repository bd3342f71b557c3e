"""The demo's expected failure, reported as one line instead of a traceback."""

from pathlib import Path


class DemoError(Exception):
    """The demo cannot continue. The message says what is wrong and what to do; `log` is the file with the details."""

    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log
