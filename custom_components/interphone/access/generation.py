"""Tells a store that was restored from a backup from the one that this home wrote last.

The number is kept twice: in the store, and in a file of the folder `.cache`, which Home Assistant's backups leave out
and a restore clears. It grows with each removal of access, so an earlier store names an earlier number.
"""

import logging
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.file import WriteError, write_utf8_file_atomic

from ..const import DOMAIN

CACHE_DIR: Final = ".cache"

_LOGGER: Final = logging.getLogger(__name__)


class Generation:
    """The number of the store's generation; `number` is what every save of the store includes.

    0 is the number of a store that was never compared: a new one, or one of an earlier version.
    """

    def __init__(self, hass: HomeAssistant, number: int) -> None:
        """Continue from the number that the store has."""
        self._hass = hass
        self._path = Path(hass.config.path(CACHE_DIR, DOMAIN))
        self._filed: int | None = None
        self.number = number

    async def load(self) -> bool:
        """Read the file. Return whether the store is another than the one written last: a restored one.

        A store that is one ahead of the file is the last one: the home ended between the two writes.
        """
        self._filed = await self._hass.async_add_executor_job(self._read)
        return self.number > 0 and (self._filed is None or self.number not in {self._filed, self._filed + 1})

    async def begin(self) -> None:
        """Write a file that is missing or one behind, for a store that was found to be the last one."""
        if self.number == 0:
            # The file before the store: a store that names a number is one that has a file.
            if not await self.write(1):
                return
            self.number = 1
        else:
            await self.write()

    def advance(self) -> None:
        """Leave the present number to the stores of the past; the next save has another.

        Only one step ahead of the file, which `write` brings up to date after the save.
        """
        if self._filed == self.number:
            self.number += 1

    def leave(self) -> None:
        """Take a number that no store has had, after a restore."""
        self.number = max(self.number, self._filed or 0) + 1

    async def write(self, number: int | None = None) -> bool:
        """Write the file, if it has another number. Return whether it is written; a failure is logged."""
        wanted = self.number if number is None else number
        if self._filed != wanted:
            try:
                await self._hass.async_add_executor_job(self._write, wanted)
            except (OSError, WriteError) as err:
                _LOGGER.warning("%s could not be written, so a restored backup may not be noticed: %s", self._path, err)
                return False
            self._filed = wanted
        return True

    async def remove(self) -> None:
        """Delete the file."""
        await self._hass.async_add_executor_job(lambda: self._path.unlink(missing_ok=True))

    def _read(self) -> int | None:
        try:
            return int(self._path.read_text(encoding="utf-8"))
        except OSError, ValueError:
            return None

    def _write(self, number: int) -> None:
        self._path.parent.mkdir(exist_ok=True)
        write_utf8_file_atomic(str(self._path), str(number), private=True)
