"""`/asyncapi.json`: every event of both directions is described, as AsyncAPI 3.0 has it."""

import json
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator
import pytest

from custom_components.interphone.api.socketio.asyncapi import ack_of, client_events, describe, server_events
from custom_components.interphone.api.socketio.events import Event

from ...conftest import Connect, Home, Tokens
from ...description import message_faults
from .clients.javascript import HERE, installed_node


def test_every_event_is_described_once() -> None:
    described = [*client_events(), *(event.name for event in server_events())]
    assert sorted(described) == sorted(Event)
    operations = describe()["operations"]
    assert operations.keys() - {"connect"} == set(Event)
    for event in client_events():
        [reply] = operations[event]["reply"]["messages"]
        assert reply == {"$ref": f"#/channels/main/messages/{ack_of(event)}"}
        assert (operations[event]["action"], operations[event]["summary"] != "") == ("receive", True)
    assert {operations[event.name]["action"] for event in server_events()} == {"send"}


@pytest.mark.slow
def test_the_description_is_valid_asyncapi() -> None:
    """By the JSON Schema that the AsyncAPI initiative publishes."""
    installed_node()
    official = json.loads((HERE / "node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text())
    validator = Draft7Validator(official)
    document = json.loads(json.dumps(describe()))
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)] == []
    # The schema does notice: an operation must have an action.
    del document["operations"]["command"]["action"]
    assert not validator.is_valid(document)


def test_every_payload_is_a_json_schema() -> None:
    for message in describe()["components"]["messages"].values():
        Draft202012Validator.check_schema(message["payload"])


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("unknown", {}),
        ("state", {"seq": 1}),
        ("snapshot", {"epoch": "x", "seq": -1, "devices": []}),
        ("revoked", {"reason": "because"}),
        ("command.ack", {"success": True}),
        ("answer.ack", {"success": False, "error": "no_such_code", "message": ""}),
        ("connect.error", {"message": "invalid_token"}),
    ],
)
def test_what_differs_from_the_description_is_a_fault(name: str, payload: Any) -> None:
    assert message_faults(name, payload)


async def test_it_is_served_with_the_installed_version(home: Home) -> None:
    status, body = await home.request("GET", "/asyncapi.json")
    assert status == 200
    version = json.loads((HERE.parents[3] / "custom_components/interphone/manifest.json").read_text())["version"]
    assert body["info"].pop("version") == version
    expected = json.loads(json.dumps(describe()))
    del expected["info"]["version"]
    assert body == expected


async def test_data_that_does_not_fit_is_refused_by_the_same_schema(connect: Connect, tokens: Tokens) -> None:
    website = await connect(tokens.token)
    await website.receive("snapshot")
    for event in client_events():
        if event != Event.COMMAND:  # each envelope has a result of its own
            ack = await website.call(event, {"unknown": 1})
            assert (ack["success"], ack["error"]) == (False, "invalid_request"), event
