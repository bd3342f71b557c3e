"""`/asyncapi.json`: the Socket.IO API described by AsyncAPI 3.0, made by walking its events."""

from functools import cache
from typing import Any, Final

from aiohttp import web
from homeassistant.loader import async_get_loaded_integration
import voluptuous as vol

from ...const import DOMAIN, SOCKETIO_PATH
from ...errors import InternalError
from ..components import components
from ..contract import exactly, json_schema
from ..operation import JSON, Errors, Operation, error_body
from ..view import Call, View, json_response
from .admission import AUTHENTICATE, CONNECT_AUTH, TOKEN_ERRORS
from .events import SERVER_EVENTS, ClientEvent, Event, ServerEvent
from .gateway import GROUPS
from .webrtc import WEBRTC

# The packets of Socket.IO that open a session; the names of its messages are no events.
CONNECT: Final = "connect"
CONNECTED: Final = "connect.ack"
CONNECT_ERROR: Final = "connect.error"

_CHANNEL: Final = {"$ref": "#/channels/main"}
_TO_DISPLAYS: Final = frozenset({Event.CODE, Event.PAIRING})
_TO_BOTH: Final = frozenset({Event.REVOKED, Event.AUTHENTICATE})

type Document = dict[str, Any]


def client_events() -> dict[Event, tuple[ClientEvent, Errors]]:
    """Return every event that clients send, with the errors that it may be acknowledged with."""
    events = {AUTHENTICATE.name: (AUTHENTICATE, (*AUTHENTICATE.errors, InternalError))}
    for group in GROUPS:
        for name, endpoint in group.endpoints.items():
            events[name] = endpoint.event, (*group.errors, *endpoint.event.errors)
    return events


def server_events() -> tuple[ServerEvent, ...]:
    """Return every event that the home sends."""
    return (*SERVER_EVENTS, WEBRTC)


class AsyncApiView(View):
    """The description of all events, for people and generators of clients; it says nothing of the home."""

    path = "/asyncapi.json"

    @Operation(
        "The description of the Socket.IO API",
        {JSON: vol.Schema({"asyncapi": str, "channels": dict}, required=True, extra=vol.ALLOW_EXTRA)},
    )
    async def get(self, call: Call) -> web.Response:
        """Return the description, with the version that is installed."""
        version = async_get_loaded_integration(call.relay.hass, DOMAIN).version
        described = describe()
        return json_response({**described, "info": {**described["info"], "version": str(version)}})


@cache
def describe() -> Document:
    """Return the whole description. The same object each time: not to be changed."""
    messages = _messages()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:interphone:socketio",
        "info": {
            "title": "Interphone",
            "version": "0",
            "license": {"name": "MIT"},
            "description": "Socket.IO 5 over Engine.IO 4, and the version before over Engine.IO 3. Every event carries"
            " one value. `receive` is what the home receives; its reply is the acknowledgement.",
        },
        "defaultContentType": "application/json",
        "servers": {"home": _server()},
        "channels": {"main": _channel(messages)},
        "operations": _operations(),
        "components": {
            "messages": messages,
            "schemas": components(),
            "securitySchemes": {
                "website": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of Interphone makes a session a website's.",
                },
                "display": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of Home Assistant makes a session a display's.",
                },
            },
        },
    }


def _server() -> Document:
    return {
        "host": "{home}",
        "protocol": "wss",
        "pathname": SOCKETIO_PATH,
        "description": "Home Assistant's own port. Engine.IO over WebSocket or polling; ws and http without TLS.",
        "variables": {"home": {"description": "Name or address, and port", "default": "homeassistant.local:8123"}},
        "security": _security("website", "display"),
    }


def _channel(messages: Document) -> Document:
    return {
        "address": "/",
        "title": "The main namespace",
        "servers": [{"$ref": "#/servers/home"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {
                        "EIO": {"enum": ["3", "4"], "description": "Version of Engine.IO, by default 3."},
                        "transport": {"enum": ["polling", "websocket"]},
                        "sid": {"type": "string", "description": "The session, after its first request."},
                    },
                },
                "headers": {
                    "type": "object",
                    "properties": {
                        "Authorization": {
                            "type": "string",
                            "description": "`Bearer` and the token, for clients that have none in `auth`.",
                        },
                        "Origin": {"type": "string", "description": "Must be allowed by the home."},
                        "Accept-Language": {"type": "string", "description": "The language of messages: en or ko."},
                    },
                },
                "bindingVersion": "0.1.0",
            }
        },
    }


def _messages() -> Document:
    handshake = {
        CONNECT: ("The packet CONNECT with its `auth`", CONNECT_AUTH.json_schema()),
        CONNECTED: ("The session is open; version 3 sends no id", json_schema(vol.Maybe(exactly(sid=str)))),
        CONNECT_ERROR: (
            "The packet CONNECT_ERROR: no session. Version 3 has `data` alone",
            json_schema(
                vol.Any(
                    exactly(message=vol.In([error.code for error in TOKEN_ERRORS]), data=error_body(TOKEN_ERRORS)),
                    exactly(message=vol.In(["Invalid namespace", "Internal error"])),
                )
            ),
        ),
    }
    described = {name: _message(name, summary, schema) for name, (summary, schema) in handshake.items()}
    for event, errors in client_events().values():
        acknowledgement = {"anyOf": [json_schema(event.ack), json_schema(error_body(errors))]}
        described[event.name] = _message(event.name, event.summary, event.payload.json_schema())
        described[ack_of(event.name)] = _message(event.name, f"Acknowledgement of `{event.name}`", acknowledgement)
    for sent in server_events():
        described[sent.name] = _message(sent.name, sent.summary, json_schema(sent.data))
    return described


def ack_of(event: str) -> str:
    """Return the name of the message that acknowledges an event."""
    return f"{event}.ack"


def _message(name: str, summary: str, payload: Document) -> Document:
    return {"name": str(name), "summary": summary, "payload": payload}


def _operations() -> Document:
    connect = _operation("receive", CONNECT, "Open a session")
    connect["reply"] = _reply(CONNECTED, CONNECT_ERROR)
    operations = {CONNECT: connect}
    for event, _ in client_events().values():
        operation = operations[str(event.name)] = _operation("receive", event.name, event.summary)
        operation["reply"] = _reply(ack_of(event.name))
    for sent in server_events():
        operations[str(sent.name)] = _operation("send", sent.name, sent.summary)
    return operations


def _operation(action: str, name: str, summary: str) -> Document:
    operation: Document = {"action": action, "channel": _CHANNEL, "summary": summary, "messages": _of_channel(name)}
    if name in _TO_DISPLAYS:
        operation["security"] = _security("display")
    elif name != CONNECT and name not in _TO_BOTH:
        operation["security"] = _security("website")
    return operation


def _reply(*names: str) -> Document:
    return {"channel": _CHANNEL, "messages": _of_channel(*names)}


def _of_channel(*names: str) -> list[Document]:
    return [{"$ref": f"#/channels/main/messages/{name}"} for name in names]


def _security(*schemes: str) -> list[Document]:
    return [{"$ref": f"#/components/securitySchemes/{scheme}"} for scheme in schemes]
