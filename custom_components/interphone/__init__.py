"""Interphone: websites are let in by a code on the home's panels, and then share its devices with them."""

from contextlib import suppress
from typing import Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.helpers.typing import ConfigType

from . import code_notification, grant_devices, repairs, services as actions, websocket_api
from .access.store import PrivateStore
from .api import routes
from .api.peer import LOCAL
from .api.socketio.answers import Answers
from .api.socketio.commands import SocketCommands
from .api.socketio.gateway import Gateway
from .api.socketio.webrtc import WebRtcEvents
from .const import DOMAIN
from .errors import StorageError, UnknownGrantError
from .relay import AUDIT_STORE_KEY, STORE_KEY, InterphoneConfigEntry, Relay
from .settings import Settings

PLATFORMS: Final = (Platform.BUTTON,)

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register what lives as long as Home Assistant does: routes and WebSocket commands."""
    routes(hass.http.app, LOCAL)
    websocket_api.async_register(hass)
    actions.async_register(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: InterphoneConfigEntry) -> bool:
    """Build the relay, open the gateway on it, and show codes to the home's people."""
    try:
        relay = await Relay.open(hass, entry)
        gateway = Gateway(relay, (SocketCommands(relay), Answers(relay), WebRtcEvents(relay)))
        await relay.start(gateway)
    except StorageError as err:
        repairs.store_unreadable(hass, hass.config.path(STORAGE_DIR, STORE_KEY), str(err))
        raise ConfigEntryError(translation_domain=DOMAIN, translation_key=err.code) from err
    repairs.store_readable(hass)
    gateway.start()
    entry.runtime_data = relay

    async def close_sockets(_event: Event) -> None:
        # Entries are not unloaded when Home Assistant stops.
        await gateway.stop("stopping")

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, close_sockets))
    entry.async_on_unload(entry.add_update_listener(_apply_options))
    entry.async_on_unload(websocket_api.start(hass, relay))
    entry.async_on_unload(code_notification.start(hass, relay))
    entry.async_on_unload(grant_devices.start(hass, entry))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def _apply_options(_hass: HomeAssistant, entry: InterphoneConfigEntry) -> None:
    """Take changed options over without dropping a socket."""
    entry.runtime_data.apply(Settings.of(dict(entry.options)))


async def async_unload_entry(hass: HomeAssistant, entry: InterphoneConfigEntry) -> bool:
    """Close every session and stop."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    await entry.runtime_data.stop("unloaded")
    return True


async def async_remove_entry(hass: HomeAssistant, _entry: InterphoneConfigEntry) -> None:
    """Forget every grant and key: whoever was let in is a stranger from now on."""
    for key in (STORE_KEY, AUDIT_STORE_KEY):
        await PrivateStore(hass, key).remove()
    repairs.store_readable(hass)


async def async_remove_config_entry_device(
    _hass: HomeAssistant, entry: InterphoneConfigEntry, device: DeviceEntry
) -> bool:
    """Revoke the grant behind a device that its owner removes. The hub itself stays."""
    if grant_devices.grant_id_of(device) == entry.entry_id:
        return False
    with suppress(UnknownGrantError):
        await entry.runtime_data.grants.revoke(grant_devices.grant_id_of(device) or "")
    return True
