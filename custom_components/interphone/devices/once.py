"""What is asked once for all who want it at the same time, and kept a while for those who come after."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant

from ..errors import NotReadyError


class Once[Key, Value]:
    """Keeps what came of each question, be it a failure: what is broken is not asked a hundred times a second."""

    def __init__(self, hass: HomeAssistant, name: str, lifetime: float, failure_lifetime: float) -> None:
        """Keep nothing yet; `name` is the tasks', the lifetimes are in seconds."""
        self._hass = hass
        self._name = name
        self._lifetime = lifetime
        self._failure_lifetime = failure_lifetime
        self._asked: dict[Key, asyncio.Task[Value]] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._stopped = False

    def stop(self) -> None:
        """Give up every question and forget every answer; who waits for one is told `NotReadyError`."""
        self._stopped = True
        for timer in self._timers.values():
            timer.cancel()
        for asked in self._asked.values():
            asked.cancel()
        self._timers.clear()
        self._asked.clear()

    async def get(self, key: Key, ask: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return what `ask` returned now or a moment ago, or raise what it raised."""
        asked = self._asked.get(key)
        if asked is None:
            asked = self._hass.async_create_task(ask(), self._name)
            self._asked[key] = asked
            asked.add_done_callback(partial(self._keep_a_while, key))
        # Others may wait for the same answer: it is waited for when this one leaves.
        await asyncio.wait([asked])
        if self._stopped:
            raise NotReadyError
        return asked.result()

    def _keep_a_while(self, key: Key, asked: asyncio.Task[Value]) -> None:
        failed = asked.cancelled() or asked.exception() is not None  # whoever still waits hears of it
        if self._asked.get(key) is asked:
            lifetime = self._failure_lifetime if failed else self._lifetime
            self._timers[key] = self._hass.loop.call_later(lifetime, self._forget, key)

    def _forget(self, key: Key) -> None:
        self._timers.pop(key, None)
        self._asked.pop(key, None)
