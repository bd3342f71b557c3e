"""`/openapi.json`: the REST doors described by OpenAPI 3.1, made from what they are made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
import re
from typing import Any, Final

from aiohttp import hdrs, web
from homeassistant.loader import async_get_loaded_integration

from ...const import BASE_PATH, DOMAIN
from ...devices.schema import json_schema
from ...errors import InterphoneError
from ...relay import Relay
from ..view import Handler, InterphoneView, answer
from .operations import ANYWHERE, JSON, OPERATIONS, SHARED, TEXT, UNKNOWN_BEARER, Operation, Schema

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_DEFS: Final = "#/$defs/"
_COMPONENTS: Final = "#/components/schemas/"


class OpenApiView(InterphoneView):
    """The description of all views, for people and generators of clients; it tells nothing of the home."""

    url = f"{BASE_PATH}/openapi.json"
    name = "api:interphone:openapi"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, _request: web.Request) -> web.Response:
        version = async_get_loaded_integration(relay.hass, DOMAIN).version
        return answer({**description(), "info": {**description()["info"], "version": str(version)}})


@cache
def description() -> dict[str, Any]:
    """Return the whole description. The same object each time: not to be changed."""
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for (method, path), operation in OPERATIONS.items():
        paths[path][method.lower()] = _describe(path, operation)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Interphone", "version": "0", "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": BASE_PATH}],
        "security": [{"token": []}],
        "paths": dict(paths),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            "schemas": {**_device_model(), **SHARED},
        },
    }


def _describe(path: str, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": TEXT} for name in _PARAMETER.findall(path)),
            *operation.parameters,
        ],
        "responses": {
            str(int(operation.status)): {
                "description": operation.summary,
                "content": {media_type: {"schema": schema} for media_type, schema in operation.answers.items()},
            },
            **_refusals(operation),
        },
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {JSON: {"schema": operation.body}},
        }
    if not operation.needs_token:
        described["security"] = []
    return described


def _refusals(operation: Operation) -> dict[str, Any]:
    """Describe what the operation refuses: its errors by their status, each with its meaning."""
    by_status: dict[HTTPStatus, list[type[InterphoneError]]] = defaultdict(list)
    bearer = UNKNOWN_BEARER if operation.needs_token else ()
    for error in sorted({*ANYWHERE, *bearer, *operation.refusals}, key=lambda error: error.code):
        by_status[error.status].append(error)
    return {
        str(int(status)): {
            "description": "\n".join(
                f"- `{error.code}`: {(error.__doc__ or '').partition('\n')[0]}" for error in refused
            ),
            "content": {JSON: {"schema": _refusal(refused, operation.refusal_fields or {})}},
        }
        for status, refused in sorted(by_status.items())
    }


def _refusal(refused: Iterable[type[InterphoneError]], more: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": {
            "success": {"const": False},
            "error": {"enum": [error.code for error in refused]},
            "message": TEXT,
            "retry_after": {"type": "integer", "minimum": 1},
            **more,
        },
        "required": ["success", "error", "message"],
        "additionalProperties": False,
    }


def _device_model() -> dict[str, Any]:
    """Return the schemas of the device model where OpenAPI looks for them."""
    model: dict[str, Any] = _moved(json_schema()["$defs"])
    # A single command is answered by its result itself.
    result = model["result"]
    outcome = {
        **result,
        "properties": {"success": {"const": True}, **result["properties"]},
        "required": ["success", *result["required"]],
    }
    return {**model, "outcome": outcome}


def _moved(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: value.replace(_DEFS, _COMPONENTS) if key == "$ref" else _moved(value) for key, value in node.items()
        }
    return [_moved(item) for item in node] if isinstance(node, list) else node
