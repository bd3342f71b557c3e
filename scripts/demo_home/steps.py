"""Named steps with a timeout, printed with their duration."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import sys
from time import monotonic

from .errors import DemoError


class Steps:
    """Prints each finished step with its duration, and counts those that passed."""

    def __init__(self) -> None:
        self.passed = 0

    @asynccontextmanager
    async def step(self, what: str, *, seconds: float = 30.0) -> AsyncIterator[None]:
        """Print `what` with its result. A step that takes longer than `seconds` raises `DemoError`.

        A cancelled step is not printed.
        """
        started = monotonic()
        if sys.stdout.isatty():
            print(f"  …    {what}", end="\r", flush=True)
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as err:
            _print("FAIL", what, started)
            raise DemoError(f"not done within {seconds:.0f} s") from err
        except Exception:
            _print("FAIL", what, started)
            raise
        _print("ok", what, started)
        self.passed += 1


def expect(truth: object, otherwise: str) -> None:
    """Raise `DemoError` with the message `otherwise` unless `truth` is true."""
    if not truth:
        raise DemoError(otherwise)


def _print(result: str, what: str, started: float) -> None:
    print(f"  {result:<4} {what:<68} {monotonic() - started:6.2f} s", flush=True)
