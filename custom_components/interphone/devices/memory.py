"""The memory that makes commands idempotent: what was begun under an id is answered from here the second time."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

# Results kept for commands that come again with the same id: retries come within minutes.
COMMAND_MEMORY: Final = 1024
COMMAND_MEMORY_LIFETIME: Final = 600.0


class Memory[Key, Value]:
    """Keeps the youngest `COMMAND_MEMORY` values, each for `COMMAND_MEMORY_LIFETIME` seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Keep nothing yet; `clock` counts seconds."""
        self._clock = clock
        self._values: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def recall(self, key: Key) -> Value | None:
        """Return what is kept under this key."""
        self._forget()
        kept = self._values.get(key)
        return None if kept is None else kept[1]

    def remember(self, key: Key, value: Value) -> None:
        """Keep a value."""
        self._values[key] = (self._clock(), value)
        self._values.move_to_end(key)
        self._forget()

    def _forget(self) -> None:
        limit = self._clock() - COMMAND_MEMORY_LIFETIME
        while self._values:
            since, _ = next(iter(self._values.values()))
            if len(self._values) <= COMMAND_MEMORY and since >= limit:
                return
            self._values.popitem(last=False)
