"""`/openapi.json`: the REST API described by OpenAPI 3.1, made by walking its views."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
import re
from typing import Any, Final

from aiohttp import web
from homeassistant.loader import async_get_loaded_integration
import voluptuous as vol

from ...const import BASE_PATH, DOMAIN
from ...errors import InterphoneError
from ..components import components
from ..contract import Payload, json_schema
from ..operation import ANYWHERE, JSON, Errors, Operation, error_body
from ..view import Call, GrantView, View, json_response

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_TEXT: Final = {"type": "string"}


class OpenApiView(View):
    """The description of all views, for people and generators of clients; it says nothing of the home."""

    path = "/openapi.json"

    def __init__(self, views: Iterable[View]) -> None:
        """Describe these views, and this one."""
        self._views = (*views, self)

    @Operation(
        "This description", {JSON: vol.Schema({"openapi": str, "paths": dict}, required=True, extra=vol.ALLOW_EXTRA)}
    )
    async def get(self, call: Call) -> web.Response:
        """Return the description, with the version that is installed."""
        version = async_get_loaded_integration(call.relay.hass, DOMAIN).version
        described = self.describe()
        return json_response({**described, "info": {**described["info"], "version": str(version)}})

    @cache  # noqa: B019 - there is one view in the life of a process
    def describe(self) -> dict[str, Any]:
        """Return the whole description. The same object each time: not to be changed."""
        return {
            "openapi": "3.1.1",
            "info": {"title": "Interphone", "version": "0", "license": {"name": "MIT", "identifier": "MIT"}},
            "servers": [{"url": BASE_PATH}],
            "security": [{"token": []}],
            "paths": {described_path(view): _describe_path(view) for view in self._views},
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
                "schemas": components(),
            },
        }


def described_path(view: View) -> str:
    """Return the path as OpenAPI writes it: parameters by their names alone."""
    canonical = web.UrlDispatcher().add_resource(*view.paths).canonical
    return canonical.removeprefix(BASE_PATH)


def _describe_path(view: View) -> dict[str, Any]:
    return {method.lower(): _describe(view, endpoint.operation) for method, endpoint in view.endpoints.items()}


def _describe(view: View, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": _TEXT}
                for name in _PARAMETER.findall(described_path(view))
            ),
            *_parameters("header", operation.headers),
            *_parameters("query", operation.query),
        ],
        "responses": {
            str(int(operation.status)): {
                "description": operation.summary,
                "content": {
                    media_type: {"schema": {} if schema is None else json_schema(schema)}
                    for media_type, schema in operation.response.items()
                },
            },
            **_errors((*ANYWHERE, *view.errors, *operation.all_errors), operation.error_fields),
        },
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body.required,
            "content": {JSON: {"schema": operation.body.payload.json_schema()}},
        }
    if not isinstance(view, GrantView):
        described["security"] = []
    return described


def _parameters(place: str, payload: Payload | None) -> list[dict[str, Any]]:
    if payload is None:
        return []
    schema = payload.json_schema()
    return [
        {
            "name": name,
            "in": place,
            "description": described.pop("description", ""),
            "schema": described,
            "required": name in schema.get("required", ()),
        }
        for name, described in schema["properties"].items()
    ]


def _errors(errors: Errors, fields: Mapping[Any, Any]) -> dict[str, Any]:
    """Describe the errors by their status, each with its meaning."""
    by_status: dict[HTTPStatus, list[type[InterphoneError]]] = defaultdict(list)
    for error in sorted(set(errors), key=lambda error: error.code):
        by_status[error.status].append(error)
    return {
        str(int(status)): {
            "description": "\n".join(
                f"- `{error.code}`: {(error.__doc__ or '').partition('\n')[0]}" for error in alike
            ),
            "content": {JSON: {"schema": json_schema(error_body(alike, fields))}},
        }
        for status, alike in sorted(by_status.items())
    }
