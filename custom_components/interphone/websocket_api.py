"""Commands for Home Assistant's own frontend: pairing for every user of the home, grants for its admins."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial, wraps
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType
import voluptuous as vol

from .access.models import Scope
from .access.records import dump_grant
from .const import DOMAIN
from .errors import InterphoneError
from .messages import negotiate, untranslated
from .pairing.models import CLIENT_TEXT_MAX, Pairing
from .relay import Relay, loaded_relay

type Message = dict[str, Any]
type Handler = Callable[[Relay, ActiveConnection, Message], Awaitable[Any]]

# Every change of a pairing, for the panels that subscribed: a dashboard stays open longer than an entry stays loaded.
SIGNAL_PAIRING: Final[SignalType[Pairing]] = SignalType(f"{DOMAIN}_pairing")

PAIRING_ID: Final[VolDictType] = {vol.Required("pairing_id"): str}
GRANT_ID: Final[VolDictType] = {vol.Required("grant_id"): str}


def async_register(hass: HomeAssistant) -> None:
    """Register every command. Once in the life of a Home Assistant."""
    for command in (
        subscribe_pairings,
        begin_pairing,
        reveal_pairing,
        reject_pairing,
        list_grants,
        update_grant,
        pause_grant,
        resume_grant,
        revoke_grant,
        revoke_all_grants,
        list_audit,
    ):
        websocket_api.async_register_command(hass, command)


def start(hass: HomeAssistant, relay: Relay) -> Callable[[], None]:
    """Tell the panels that subscribed of this relay's pairings; what is returned stops that."""
    return relay.desk.subscribe(partial(async_dispatcher_send, hass, SIGNAL_PAIRING))


def answered(handler: Handler) -> Callable[[HomeAssistant, ActiveConnection, Message], Awaitable[None]]:
    """Look the relay up, send the handler's result, and turn a refusal into an error with its stable code."""

    @wraps(handler)
    async def command(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
        try:
            connection.send_result(msg["id"], await handler(loaded_relay(hass), connection, msg))
        except InterphoneError as err:
            connection.send_error(msg["id"], err.code, _message(hass, err))

    return command


def _message(hass: HomeAssistant, err: InterphoneError) -> str:
    try:
        return loaded_relay(hass).messages.text(err, negotiate(hass.config.language))
    except InterphoneError:
        return untranslated(err)


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/pairing/subscribe"})
@callback
def subscribe_pairings(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """Make the asker a panel: the live pairings now, each change of one as it comes. Holds the codes.

    The subscription outlives a reload of the entry.
    """
    try:
        desk = loaded_relay(hass).desk
    except InterphoneError as err:
        connection.send_error(msg["id"], err.code, _message(hass, err))
        return

    @callback
    def send(pairing: Pairing) -> None:
        connection.send_message(websocket_api.event_message(msg["id"], {"pairing": pairing.as_dict()}))

    connection.subscriptions[msg["id"]] = async_dispatcher_connect(hass, SIGNAL_PAIRING, send)
    connection.send_result(msg["id"])
    for pairing in desk.live():
        send(pairing)


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/pairing/begin"})
@websocket_api.async_response
@answered
async def begin_pairing(relay: Relay, _connection: ActiveConnection, _msg: Message) -> Any:
    """Show a code that nobody outside asked for."""
    return {"pairing": relay.desk.begin().as_dict()}


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/pairing/reveal", **PAIRING_ID})
@websocket_api.async_response
@answered
async def reveal_pairing(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Show the code of a pairing that waits for a tap."""
    return {"pairing": relay.desk.reveal(msg["pairing_id"]).as_dict()}


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/pairing/reject", **PAIRING_ID})
@websocket_api.async_response
@answered
async def reject_pairing(relay: Relay, _connection: ActiveConnection, msg: Message) -> None:
    """Turn a pairing away."""
    relay.desk.reject(msg["pairing_id"])


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/grants/list"})
@websocket_api.require_admin
@websocket_api.async_response
@answered
async def list_grants(relay: Relay, _connection: ActiveConnection, _msg: Message) -> Any:
    """List the grants, without any secret."""
    return {"grants": [dump_grant(grant) for grant in relay.grants.all]}


def _moment(text: str) -> datetime:
    """Read an ISO 8601 moment, which must say its offset from UTC."""
    moment = dt_util.parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise vol.Invalid("expected an ISO 8601 date and time with an offset")
    return moment


SCOPE: Final = vol.All(
    {
        vol.Optional("devices", default=None): vol.Any(None, [str]),
        vol.Optional("control", default=True): bool,
        vol.Optional("doors_and_alarms", default=False): bool,
    },
    lambda scope: Scope(
        None if scope["devices"] is None else frozenset(scope["devices"]), scope["control"], scope["doors_and_alarms"]
    ),
)


@websocket_api.websocket_command(
    {
        vol.Required("type"): f"{DOMAIN}/grants/update",
        **GRANT_ID,
        vol.Optional("name"): vol.All(str, vol.Strip, vol.Length(min=1, max=CLIENT_TEXT_MAX)),
        vol.Optional("scope"): SCOPE,
        vol.Optional("expires"): vol.All(str, _moment),
    }
)
@websocket_api.require_admin
@websocket_api.async_response
@answered
async def update_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Change a grant's name, scope or end; its open sockets follow at once."""
    changes = {field: msg[field] for field in ("name", "scope", "expires") if field in msg}
    grant = await relay.grants.edit(msg["grant_id"], **changes)
    return {"grant": dump_grant(grant)}


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/grants/pause", **GRANT_ID})
@websocket_api.require_admin
@websocket_api.async_response
@answered
async def pause_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Keep a website out for a while."""
    return {"grant": dump_grant(await relay.grants.pause(msg["grant_id"]))}


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/grants/resume", **GRANT_ID})
@websocket_api.require_admin
@websocket_api.async_response
@answered
async def resume_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Let a paused website in again."""
    return {"grant": dump_grant(await relay.grants.resume(msg["grant_id"]))}


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/grants/revoke", **GRANT_ID})
@websocket_api.require_admin
@websocket_api.async_response
@answered
async def revoke_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> None:
    """Put a website out for good; answered once that is on disk."""
    await relay.grants.revoke(msg["grant_id"])


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/grants/revoke_all"})
@websocket_api.require_admin
@websocket_api.async_response
@answered
async def revoke_all_grants(relay: Relay, _connection: ActiveConnection, _msg: Message) -> None:
    """Put every website out and drop the signing keys."""
    await relay.grants.revoke_all()


@websocket_api.websocket_command({vol.Required("type"): f"{DOMAIN}/audit/list"})
@websocket_api.require_admin
@websocket_api.async_response
@answered
async def list_audit(relay: Relay, _connection: ActiveConnection, _msg: Message) -> Any:
    """List who did what, and when, oldest first."""
    return {"records": relay.audit.records()}
