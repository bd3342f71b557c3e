"""Base class of Interphone's own entities."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity

from .const import DOMAIN
from .relay import InterphoneConfigEntry


class InterphoneEntity(Entity):
    """An entity of the hub device, identified by a key."""

    _attr_has_entity_name = True

    def __init__(self, entry: InterphoneConfigEntry, key: str) -> None:
        """Take the name from the translations of `key`."""
        self._relay = entry.runtime_data
        self._attr_translation_key = key
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)}, name=entry.title, entry_type=DeviceEntryType.SERVICE
        )
