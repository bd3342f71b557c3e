"""Commands of Home Assistant's WebSocket API: pairing for displays, grants and the audit for administrators.

Displays may also pause and revoke a grant.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial, wraps
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.components.websocket_api.const import WebSocketCommandHandler
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType
import voluptuous as vol

from .access.audit import Act
from .access.ends import read_end
from .access.grants import Edit
from .api.components import components
from .api.contract import COUNT, MOMENT, JsonSchema, component, exactly, json_schema
from .api.grants import ENDS, EXPIRES, SCOPE, ends_now, for_admin
from .const import DOMAIN
from .displays import Displays
from .errors import InterphoneError
from .messages import negotiate, untranslated
from .pairing.models import CLIENT_TEXT_MAX, Pairing
from .relay import Relay, loaded_relay

type Message = dict[str, Any]
type Handler = Callable[[Relay, ActiveConnection, Message], Awaitable[Any]]

# Every change of a pairing, for the displays that subscribed: a dashboard stays open longer than an entry stays loaded.
SIGNAL_PAIRING: Final[SignalType[Displays, Pairing]] = SignalType(f"{DOMAIN}_pairing")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name below `interphone/`, its fields, the schemas of its result and of its events.

    As a decorator it makes Home Assistant's command of the handler. Home Assistant validates messages by the same
    fields that `describe` publishes; with `admin` it refuses other users. With `display`, users who may not be displays
    are refused.
    """

    name: str
    fields: Mapping[Any, Any] = field(default_factory=dict)
    result: Any = None
    event: Any = None
    admin: bool = False
    display: bool = False

    @property
    def type(self) -> str:
        """Return the type that messages carry."""
        return f"{DOMAIN}/{self.name}"

    def __call__(self, handler: WebSocketCommandHandler) -> Registered:
        """Attach the description to its handler."""
        schema = {vol.Required("type"): self.type, **self.fields}
        handler = websocket_api.require_admin(handler) if self.admin else handler
        handler = _require_display(handler) if self.display else handler
        return Registered(self, websocket_api.websocket_command(schema)(handler))

    def describe(self) -> JsonSchema:
        """Return the JSON Schema of the message, of its result, and of the events of a subscription."""
        message = vol.Schema({vol.Required("id"): int, vol.Required("type"): self.type, **self.fields})
        described = {"message": message, "result": self.result} | ({"event": self.event} if self.event else {})
        return {
            "type": "object",
            "properties": {name: json_schema(schema) for name, schema in described.items()},
            "required": list(described),
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class Registered:
    """A command as Home Assistant takes it, and its description."""

    command: Command
    handler: WebSocketCommandHandler


def async_register(hass: HomeAssistant) -> None:
    """Register every command. Once in the life of a Home Assistant."""
    for registered in COMMANDS:
        websocket_api.async_register_command(hass, registered.handler)


def start(hass: HomeAssistant, relay: Relay) -> Callable[[], None]:
    """Pass this relay's pairings on to the displays that subscribed; return the function that stops it."""
    return relay.desk.subscribe(partial(async_dispatcher_send, hass, SIGNAL_PAIRING, relay.displays))


@cache
def describe() -> dict[str, Any]:
    """Return the JSON Schema of every command, by its type. The same object each time: not to be changed.

    JSON Schema rather than a channel of `asyncapi.json`: no website ever sees these commands, and generators of
    TypeScript types for Home Assistant's frontend read plain JSON Schema.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "InterphoneWebSocketCommands",
        "type": "object",
        "properties": {registered.command.type: registered.command.describe() for registered in COMMANDS},
        "additionalProperties": False,
        "components": {"schemas": {name: components()[name] for name in ("admin_grant", "pairing")}},
    }


def _require_display(handler: WebSocketCommandHandler) -> WebSocketCommandHandler:
    """Refuse users who may not be displays now."""

    @callback
    @wraps(handler)
    def guard(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
        try:
            loaded_relay(hass).displays.require(connection.user)
        except InterphoneError as err:
            connection.send_error(msg["id"], err.code, _message(hass, err))
        else:
            handler(hass, connection, msg)

    return guard


def _responds(handler: Handler) -> WebSocketCommandHandler:
    """Look the relay up, send the handler's result, and send an `InterphoneError` as an error with its code."""

    @websocket_api.async_response
    @wraps(handler)
    async def respond(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
        try:
            connection.send_result(msg["id"], await handler(loaded_relay(hass), connection, msg))
        except InterphoneError as err:
            connection.send_error(msg["id"], err.code, _message(hass, err))

    return respond


def _message(hass: HomeAssistant, err: InterphoneError) -> str:
    try:
        return loaded_relay(hass).messages.text(err, negotiate(hass.config.language))
    except InterphoneError:
        return untranslated(err)


def _trimmed(words: object) -> str:
    return str(words).strip()


PAIRING_ID: Final = {vol.Required("pairing_id"): str}
GRANT_ID: Final = {vol.Required("grant_id"): str}

PAIRING: Final = exactly(pairing=component("pairing"))
GRANT: Final = exactly(grant=component("admin_grant"))
RECORD: Final = exactly(
    at=MOMENT,
    act=vol.In([act.value for act in Act]),
    grant_id=vol.Maybe(str),
    grant_name=vol.Maybe(str),
    source=vol.Maybe(str),
    detail=vol.Maybe(str),
)


@Command("pairing/subscribe", event=PAIRING, display=True)
@callback
def subscribe_pairings(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
    """Make the connection a display: the live pairings now, then each change of one. Holds the codes.

    The subscription outlives a reload of the entry. A user who may not be a display any more gets nothing.
    """
    relay = loaded_relay(hass)

    @callback
    def send(displays: Displays, pairing: Pairing) -> None:
        if displays.admits(connection.user):
            connection.send_message(websocket_api.event_message(msg["id"], {"pairing": pairing.as_dict()}))

    unsubscribe, disconnect = (
        async_dispatcher_connect(hass, SIGNAL_PAIRING, send),
        relay.displays.connect(connection.user),
    )

    @callback
    def leave() -> None:
        unsubscribe()
        disconnect()

    connection.subscriptions[msg["id"]] = leave
    connection.send_result(msg["id"])
    for pairing in relay.desk.live():
        send(relay.displays, pairing)


@Command(
    "pairing/begin",
    {vol.Optional("website", description="The origin about to connect: no other may redeem the code."): str},
    result=exactly(pairing=component("pairing"), window_left=COUNT),
    display=True,
)
@_responds
async def begin_pairing(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Show a code that no website requested, and open the window for requests."""
    pairing = relay.desk.begin(msg.get("website"))
    return {"pairing": pairing.as_dict(), "window_left": relay.desk.window_left}


@Command(
    "pairing/list",
    result=exactly(pairings=[component("pairing")], window_left=COUNT, turned_away=COUNT),
    display=True,
)
@_responds
async def list_pairings(relay: Relay, _connection: ActiveConnection, _msg: Message) -> Any:
    """List what websites requested, in the order to show: one is shown at most, the others wait for a tap."""
    return {
        "pairings": [pairing.as_dict() for pairing in relay.desk.waiting_list()],
        "window_left": relay.desk.window_left,
        "turned_away": relay.desk.turned_away,
    }


@Command("pairing/reveal", PAIRING_ID, result=PAIRING, display=True)
@_responds
async def reveal_pairing(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Show the code of a pairing that waits for a tap."""
    return {"pairing": relay.desk.reveal(msg["pairing_id"]).as_dict()}


@Command("pairing/reject", PAIRING_ID, display=True)
@_responds
async def reject_pairing(relay: Relay, _connection: ActiveConnection, msg: Message) -> None:
    """Reject a pairing."""
    relay.desk.reject(msg["pairing_id"])


@Command("grants/list", result=exactly(grants=[component("admin_grant")], ends=ENDS), admin=True)
@_responds
async def list_grants(relay: Relay, _connection: ActiveConnection, _msg: Message) -> Any:
    """List the grants, without any secret, and what the presets of an end are now."""
    return {"grants": [for_admin(relay, grant) for grant in relay.grants.all], "ends": ends_now()}


@Command(
    "grants/update",
    {
        **GRANT_ID,
        vol.Optional("name"): vol.All(str, _trimmed, vol.Length(min=1, max=CLIENT_TEXT_MAX)),
        vol.Optional("scope"): SCOPE,
        vol.Optional("expires"): EXPIRES,
    },
    result=GRANT,
    admin=True,
)
@_responds
async def update_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Change a grant's name, scope or end; its open sessions follow at once."""
    changes: Edit = {}
    if "name" in msg:
        changes["name"] = msg["name"]
    if "scope" in msg:
        changes["scope"] = msg["scope"]
    if "expires" in msg:
        changes["expires"] = read_end(msg["expires"], dt_util.now())
    return {"grant": for_admin(relay, await relay.grants.edit(msg["grant_id"], **changes))}


# Taking access away is open to every display; giving it back needs an administrator.
@Command("grants/pause", GRANT_ID, result=GRANT, display=True)
@_responds
async def pause_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Pause a grant and close its sessions."""
    return {"grant": for_admin(relay, await relay.grants.pause(msg["grant_id"]))}


@Command("grants/resume", GRANT_ID, result=GRANT, admin=True)
@_responds
async def resume_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> Any:
    """Resume a paused grant."""
    return {"grant": for_admin(relay, await relay.grants.resume(msg["grant_id"]))}


@Command("grants/revoke", GRANT_ID, display=True)
@_responds
async def revoke_grant(relay: Relay, _connection: ActiveConnection, msg: Message) -> None:
    """Revoke a grant for good; the result is sent once that is on disk."""
    await relay.grants.revoke(msg["grant_id"])


@Command("grants/revoke_all", admin=True)
@_responds
async def revoke_all_grants(relay: Relay, _connection: ActiveConnection, _msg: Message) -> None:
    """Revoke every grant and drop the signing keys."""
    await relay.grants.revoke_all()


@Command("audit/list", result=exactly(records=[RECORD]), admin=True)
@_responds
async def list_audit(relay: Relay, _connection: ActiveConnection, _msg: Message) -> Any:
    """List the records of the audit, oldest first."""
    return {"records": relay.audit.records()}


COMMANDS: Final = (
    subscribe_pairings,
    begin_pairing,
    list_pairings,
    reveal_pairing,
    reject_pairing,
    list_grants,
    update_grant,
    pause_grant,
    resume_grant,
    revoke_grant,
    revoke_all_grants,
    list_audit,
)
