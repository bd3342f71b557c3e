"""Termination signals: the first cancels the demo, which then stops its processes; later ones are ignored."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
import signal
import sys


async def until_stopped(work: Coroutine[None, None, int]) -> int:
    """Return the result of `work`. SIGINT, SIGTERM and SIGHUP cancel it; the result is then 128 + the signal."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def stop(number: int) -> None:
        if not received:
            # After SIGHUP the terminal may be gone.
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
