"""The input of a request: query, headers and body, read and validated as its operation describes them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from homeassistant.util.json import json_loads

from ..engineio.body import BodyTooLargeError as EngineBodyTooLargeError, read_body as read_body_within
from ..errors import BodyTooLargeError, InvalidRequestError
from .contract import Payload
from .operation import JSON, Body, Operation


async def read_input(request: web.Request, operation: Operation) -> tuple[Mapping[str, Any], Mapping[str, Any], Any]:
    """Return query, headers and body, validated; input that the operation does not describe is ignored.

    Raises `InvalidRequestError`, or the `error` of a payload that names another, and `BodyTooLargeError`.
    """
    query = operation.query.validate(dict(request.query)) if operation.query else {}
    headers = operation.headers.validate(_named_headers(request, operation.headers)) if operation.headers else {}
    body = await _read_json_body(request, operation.body) if operation.body else None
    return query, headers, body


def _named_headers(request: web.Request, payload: Payload) -> dict[str, str]:
    names = (str(name) for name in payload.schema.schema)
    return {name: request.headers[name] for name in names if name in request.headers}


async def _read_json_body(request: web.Request, body: Body) -> Any:
    left_out = not body.required and not request.body_exists
    if left_out or (body.only_json and request.content_type != JSON):
        return body.payload.validate({})
    try:
        data = json_loads(await _read_body(request, body.size_max))
    except web.RequestPayloadError as err:
        raise InvalidRequestError("the body is not encoded as its headers say") from err
    except ValueError as err:
        raise InvalidRequestError("the body is not JSON") from err
    return body.payload.validate(data)


async def _read_body(request: web.Request, limit: int) -> bytes:
    try:
        return await read_body_within(request, limit)
    except EngineBodyTooLargeError:
        raise BodyTooLargeError from None
