"""Descriptions of the methods of a path: requests are validated by them, and `openapi.json` is made from them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
import voluptuous as vol

from .. import errors
from .contract import Payload, exactly

type Errors = tuple[type[errors.InterphoneError], ...]
type Handler = Callable[[Any, Any], Awaitable[web.StreamResponse]]

JSON: Final = "application/json"

# Body of a request, in bytes. A batch of 64 commands with generous parameters stays below this.
BODY_SIZE_MAX: Final = 64 * 1024

# Errors of any path.
ANYWHERE: Final[Errors] = (errors.NotReadyError, errors.OriginNotAllowedError, errors.InternalError)
# Any path that takes an access token.
WITH_TOKEN: Final[Errors] = (
    errors.MissingTokenError,
    errors.InvalidTokenError,
    errors.ExpiredTokenError,
    errors.RevokedGrantError,
    errors.PausedGrantError,
)


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body.

    One that is not `required` may be left out, and is then validated as `{}`. With `only_json` a body of another media
    type counts as left out: the contract of 2021 never looked at it.
    """

    schema: vol.Schema
    required: bool = True
    only_json: bool = False
    size_max: int = BODY_SIZE_MAX

    @property
    def payload(self) -> Payload:
        """Return what validates and describes it."""
        return Payload(self.schema)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; used as a decorator it makes the handler an `Endpoint`.

    `response` holds a schema for each media type of the response with `status`, None for content that is not JSON.
    `errors` are those of the handler: those of the frame, the view and invalid input are added. `error_fields` are
    fields that error bodies have beyond the common ones. GET that is not `safe` changes something, so HEAD is refused.
    """

    summary: str
    response: Mapping[str, Any]
    status: HTTPStatus = HTTPStatus.OK
    errors: Errors = ()
    query: Payload | None = None
    headers: Payload | None = None
    body: Body | None = None
    error_fields: Mapping[Any, Any] = field(default_factory=dict)
    safe: bool = True

    def __call__(self, handler: Handler) -> Endpoint:
        """Attach the description to its handler."""
        return Endpoint(self, handler)

    @property
    def all_errors(self) -> Errors:
        """Return the errors of the handler and of its input."""
        of_input: Errors = tuple(payload.error for payload in (self.query, self.headers) if payload)
        if self.body:
            of_input = (*of_input, errors.InvalidRequestError, errors.BodyTooLargeError)
        return (*self.errors, *of_input)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A handler and its description."""

    operation: Operation
    handler: Handler


def success(**fields: Any) -> vol.Schema:
    """Describe a JSON response: `success`, and exactly these fields."""
    return exactly(success=True, **fields)


def json_of(**fields: Any) -> Mapping[str, Any]:
    """Describe a response that is JSON of `success` and exactly these fields."""
    return {JSON: success(**fields)}


def error_body(possible: Iterable[type[errors.InterphoneError]], fields: Mapping[Any, Any] | None = None) -> vol.Schema:
    """Return the schema of the body that these errors have: `Messages.body`, and `fields` beyond it."""
    return vol.Schema(
        {
            "success": False,
            "error": vol.In([error.code for error in possible]),
            "message": str,
            vol.Optional("retry_after", description="Seconds."): vol.All(int, vol.Range(min=1)),
            **(fields or {}),
        },
        required=True,
    )
