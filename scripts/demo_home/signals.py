"""Ctrl-C and its like: the first cancels the demo, which then stops what it started; the next change nothing."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
import signal
import sys


async def until_stopped(work: Coroutine[None, None, int]) -> int:
    """Return what `work` returns; on SIGINT, SIGTERM or SIGHUP cancel it and then return 128 + the signal."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def stop(number: int) -> None:
        if not received:
            # The terminal may be gone, and with it whom to tell.
            with suppress(OSError):
                print("\nStopping …", file=sys.stderr, flush=True)
            task.cancel()
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
        return 128 + received[0]
