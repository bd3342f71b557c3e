"""The private store: the only place where access touches the disk.

Home Assistant's own `Store` renames a file it cannot parse, starts empty, and only logs a write that failed. Here a
file that cannot be read must let nobody in and stay where it is, and a revocation is answered only once it is on disk.
So this class reads the file itself, in `Store`'s format, and writes it with Home Assistant's atomic writer, which
calls fsync.
"""

import asyncio
from collections.abc import Callable, Mapping
import json
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.file import WriteError, write_utf8_file_atomic

from ..errors import StorageError

_LOGGER = logging.getLogger(__name__)

type Section = dict[str, Any]
type Sections = dict[str, Section]
# Turns the sections of one version into those of the next.
type Migration = Callable[[Sections], Sections]

VERSION: Final = 1
# The migration at N leads from version N to N + 1.
MIGRATIONS: Final[Mapping[int, Migration]] = {}


class PrivateStore:
    """One file of named sections; the owner of each hands in how it is dumped."""

    def __init__(self, hass: HomeAssistant, key: str, *, version: int = VERSION) -> None:
        """Keep the sections in `.storage/<key>`, readable by the owner of the process only."""
        self._hass = hass
        self._key = key
        self._version = version
        self.path = Path(hass.config.path(STORAGE_DIR, key))
        self._dumps: dict[str, Callable[[], Section]] = {}
        self._lock = asyncio.Lock()
        self._pending: asyncio.TimerHandle | None = None

    def bind(self, section: str, dump: Callable[[], Section]) -> None:
        """Have every save write what `dump` returns as this section."""
        self._dumps[section] = dump

    async def load(self) -> Sections:
        """Return the stored sections, none on a first start.

        Raises `StorageError`, leaving the file as it is, when it is there and cannot be read or understood.
        """
        try:
            return await self._hass.async_add_executor_job(self._read)
        except (OSError, ValueError, TypeError, KeyError) as err:
            raise StorageError(f"{self.path.name}: {type(err).__name__}") from err

    def _read(self) -> Sections:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        document = json.loads(text)
        version, sections = document["version"], document["data"]
        if not isinstance(version, int) or not isinstance(sections, dict):
            raise TypeError("not a store")
        if version > self._version:
            raise ValueError(f"version {version} is newer than {self._version}")
        migrated: Sections = sections
        for step in range(version, self._version):
            migrated = MIGRATIONS[step](migrated)
        return migrated

    async def save(self) -> None:
        """Write every section now; on return it is on disk. Raises `StorageError` when it is not."""
        self._cancel_pending()
        async with self._lock:
            # Dumped under the lock, so a later save never writes an earlier state.
            document = {
                "version": self._version,
                "minor_version": 1,
                "key": self._key,
                "data": {section: dump() for section, dump in self._dumps.items()},
            }
            # Shielded: a request that is cancelled half-way must not leave the lock while the thread still writes.
            await asyncio.shield(self._hass.async_add_executor_job(self._write, json.dumps(document, indent=2)))

    def _write(self, text: str) -> None:
        try:
            self.path.parent.mkdir(exist_ok=True)
            write_utf8_file_atomic(str(self.path), text, private=True)
        except (OSError, WriteError) as err:
            raise StorageError(f"{self.path.name}: {err}") from err

    def save_later(self, delay: float) -> None:
        """Write within `delay` seconds; a failure is logged. For what may be lost in a crash."""
        if self._pending is None:
            self._pending = self._hass.loop.call_later(delay, self._start_pending)

    def _start_pending(self) -> None:
        self._pending = None
        self._hass.async_create_task(self._save_or_log(), "interphone store")

    async def _save_or_log(self) -> None:
        try:
            await self.save()
        except StorageError as err:
            _LOGGER.error("The store could not be written: %s", err)  # noqa: TRY400 - the reason is enough

    def _cancel_pending(self) -> bool:
        pending, self._pending = self._pending, None
        if pending:
            pending.cancel()
        return pending is not None

    async def close(self) -> None:
        """Write what still waits to be written."""
        if self._cancel_pending():
            await self._save_or_log()

    async def remove(self) -> None:
        """Delete the file."""
        self._cancel_pending()
        async with self._lock:
            await self._hass.async_add_executor_job(lambda: self.path.unlink(missing_ok=True))
