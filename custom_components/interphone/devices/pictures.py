"""Pictures: what a camera sees now, fetched once for all who ask at the same time."""

import asyncio
from dataclasses import dataclass
from typing import Final

from homeassistant.components.camera import DOMAIN as CAMERA, async_get_image
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN, PICTURE_LIFETIME, PICTURE_SIZE_MAX, PICTURE_TIMEOUT
from ..errors import CommandFailedError, DeviceOfflineError, PictureTooLargeError, UnsupportedCommandError
from .model import Device

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

    def stop(self) -> None:
        """Give up every fetch and forget every picture."""
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
            fetch.add_done_callback(lambda _fetch: self._keep_a_while(device.id))
        # Others may wait for the same fetch: it goes on when this one leaves.
        return await asyncio.shield(fetch)

    def _keep_a_while(self, device_id: str) -> None:
        """Keep what was fetched, be it a failure: a broken camera is not asked a hundred times a second either."""
        if device_id in self._fetches:
            self._timers[device_id] = self._hass.loop.call_later(PICTURE_LIFETIME, self._forget, device_id)

    def _forget(self, device_id: str) -> None:
        self._timers.pop(device_id, None)
        self._fetches.pop(device_id, None)

    async def _fetch(self, entity_id: str) -> Picture:
        try:
            image = await async_get_image(self._hass, entity_id, PICTURE_TIMEOUT)
        except HomeAssistantError:
            raise CommandFailedError("the camera sent no picture") from None
        if len(image.content) > PICTURE_SIZE_MAX:
            raise PictureTooLargeError
        # Some integrations say it the short way.
        content_type = image.content_type.lower().replace("image/jpg", "image/jpeg")
        return Picture(image.content, content_type if content_type in _TYPES else _BYTES)
