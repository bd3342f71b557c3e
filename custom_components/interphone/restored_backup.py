"""A restored backup brings no revoked website back: every grant is paused until an administrator decides on it."""

from collections.abc import Callable
from contextlib import suppress
import logging
from typing import Final

from homeassistant.components.backup import (
    BackupManager,
    RestoreBackupEvent,
    RestoreBackupState,
    async_get_manager,
)
from homeassistant.components.backup.manager import ManagerStateEvent
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from . import repairs
from .access.grants import GrantChange, Grants
from .access.models import PausedBy
from .errors import StorageError

_LOGGER: Final = logging.getLogger(__name__)


def was_finished(hass: HomeAssistant) -> bool:
    """Return whether this start of Home Assistant is the one that finishes a restore."""
    manager = _manager(hass)
    return hass.state is not CoreState.running and manager is not None and _is_finished(manager.last_action_event)


def start(hass: HomeAssistant, grants: Grants) -> Callable[[], None]:
    """Pause the grants when a restore finishes, and keep the repair issue for as long as any is paused by one.

    The returned function ends that.
    """

    @callback
    def on_backup_event(event: ManagerStateEvent) -> None:
        if _is_finished(event):
            hass.async_create_task(_distrust(grants), "interphone restored backup")

    def update_issue(_change: GrantChange | None = None) -> None:
        if paused := sum(grant.paused_by is PausedBy.RESTORE for grant in grants.all):
            repairs.create_backup_restored(hass, paused)
        else:
            repairs.delete_backup_restored(hass)

    manager = _manager(hass)
    unsubscribers = [grants.subscribe(update_issue)]
    if manager is not None:
        unsubscribers.append(manager.async_subscribe_events(on_backup_event))
    update_issue()

    def stop() -> None:
        for unsubscribe in unsubscribers:
            unsubscribe()
        repairs.delete_backup_restored(hass)

    return stop


async def _distrust(grants: Grants) -> None:
    try:
        await grants.distrust()
    except StorageError as err:
        _LOGGER.warning("That a backup was restored could not be written: %s", err)


def _is_finished(event: ManagerStateEvent | None) -> bool:
    return isinstance(event, RestoreBackupEvent) and event.state is RestoreBackupState.COMPLETED


def _manager(hass: HomeAssistant) -> BackupManager | None:
    """Return Home Assistant's backup manager, None in a home without the backup integration."""
    with suppress(HomeAssistantError):
        return async_get_manager(hass)
    return None
