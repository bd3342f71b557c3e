"""What can go wrong with the demo and is worth one clear line instead of a traceback."""

from pathlib import Path


class DemoError(Exception):
    """The demo cannot go on. The message says what is wrong and what to do; `log` is the file that may tell more."""

    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log
