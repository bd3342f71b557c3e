"""Capability checks of cameras, which raise the same errors on every door.

A description says what a camera supports (`traits.camera`: `snapshot` and `streams`), so a website is refused only what
that leaves out.
"""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.camera import Camera
from homeassistant.components.camera.helper import get_camera_from_entity_id
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..devices.model import Device
from ..devices.traits.camera import Camera as CameraTrait
from ..errors import DeviceOfflineError, StreamUnavailableError, UnsupportedCommandError, UnsupportedStreamError


def require_still(device: Device) -> None:
    """Raise `UnsupportedCommandError` for a device without stills, `DeviceOfflineError` for one that is offline."""
    if not _described(device).get("snapshot"):
        raise UnsupportedCommandError("only cameras have stills")
    _require_online(device)


def require_stream(device: Device, kind: str) -> None:
    """Raise `UnsupportedStreamError` unless the device streams as `kind`, `DeviceOfflineError` when it is offline."""
    streams = _described(device).get("streams", ())
    if kind not in streams:
        raise UnsupportedStreamError(f"this device's streams: {', '.join(streams) or 'none'}")
    _require_online(device)


def camera_of(hass: HomeAssistant, device: Device) -> Camera:
    """Return Home Assistant's entity behind a device. Raises `StreamUnavailableError` when the camera is off."""
    try:
        return get_camera_from_entity_id(hass, device.entity_id)
    except HomeAssistantError:
        raise StreamUnavailableError("the camera is off") from None


def _described(device: Device) -> Mapping[str, Any]:
    return device.traits.get(CameraTrait.name, {})


def _require_online(device: Device) -> None:
    if not device.online:
        raise DeviceOfflineError
