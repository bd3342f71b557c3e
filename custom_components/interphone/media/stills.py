"""Pictures: what a camera sees now, fetched once for all who ask at the same time."""

from dataclasses import dataclass
from functools import partial
import logging
from typing import Final

from homeassistant.components.camera import async_get_image
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..devices.model import Device
from ..devices.once import Once
from ..errors import CommandFailedError, PictureTooLargeError
from .capability import require_still

# A camera's picture: a large JPEG, not a film.
PICTURE_SIZE_MAX: Final = 2 * 1024 * 1024
# Everyone who asks for it within this time gets the same one.
PICTURE_LIFETIME: Final = 1.0
# A camera that has sent no picture by then is given up.
PICTURE_TIMEOUT: Final = 10

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
        self._fetched: Once[str, Picture] = Once(hass, f"{DOMAIN} picture", PICTURE_LIFETIME, PICTURE_LIFETIME)

    def stop(self) -> None:
        """Give up every fetch and forget every picture; who waits for one is told `NotReadyError`."""
        self._fetched.stop()

    async def get(self, device: Device) -> Picture:
        """Return what a camera sees now, or saw a moment ago.

        Raises `UnsupportedCommandError` for what is no camera, `DeviceOfflineError`, `PictureTooLargeError`, or
        `CommandFailedError` when the camera is off or sends nothing.
        """
        require_still(device)
        return await self._fetched.get(device.id, partial(self._fetch, device.entity_id))

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
