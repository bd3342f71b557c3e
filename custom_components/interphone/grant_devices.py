"""Mirrors each grant as a device of Home Assistant; removing the device revokes the grant."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .access.grants import GrantChange, GrantEvent
from .access.models import Grant
from .const import DOMAIN
from .relay import InterphoneConfigEntry


def start(hass: HomeAssistant, entry: InterphoneConfigEntry) -> Callable[[], None]:
    """Synchronise the devices with the grants now and on every change, until the returned function is called."""
    registry = dr.async_get(hass)
    grants = entry.runtime_data.grants

    def update(grant: Grant) -> None:
        registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, grant.id)},
            entry_type=dr.DeviceEntryType.SERVICE,
            name=grant.name,
            manufacturer=grant.origin,
        )

    def on_change(change: GrantChange) -> None:
        if change.event is GrantEvent.REVOKED:
            remove(change.grant.id)
        elif change.event in (GrantEvent.CREATED, GrantEvent.EDITED):
            update(change.grant)

    def remove(grant_id: str) -> None:
        if device := registry.async_get_device_by_identifier((DOMAIN, grant_id), entry.entry_id):
            registry.async_remove_device(device.id)

    known = {grant.id for grant in grants.all} | {entry.entry_id}  # the latter is the hub device
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if grant_id_of(device) not in known:
            registry.async_remove_device(device.id)
    for grant in grants.all:
        update(grant)
    return grants.subscribe(on_change)


def grant_id_of(device: dr.DeviceEntry) -> str | None:
    """Return the id of a device's grant, or of the config entry for the hub device."""
    return next((identifier for domain, identifier in device.identifiers if domain == DOMAIN), None)
