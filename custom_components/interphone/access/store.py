"""The private store: the only place where access touches the disk.

Home Assistant's own `Store` renames a file it cannot parse, starts empty, and only logs a write that failed. Here a
file that cannot be read must let nobody in and stay where it is, and a revocation is answered only once it is on disk.
So this class reads the file itself, in `Store`'s format, and writes it with Home Assistant's atomic writer, which
calls fsync.
"""

import asyncio
from collections.abc import Callable
import json
import logging
from pathlib import Path
from typing import Final

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.file import WriteError, write_utf8_file_atomic

from ..errors import NotReadyError, StorageError
from .migrations import MIGRATIONS, VERSION, Section, Sections

# Seconds until a failed write is repeated: a full disk is noticed and emptied in minutes.
SAVE_RETRY_DELAY: Final = 60.0

_LOGGER = logging.getLogger(__name__)


class PrivateStore:
    """One JSON file of named sections; the owner of each provides the function that dumps it."""

    def __init__(self, hass: HomeAssistant, key: str, *, version: int = VERSION) -> None:
        """Use the file `.storage/<key>` with mode 0600."""
        self._hass = hass
        self._key = key
        self._version = version
        self.path = Path(hass.config.path(STORAGE_DIR, key))
        self._dumps: dict[str, Callable[[], Section]] = {}
        self._lock = asyncio.Lock()
        # The timer of a delayed save, and the function that unsubscribes it from the final write.
        self._pending: tuple[asyncio.TimerHandle, Callable[[], None]] | None = None
        self._closed = False

    def bind(self, section: str, dump: Callable[[], Section]) -> None:
        """Write what `dump` returns as this section in every save."""
        self._dumps[section] = dump

    async def load(self) -> Sections:
        """Return the stored sections, none on a first start.

        Raises `StorageError` when the file exists and cannot be read or parsed; it is left as it is.
        """
        try:
            return await self._hass.async_add_executor_job(self._read)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as err:
            raise StorageError(f"{self.path.name}: {type(err).__name__}") from err

    def _read(self) -> Sections:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        document = json.loads(text)
        version, sections = document["version"], document["data"]
        if type(version) is not int or not isinstance(sections, dict) or not sections:
            raise TypeError("not a store")
        if version > self._version:
            raise ValueError(f"version {version} is newer than {self._version}")
        migrated: Sections = sections
        for step in range(version, self._version):
            migrated = MIGRATIONS[step](migrated)
        return migrated

    async def save(self, undo: Callable[[], None] | None = None) -> None:
        """Write every section now; on return it is on disk.

        Raises `StorageError` when it is not, `NotReadyError` after `close`. After a failure `undo` is called before any
        other save.
        """
        self._cancel_pending()
        # A shielded task: a cancelled request must not release the lock while the thread still writes, or this write
        # could overtake a later one.
        await asyncio.shield(self._hass.async_create_task(self._save_in_turn(undo), "interphone store"))

    async def _save_in_turn(self, undo: Callable[[], None] | None) -> None:
        async with self._lock:
            if self._closed:  # another store may own the file by now
                raise NotReadyError
            # Dumped under the lock, so that a later save never writes an earlier state.
            document = {
                "version": self._version,
                "minor_version": 1,
                "key": self._key,
                "data": {section: dump() for section, dump in self._dumps.items()},
            }
            try:
                await self._hass.async_add_executor_job(self._write, json.dumps(document, indent=2))
            except StorageError:
                if undo:
                    undo()
                raise

    def _write(self, text: str) -> None:
        try:
            self.path.parent.mkdir(exist_ok=True)
            write_utf8_file_atomic(str(self.path), text, private=True)
        except (OSError, WriteError) as err:
            raise StorageError(f"{self.path.name}: {err}") from err

    def save_later(self, delay: float) -> None:
        """Save within `delay` seconds, or when Home Assistant ends: for changes that a crash may lose.

        A failure is logged and the save repeated later.
        """
        if self._closed or (self._pending and self._pending[0].when() <= self._hass.loop.time() + delay):
            return
        self._cancel_pending()
        self._pending = (
            self._hass.loop.call_later(delay, self._start_pending),
            self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._on_final_write),
        )

    def _start_pending(self) -> None:
        # Still pending until the save begins, so that `close` waits for it.
        self._hass.async_create_task(self._save_or_log(), "interphone store")

    async def _on_final_write(self, _event: Event) -> None:
        if self._pending:
            self._pending[0].cancel()
            self._pending = None
            await self._save_or_log()

    async def _save_or_log(self) -> None:
        try:
            await self.save()
        except StorageError as err:
            _LOGGER.error("The store could not be written: %s", err)  # noqa: TRY400 - the reason is enough
            self.save_later(SAVE_RETRY_DELAY)

    def _cancel_pending(self) -> bool:
        pending, self._pending = self._pending, None
        if pending is None:
            return False
        timer, stop_waiting = pending
        timer.cancel()
        stop_waiting()
        return True

    async def close(self) -> None:
        """Write what is pending; nothing is written after that."""
        if self._cancel_pending():
            await self._save_or_log()
        async with self._lock:
            self._closed = True
        self._cancel_pending()

    async def remove(self) -> None:
        """Delete the file."""
        self._cancel_pending()
        async with self._lock:
            await self._hass.async_add_executor_job(lambda: self.path.unlink(missing_ok=True))
