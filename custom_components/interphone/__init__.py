"""Interphone: pairs websites by a code that the home's displays show, and shares the home's devices with them.

This module builds the relay and what is built upon it, and ends both.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from . import code_notification, gate_alarm, grant_devices, repairs, restored_backup, services, websocket_api
from .access.generation import Generation
from .access.store import PrivateStore
from .api import routes
from .api.peer import LOCAL
from .api.socketio.gateway import Gateway
from .api.socketio.view import GATEWAY
from .config_flow import InterphoneConfigFlow
from .const import CONF_CODE_LENGTH, DOMAIN
from .errors import StorageError
from .pairing.codes import CODE_LENGTH_MIN
from .relay import AUDIT_STORE_KEY, STORE_KEY, InterphoneConfigEntry, Relay, open_relay
from .settings import Settings

PLATFORMS: Final = (Platform.BUTTON,)

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

# Ends everything that setting up the entry began; there is one entry at most.
EXIT_STACK: Final[HassKey[AsyncExitStack]] = HassKey(f"{DOMAIN}_exit_stack")


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register what cannot be removed again: routes, WebSocket commands and services."""
    routes(hass.http.app, LOCAL)
    websocket_api.async_register(hass)
    services.async_register(hass)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: InterphoneConfigEntry) -> bool:
    """Raise the options of earlier versions to what is allowed now. Return False for a version that is newer."""
    if entry.version > InterphoneConfigFlow.VERSION:
        return False
    options = dict(entry.options)
    if CONF_CODE_LENGTH in options:  # 1.1 allowed six digits
        options[CONF_CODE_LENGTH] = max(CODE_LENGTH_MIN, options[CONF_CODE_LENGTH])
    hass.config_entries.async_update_entry(entry, options=options, minor_version=InterphoneConfigFlow.MINOR_VERSION)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: InterphoneConfigEntry) -> bool:
    """Start the relay and what is built upon it. A failure stops, in reverse, what was started."""
    async with AsyncExitStack() as exit_stack:
        try:
            restored = restored_backup.was_finished(hass)
            relay = await open_relay(hass, Settings.of(entry.options), exit_stack, restored=restored)
        except StorageError as err:
            repairs.create_store_unreadable(hass, hass.config.path(STORAGE_DIR, STORE_KEY), str(err))
            raise ConfigEntryError(translation_domain=DOMAIN, translation_key=err.code) from err
        repairs.delete_store_unreadable(hass)
        entry.runtime_data = relay
        _start_gateway(hass, relay, exit_stack)
        exit_stack.callback(websocket_api.start(hass, relay))
        exit_stack.callback(code_notification.start(hass, relay))
        exit_stack.callback(gate_alarm.start(hass, relay.desk.gate))
        exit_stack.callback(grant_devices.start(hass, entry))
        exit_stack.callback(restored_backup.start(hass, relay.grants))
        exit_stack.callback(entry.add_update_listener(_apply_options))
        exit_stack.callback(_close_at_stop(hass))
        # Last here, so that it comes first at the end: displays still hear that their pairings are over.
        exit_stack.callback(relay.desk.close)
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
        hass.data[EXIT_STACK] = exit_stack.pop_all()
    return True


def _start_gateway(hass: HomeAssistant, relay: Relay, exit_stack: AsyncExitStack) -> None:
    """Serve Socket.IO, until `exit_stack` closes every session with the reason why."""
    gateway = Gateway(relay)

    async def stop() -> None:
        await gateway.stop("stopping" if hass.is_stopping else "unloaded")

    exit_stack.push_async_callback(stop)
    gateway.start()
    hass.data[GATEWAY] = gateway
    exit_stack.callback(hass.data.pop, GATEWAY)


async def _apply_options(hass: HomeAssistant, entry: InterphoneConfigEntry) -> None:
    """Put changed options into effect without a reload: sockets stay, save those that are no longer allowed."""
    settings = Settings.of(entry.options)
    entry.runtime_data.apply(settings)
    hass.data[GATEWAY].apply(settings)


def _close_at_stop(hass: HomeAssistant) -> Callable[[], None]:
    """End everything when Home Assistant stops, which unloads no entries; the returned function takes that back."""

    async def close(_event: Event) -> None:
        await hass.data[EXIT_STACK].aclose()

    return hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, close)


async def async_unload_entry(hass: HomeAssistant, entry: InterphoneConfigEntry) -> bool:
    """Stop what `async_setup_entry` started, in reverse: on return everything is closed and written."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await hass.data.pop(EXIT_STACK).aclose()
    return True


async def async_remove_entry(hass: HomeAssistant, _entry: InterphoneConfigEntry) -> None:
    """Delete every grant and key, and all else that is kept; no token is valid any more."""
    if exit_stack := hass.data.pop(EXIT_STACK, None):  # a platform refused to unload
        await exit_stack.aclose()
    for key in (STORE_KEY, AUDIT_STORE_KEY):
        await PrivateStore(hass, key).remove()
    await Generation(hass, 0).remove()
    repairs.delete_all(hass)


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: InterphoneConfigEntry, device: DeviceEntry
) -> bool:
    """Revoke the grant of a device that the owner removes. Return False for the hub itself, which stays.

    Raises `HomeAssistantError` while the entry is not loaded, and when the revocation could not be written.
    """
    return await grant_devices.remove(entry, device)
