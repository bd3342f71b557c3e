"""Pictures: what a camera sees now, fetched once for all who ask at the same time."""

import asyncio
from dataclasses import dataclass
from functools import partial
import logging
from typing import Final

from homeassistant.components.camera import DOMAIN as CAMERA, async_get_image
from homeassistant.core import HomeAssistant

from ..const import DOMAIN, PICTURE_LIFETIME, PICTURE_SIZE_MAX, PICTURE_TIMEOUT
from ..errors import (
    CommandFailedError,
    DeviceOfflineError,
    NotReadyError,
    PictureTooLargeError,
    UnsupportedCommandError,
)
from .model import Device

_LOGGER = logging.getLogger(__name__)

# What is passed on by its name. Anything else, above all SVG, which can hold scripts, is passed on as mere bytes.
_TYPES: Final = frozenset({"image/avif", "image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp"})
_BYTES: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Picture:
    """A still picture and its media type."""

    content: bytes
    content_type: str


class Pictures:
    """Fetches pictures, and keeps each for `PICTURE_LIFETIME` seconds."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Keep none yet."""
        self._hass = hass
        self._fetches: dict[str, asyncio.Task[Picture]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._stopped = False

    def stop(self) -> None:
        """Give up every fetch and forget every picture; who waits for one is told `NotReadyError`."""
        self._stopped = True
        for timer in self._timers.values():
            timer.cancel()
        for fetch in self._fetches.values():
            fetch.cancel()
        self._timers.clear()
        self._fetches.clear()

    async def get(self, device: Device) -> Picture:
        """Return what a camera sees now, or saw a moment ago.

        Raises `UnsupportedCommandError` for what is no camera, `DeviceOfflineError`, `PictureTooLargeError`, or
        `CommandFailedError` when the camera is off or sends nothing.
        """
        if not device.entity_id.startswith(f"{CAMERA}."):
            raise UnsupportedCommandError("only cameras have pictures")
        if not device.online:
            raise DeviceOfflineError
        fetch = self._fetches.get(device.id)
        if fetch is None:
            fetch = self._hass.async_create_task(self._fetch(device.entity_id), f"{DOMAIN} picture")
            self._fetches[device.id] = fetch
            fetch.add_done_callback(partial(self._keep_a_while, device.id))
        # Others may wait for the same fetch: it goes on when this one leaves.
        await asyncio.wait([fetch])
        if self._stopped:
            raise NotReadyError
        return fetch.result()

    def _keep_a_while(self, device_id: str, fetch: asyncio.Task[Picture]) -> None:
        """Keep what was fetched, be it a failure: a broken camera is not asked a hundred times a second either."""
        if not fetch.cancelled():
            fetch.exception()  # whoever still waits hears of it
        if self._fetches.get(device_id) is fetch:
            self._timers[device_id] = self._hass.loop.call_later(PICTURE_LIFETIME, self._forget, device_id)

    def _forget(self, device_id: str) -> None:
        self._timers.pop(device_id, None)
        self._fetches.pop(device_id, None)

    async def _fetch(self, entity_id: str) -> Picture:
        try:
            image = await async_get_image(self._hass, entity_id, PICTURE_TIMEOUT)
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            _LOGGER.warning("%s sent no picture: %s", entity_id, type(err).__name__)
            raise CommandFailedError("the camera sent no picture") from None
        if len(image.content) > PICTURE_SIZE_MAX:
            raise PictureTooLargeError
        # Some integrations say it the short way.
        content_type = image.content_type.lower().replace("image/jpg", "image/jpeg")
        return Picture(image.content, content_type if content_type in _TYPES else _BYTES)
