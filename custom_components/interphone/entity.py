"""What Interphone's own entities share: they belong to the home's hub device."""

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity

from .const import DOMAIN
from .relay import InterphoneConfigEntry


class InterphoneEntity(Entity):
    """An entity of the hub, known by its key."""

    _attr_has_entity_name = True

    def __init__(self, entry: InterphoneConfigEntry, key: str) -> None:
        """Name the entity by the translations of `key`."""
        self._relay = entry.runtime_data
        self._attr_translation_key = key
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)}, name=entry.title, entry_type=DeviceEntryType.SERVICE
        )
