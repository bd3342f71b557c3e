"""The published descriptions, held against what is really sent: REST, Home Assistant's WebSocket API and Socket.IO."""

from datetime import datetime
from functools import cache
import json
import re
from typing import Any, Final

from aiohttp import web
from homeassistant.helpers.json import json_dumps
from jsonschema import Draft202012Validator, FormatChecker

from custom_components.interphone import websocket_api
from custom_components.interphone.api import OPENAPI, VIEWS
from custom_components.interphone.api.socketio.asyncapi import describe as asyncapi
from custom_components.interphone.api.view import PEER
from custom_components.interphone.const import BASE_PATH, DOMAIN

JSON: Final = "application/json"

# With the check of times, for which jsonschema would need another package.
FORMATS: Final = FormatChecker()


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


# The path of each view with every parameter filled in; `1` fits those that are numbers as well.
PATHS: Final = tuple(re.sub(r"\{\w+\}", "1", path) for path in OPENAPI.describe()["paths"])
# Each method of each path.
REQUESTS: Final = tuple((method, path) for path, view in zip(PATHS, VIEWS, strict=True) for method in view.endpoints)


def described_path(path: str) -> str | None:
    """Return the template a path is described by; one that is spelt out wins over one with a parameter."""
    plain = path.partition("?")[0]
    templates = OPENAPI.describe()["paths"]
    if plain in templates:
        return plain
    matching = (t for t in templates if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(t)), plain))
    return next(matching, None)


def _faults(validator: Draft202012Validator, body: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def _with_components(schema: dict[str, Any], components: Any) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": components}, format_checker=FORMATS)


def _content(template: str, method: str, status: int) -> dict[str, Any]:
    responses = OPENAPI.describe()["paths"][template][method.lower()]["responses"]
    assert str(status) in responses, f"{method} {template} is not described as answering {status}"
    content: dict[str, Any] = responses[str(status)]["content"]
    return content


@cache
def _validator(template: str, method: str, status: int) -> Draft202012Validator:
    schema = _content(template, method, status)[JSON]["schema"]
    return _with_components(schema, OPENAPI.describe()["components"])


def check_response(method: str, path: str, status: int, body: Any) -> None:
    """Check that a JSON response is one that is described; wrong methods and unknown paths are refused all alike."""
    template = described_path(path)
    if template is None or method.lower() not in OPENAPI.describe()["paths"][template]:
        assert status in {403, 404, 405, 503}, (method, path, status)
        return
    faults = _faults(_validator(template, method, status), body)
    assert not faults, (method, path, status, faults, body)


def check_request(method: str, path: str, body: Any) -> None:
    """Check that the JSON body of a request is one that is described."""
    template = described_path(path)
    assert template is not None, path
    operation = OPENAPI.describe()["paths"][template][method.lower()]
    schema = operation["requestBody"]["content"][JSON]["schema"]
    faults = _faults(_with_components(schema, OPENAPI.describe()["components"]), body)
    assert not faults, (method, path, faults, body)


class ResponseCheck:
    """Checks every response of the REST API that an application sends, whoever asked for it.

    Not those by which Home Assistant itself turns a request away before it reaches the API.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []

    async def __call__(self, request: web.Request, response: web.StreamResponse) -> None:
        path = request.path.removeprefix(BASE_PATH)
        ours = PEER in request and path != request.path
        if not ours or request.method in {"HEAD", "OPTIONS"} or not isinstance(response, web.Response):
            return
        try:
            self._check(request.method, path, response)
        except AssertionError as fault:  # raised at the end of the test: here it would become another response
            self.faults.append(str(fault))

    def _check(self, method: str, path: str, response: web.Response) -> None:
        if response.content_type == JSON:
            assert isinstance(response.body, bytes)
            check_response(method, path, response.status, json.loads(response.body))
            return
        template = described_path(path)
        assert template is not None, path
        kinds = _content(template, method, response.status)
        assert response.content_type in kinds or f"{response.content_type.partition('/')[0]}/*" in kinds, (
            path,
            response.content_type,
        )


@cache
def _of_command(type_: str, part: str) -> Draft202012Validator:
    described = websocket_api.describe()
    return _with_components(described["properties"][type_]["properties"][part], described["components"])


def check_result(type_: str, message: dict[str, Any]) -> None:
    """Check what one of Interphone's commands of Home Assistant's WebSocket API returned."""
    if type_.startswith(f"{DOMAIN}/") and message["success"]:
        faults = _faults(_of_command(type_, "result"), message["result"])
        assert not faults, (type_, faults, message)


def check_event(type_: str, event: Any) -> None:
    """Check an event of a subscription of Home Assistant's WebSocket API."""
    faults = _faults(_of_command(type_, "event"), event)
    assert not faults, (type_, faults, event)


@cache
def _message_validator(name: str) -> Draft202012Validator:
    described = asyncapi()
    return _with_components(described["components"]["messages"][name]["payload"], described["components"])


def message_faults(name: str, payload: Any) -> list[str]:
    """Return what is wrong with a message of the socket, by the description of this name; nothing is no fault."""
    if name not in asyncapi()["components"]["messages"]:
        return [f"{name} is not described"]
    sent = json.loads(json_dumps(payload))
    return [f"{name}: {fault}" for fault in _faults(_message_validator(name), sent)]


def check_message(name: str, payload: Any) -> None:
    """Check a message of the socket: an event, `<event>.ack`, or `connect.error`."""
    assert not message_faults(name, payload), payload


def check_call(event: str, data: Any, ack: Any) -> None:
    """Check what acknowledges an event, and the event's data where the home accepted it."""
    check_message(f"{event}.ack", ack)
    answers = ack if isinstance(ack, list) else [ack]
    if all(answer.get("success", answer.get("status") not in {"failed", "expired"}) for answer in answers):
        check_message(event, data)
