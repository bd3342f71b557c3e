"""A cache that coalesces concurrent requests and keeps each result briefly."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant

from ..errors import NotReadyError


class Coalesced[Key, Value]:
    """Fetches each key once for all who request it at the same time, and keeps the result, or the failure, briefly."""

    def __init__(self, hass: HomeAssistant, name: str, lifetime: float, failure_lifetime: float) -> None:
        """Start empty; `name` names the tasks that fetch, the lifetimes are in seconds."""
        self._hass = hass
        self._name = name
        self._lifetime = lifetime
        self._failure_lifetime = failure_lifetime
        self._fetches: dict[Key, asyncio.Task[Value]] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._stopped = False

    def stop(self) -> None:
        """Cancel every fetch and drop every result; waiting callers get `NotReadyError`."""
        self._stopped = True
        for timer in self._timers.values():
            timer.cancel()
        for fetch in self._fetches.values():
            fetch.cancel()
        self._timers.clear()
        self._fetches.clear()

    async def get(self, key: Key, fetch: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return the result of `fetch`, or of one that is running or cached; raise its error, or `NotReadyError`."""
        running = self._fetches.get(key)
        if running is None:
            running = self._hass.async_create_task(fetch(), self._name)
            self._fetches[key] = running
            running.add_done_callback(partial(self._keep, key))
        # Not awaited itself: a caller that is cancelled must not cancel the fetch of the others.
        await asyncio.wait([running])
        if self._stopped:
            raise NotReadyError
        return running.result()

    def _keep(self, key: Key, fetch: asyncio.Task[Value]) -> None:
        # Reading the exception also marks it as retrieved; callers raise it.
        failed = fetch.cancelled() or fetch.exception() is not None
        if self._fetches.get(key) is fetch:
            lifetime = self._failure_lifetime if failed else self._lifetime
            self._timers[key] = self._hass.loop.call_later(lifetime, self._drop, key)

    def _drop(self, key: Key) -> None:
        self._timers.pop(key, None)
        self._fetches.pop(key, None)
