"""Mirrors each grant as a device of Home Assistant, in both directions.

What the owner does to the device there holds for the grant: disabling pauses it, enabling resumes it, a new name is its
name, and removing revokes it.
"""

from collections.abc import Callable, Coroutine
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr

from .access.grants import GrantChange, GrantEvent, Grants
from .access.models import Grant, PausedBy
from .const import DOMAIN
from .errors import InterphoneError, UnknownGrantError
from .pairing.models import CLIENT_TEXT_MAX
from .relay import InterphoneConfigEntry

_LOGGER: Final = logging.getLogger(__name__)


def start(hass: HomeAssistant, entry: InterphoneConfigEntry) -> Callable[[], None]:
    """Synchronise grants and devices now and on every change of either, until the returned function is called."""
    devices = GrantDevices(hass, entry)
    devices.reconcile()
    unsubscribers = (
        entry.runtime_data.grants.subscribe(devices.follow_grant),
        hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, devices.follow_device),
    )

    def stop() -> None:
        for unsubscribe in unsubscribers:
            unsubscribe()

    return stop


async def remove(entry: InterphoneConfigEntry, device: dr.DeviceEntry) -> bool:
    """Revoke the grant of a device that the owner removes. Return False for the hub itself, which stays.

    Raises `HomeAssistantError` while the entry is not loaded, and when the revocation could not be written.
    """
    grant_id = grant_id_of(device)
    if grant_id is None or grant_id == entry.entry_id:
        return False
    if entry.state is not ConfigEntryState.LOADED:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="removal_needs_loaded_entry")
    try:
        await entry.runtime_data.grants.revoke(grant_id)
    except UnknownGrantError:
        return True
    except InterphoneError as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key=err.code) from err
    return True


class GrantDevices:
    """The devices of one entry's grants in the device registry, which owns them.

    Only a device that the owner disabled is the grant's pause: Home Assistant disables devices with their entry, too.
    """

    def __init__(self, hass: HomeAssistant, entry: InterphoneConfigEntry) -> None:
        """Follow the grants of a loaded entry."""
        self._hass = hass
        self._entry_id = entry.entry_id
        self._grants: Grants = entry.runtime_data.grants
        self._registry = dr.async_get(hass)

    def reconcile(self) -> None:
        """Apply what happened to the devices while the entry was not loaded; create and remove those that differ."""
        known = {grant.id for grant in self._grants.all} | {self._entry_id}  # the latter is the hub device
        for device in dr.async_entries_for_config_entry(self._registry, self._entry_id):
            if grant_id_of(device) not in known:
                self._registry.async_remove_device(device.id)
        for grant in self._grants.all:
            if own := self._device(grant.id):
                if _is_disabled(own) or grant.paused_by is PausedBy.DEVICE:
                    self._follow_disabled(grant, own)
                if own.name_by_user is not None:
                    self._follow_name(grant, own)
            self._update(self._grants.get(grant.id))

    # Grants → devices.

    def follow_grant(self, change: GrantChange) -> None:
        """Apply a change of a grant to its device."""
        grant = change.grant
        match change.event:
            case GrantEvent.REVOKED:
                if device := self._device(grant.id):
                    self._registry.async_remove_device(device.id)
            case GrantEvent.CREATED | GrantEvent.EDITED:
                self._update(grant)
            case GrantEvent.RESUMED:
                self._set_disabled(grant, None)
            case GrantEvent.PAUSED if grant.paused_by is PausedBy.DEVICE:
                # Enabling it could not be saved.
                self._set_disabled(grant, dr.DeviceEntryDisabler.USER)

    def _update(self, grant: Grant) -> None:
        """Create the device, or give it the grant's name and origin.

        A name that the owner gave to the device itself stays beside the one from before, to which it can be reset.
        """
        device = self._device(grant.id)
        named = device is not None and device.name_by_user is not None
        if device is not None and named and _name_of(device) != grant.name:
            self._registry.async_update_device(device.id, name=grant.name, name_by_user=None)
            named = False
        name: dict[str, Any] = {} if named else {"name": grant.name}
        self._registry.async_get_or_create(
            config_entry_id=self._entry_id,
            identifiers={(DOMAIN, grant.id)},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer=grant.origin,
            **name,
        )

    def _set_disabled(self, grant: Grant, disabled_by: dr.DeviceEntryDisabler | None) -> None:
        device = self._device(grant.id)
        if device is not None and _is_disabled(device) != (disabled_by is not None):
            self._registry.async_update_device(device.id, disabled_by=disabled_by)

    # Devices → grants.

    @callback
    def follow_device(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        """Apply a change of a device to its grant."""
        data = event.data
        if data["action"] == "remove":
            grant = self._grant(dict(data["device"]["identifiers"]).get(DOMAIN))
            if grant is not None:
                self._do(self._grants.revoke(grant.id))
        elif data["action"] == "update":
            device = self._registry.async_get(data["device_id"], include_child_devices=False)
            grant = self._grant(grant_id_of(device)) if device else None
            if device is None or grant is None:
                return
            if "disabled_by" in data["changes"]:
                self._follow_disabled(grant, device)
            if "name_by_user" in data["changes"]:
                self._follow_name(grant, device)

    def _follow_disabled(self, grant: Grant, device: dr.DeviceEntry) -> None:
        """Pause or resume a grant as its device is disabled or enabled."""
        if not _is_disabled(device):
            if grant.paused:
                self._do(self._grants.resume(grant.id))
        elif grant.paused_by in {None, PausedBy.OWNER}:
            self._do(self._grants.pause(grant.id, PausedBy.DEVICE))

    def _follow_name(self, grant: Grant, device: dr.DeviceEntry) -> None:
        name = _name_of(device)
        if name and name != grant.name:
            self._do(self._grants.edit(grant.id, name=name))

    def _do(self, change: Coroutine[Any, Any, object]) -> None:
        """Start a change of a grant: it takes effect before this returns, and is then written."""
        self._hass.async_create_task(_logged(change), "interphone device")

    def _device(self, grant_id: str) -> dr.DeviceEntry | None:
        return self._registry.async_get_device_by_identifier((DOMAIN, grant_id), self._entry_id)

    def _grant(self, grant_id: str | None) -> Grant | None:
        return next((grant for grant in self._grants.all if grant.id == grant_id), None)


async def _logged(change: Coroutine[Any, Any, object]) -> None:
    """Await a change that nobody waits for, and log why it failed."""
    try:
        await change
    except InterphoneError as err:
        _LOGGER.warning("What was done to a website's device could not be written: %s", err)


def _is_disabled(device: dr.DeviceEntry) -> bool:
    """Return whether the owner has disabled a device."""
    return device.disabled_by is dr.DeviceEntryDisabler.USER


def _name_of(device: dr.DeviceEntry) -> str:
    """Return the name of a device as its grant may have it."""
    return (device.name_by_user or device.name or "").strip()[:CLIENT_TEXT_MAX].strip()


def grant_id_of(device: dr.DeviceEntry) -> str | None:
    """Return the id of a device's grant, or of the config entry for the hub device."""
    return next((identifier for domain, identifier in device.identifiers if domain == DOMAIN), None)
