"""Stills: a camera's picture of now, fetched once for all who request it at the same time."""

from dataclasses import dataclass
from functools import partial
import logging
from typing import Final

from homeassistant.components.camera import async_get_image
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..devices.coalesced import Coalesced
from ..devices.model import Device
from ..errors import CommandFailedError, PictureTooLargeError
from .capability import require_still

# The size of a large JPEG. Anything larger is no still.
STILL_SIZE_MAX: Final = 2 * 1024 * 1024
# All requests within this time get the same still.
STILL_LIFETIME: Final = 1.0
# Timeout of a camera's answer, in seconds.
STILL_TIMEOUT: Final = 10

_LOGGER = logging.getLogger(__name__)

# Media types that are passed on. Any other, above all SVG, which can hold scripts, is sent as plain bytes.
_TYPES: Final = frozenset({"image/avif", "image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp"})
_BYTES: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Still:
    """A picture and its media type."""

    content: bytes
    content_type: str


class Stills:
    """Fetches stills, and caches each for `STILL_LIFETIME` seconds."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with an empty cache."""
        self._hass = hass
        self._cache: Coalesced[str, Still] = Coalesced(hass, f"{DOMAIN} still", STILL_LIFETIME, STILL_LIFETIME)

    def stop(self) -> None:
        """Cancel every fetch and clear the cache; waiting requests get `NotReadyError`."""
        self._cache.stop()

    async def get(self, device: Device) -> Still:
        """Return a camera's picture, at most `STILL_LIFETIME` seconds old and `STILL_SIZE_MAX` bytes large.

        Raises `UnsupportedCommandError` for a device that is no camera, `DeviceOfflineError`, `PictureTooLargeError`,
        `NotReadyError`, or `CommandFailedError` when the camera is off or sends nothing.
        """
        require_still(device)
        return await self._cache.get(device.id, partial(self._fetch, device.entity_id))

    async def _fetch(self, entity_id: str) -> Still:
        try:
            image = await async_get_image(self._hass, entity_id, STILL_TIMEOUT)
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            # By its class alone: messages may quote addresses and passwords.
            _LOGGER.warning("%s sent no picture: %s", entity_id, type(err).__name__)
            raise CommandFailedError("the camera sent no picture") from None
        if len(image.content) > STILL_SIZE_MAX:
            raise PictureTooLargeError
        # Some integrations use this unregistered name of JPEG.
        content_type = image.content_type.lower().replace("image/jpg", "image/jpeg")
        return Still(image.content, content_type if content_type in _TYPES else _BYTES)
