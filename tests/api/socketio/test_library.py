"""What Interphone overrides of python-socketio, and what it relies on there (docs/adr/0004)."""

import ast
from collections.abc import Callable
import hashlib
import inspect
import textwrap
from typing import Any

import pytest
import socketio
from socketio.packet import Packet

from custom_components.interphone.api.socketio.packet import SocketIoPacket
from custom_components.interphone.api.socketio.server import SocketIoServer

SERVER = socketio.AsyncServer
MANAGER = socketio.AsyncManager

# Overridden, or called from what overrides it.
FINGERPRINTS: dict[Callable[..., Any], str] = {
    SERVER.__init__: "0a3a3195f8a05a71",
    SERVER.__mro__[1].__init__: "46223a462e684cd7",
    SERVER._engineio_server_class: "726f2848023f38ac",
    SERVER.on: "31a622dc6f8655ca",
    SERVER.shutdown: "0be46513be15d3a2",
    SERVER._handle_eio_connect: "3686c5190dfb3d99",
    SERVER._handle_eio_message: "f772a451d918e87a",
    SERVER._handle_eio_disconnect: "f7742d33d9739e32",
    SERVER._handle_connect: "8d039174ea26138b",
    SERVER._handle_disconnect: "6c4c9b76f79d4dda",
    SERVER._handle_event: "f9d48888b2c4f4b1",
    SERVER._handle_event_internal: "963582a5f821da35",
    SERVER._handle_ack: "e46b3d6a23e9e057",
    SERVER._trigger_event: "c96ce8e57718ef20",
    SERVER._get_event_handler: "bb48e0c3164a1e4f",
    SERVER._send_packet: "1bc829cccb4c67d9",
    Packet.__init__: "c8d41e7fce9cb933",
    Packet.encode: "c0c942925dd5e295",
    Packet.decode: "7bb4fad188333541",
    Packet.add_attachment: "b3de8e0b429281e0",
    MANAGER.trigger_callback: "99ebceafd4dd72a5",
    MANAGER.pre_connect: "746d7790b70f6ef6",
    MANAGER.connect: "2922b2c3bb24e05d",
    MANAGER.disconnect: "a12a13dcc41eb270",
    MANAGER.is_connected: "261ae7f9ac03a698",
    MANAGER.sid_from_eio_sid: "930d34915b53bcb0",
    MANAGER.eio_sid_from_sid: "15f7ed15a67829bb",
    MANAGER.get_namespaces: "32be3cd56ad9490e",
    MANAGER.basic_enter_room: "705877858d9fa712",
    MANAGER.basic_disconnect: "27b154ad1b456740",
}


def fingerprint(function: Callable[..., Any]) -> str:
    """Return a hash of a function's signature and code, whatever its comments, docstring and layout."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(definition).encode()).hexdigest()[:16]


@pytest.mark.parametrize("function", FINGERPRINTS, ids=lambda function: function.__qualname__)
def test_what_is_relied_on_has_not_changed(function: Callable[..., Any]) -> None:
    """When this fails: read what changed in the library, adapt the code and ADR 4, then renew the fingerprint."""
    assert fingerprint(function) == FINGERPRINTS[function], inspect.getsource(function)


@pytest.mark.parametrize(
    ("ours", "theirs", "overridden"),
    [
        (SocketIoServer, SERVER, {"_engineio_server_class", "on", "shutdown"}),
        (SocketIoPacket, Packet, {"decode", "add_attachment", "json"}),
    ],
)
def test_nothing_else_is_overridden(ours: type, theirs: type, overridden: set[str]) -> None:
    names = {name for name in vars(ours) if not name.startswith("__") and hasattr(theirs, name)}
    assert names == overridden
