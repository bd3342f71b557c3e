"""Every grant is a device of Home Assistant: seen in its list, and put out by removing it there."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .access.grants import GrantChange, GrantEvent
from .access.models import Grant
from .const import DOMAIN
from .relay import InterphoneConfigEntry


def start(hass: HomeAssistant, entry: InterphoneConfigEntry) -> Callable[[], None]:
    """Bring the devices in step with the grants, and keep them so; what is returned stops that."""
    registry = dr.async_get(hass)
    grants = entry.runtime_data.grants

    def put(grant: Grant) -> None:
        registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(DOMAIN, grant.id)},
            entry_type=dr.DeviceEntryType.SERVICE,
            name=grant.name,
            manufacturer=grant.origin,
        )

    def follow(change: GrantChange) -> None:
        if change.event is GrantEvent.REVOKED:
            remove_of(change.grant.id)
        elif change.event in (GrantEvent.CREATED, GrantEvent.EDITED):
            put(change.grant)

    def remove_of(grant_id: str) -> None:
        if device := registry.async_get_device_by_identifier((DOMAIN, grant_id), entry.entry_id):
            registry.async_remove_device(device.id)

    known = {grant.id for grant in grants.all} | {entry.entry_id}  # the hub's own device is no grant's
    for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
        if grant_id_of(device) not in known:
            registry.async_remove_device(device.id)
    for grant in grants.all:
        put(grant)
    return grants.subscribe(follow)


def grant_id_of(device: dr.DeviceEntry) -> str | None:
    """Return the id of the grant a device stands for."""
    return next((identifier for domain, identifier in device.identifiers if domain == DOMAIN), None)
