"""What all views share: the origin's check, the preflight, and the one place where refusals become answers."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
import logging
from typing import Any, ClassVar, Final

from aiohttp import hdrs, web
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView, request_handler_factory
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads
import voluptuous as vol

from ..access.models import Grant
from ..const import BASE_PATH
from ..engineio.body import let_go_of_broken_body
from ..errors import (
    InternalError,
    InterphoneError,
    InvalidRequestError,
    MethodNotAllowedError,
    MissingTokenError,
    NotFoundError,
)
from ..messages import negotiate, untranslated
from ..relay import Relay, loaded_relay
from .body import read_body
from .origin import check_origin, cors_headers, is_preflight, preflight
from .source import request_source

# Bodies. A batch of 64 commands with generous parameters stays below this.
BODY_SIZE_MAX: Final = 64 * 1024

_LOGGER = logging.getLogger(__name__)

type Handler = Callable[[Relay, web.Request], Awaitable[web.Response]]

BEARER: Final = "bearer"


class InterphoneView(HomeAssistantView, ABC):
    """A path with its handlers, one a method. A handler returns an answer or raises an `InterphoneError`.

    The routes are added to the router directly: Home Assistant's own CORS handling knows one list for all of it.
    """

    requires_auth = False
    # Whether HEAD is answered as GET is, without the body.
    get_is_safe: ClassVar[bool] = True

    def register(self, hass: HomeAssistant, _app: web.Application, router: web.UrlDispatcher) -> None:
        """Route every method here, so that a wrong one gets an answer of ours."""
        handler = request_handler_factory(hass, self, self.answer)
        for url in (self.url, *self.extra_urls):
            if url:
                router.add_route(hdrs.METH_ANY, url, handler)

    @abstractmethod
    def handlers(self) -> Mapping[str, Handler]:
        """Return the handler of each method."""

    async def answer(self, request: web.Request, **_match: str) -> web.StreamResponse:
        """Check the origin, run the handler, and turn what it raises into an answer."""
        headers: dict[str, str] = {hdrs.VARY: hdrs.ORIGIN}
        relay: Relay | None = None
        try:
            relay = loaded_relay(request.app[KEY_HASS])
            check_origin(request, relay)
            headers = cors_headers(request)
            response = await self._handle(relay, request)
        except InterphoneError as err:
            response = refusal(relay, request, err)
        except Exception:
            # Not the path itself: it may hold the ticket of a stream.
            _LOGGER.exception("Unexpected error at %s %s", request.method, self.url)
            response = refusal(relay, request, InternalError())
        response.headers.extend({name: value for name, value in headers.items() if name not in response.headers})
        let_go_of_broken_body(request, response)
        return response

    async def _handle(self, relay: Relay, request: web.Request) -> web.Response:
        handlers = dict(self.handlers())
        if self.get_is_safe and hdrs.METH_GET in handlers:
            handlers[hdrs.METH_HEAD] = handlers[hdrs.METH_GET]
        allowed = ", ".join((*handlers, hdrs.METH_OPTIONS))
        if is_preflight(request):
            return preflight(request, allowed)
        if not handlers:
            raise NotFoundError
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers={hdrs.ALLOW: allowed})
        if request.method not in handlers:
            raise MethodNotAllowedError(allowed)
        return await handlers[request.method](relay, request)


class NothingHereView(InterphoneView):
    """Whatever lies below the base path and is none of the paths there are."""

    url = f"{BASE_PATH}/{{path:.*}}"
    extra_urls = [BASE_PATH]  # noqa: RUF012 - as the base class has it
    name = "api:interphone:nothing"

    def handlers(self) -> Mapping[str, Handler]:
        """There are none."""
        return {}


def answer(body: Mapping[str, Any], status: int = 200) -> web.Response:
    """Return a JSON answer that no cache keeps."""
    return web.Response(
        body=json_bytes(body), status=status, content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-store"}
    )


def refusal(relay: Relay | None, request: web.Request, error: InterphoneError) -> web.Response:
    """Turn a refusal into its answer: status, stable code, message, and when to come back.

    A 401 is returned, never raised: raising counts toward a ban of the address from all of Home Assistant.
    """
    language = negotiate(request.headers.get(hdrs.ACCEPT_LANGUAGE))
    # Not loaded means not translated.
    body = (
        relay.messages.body(error, language)
        if relay
        else {"success": False, "error": error.code, "message": untranslated(error)}
    )
    response = answer(body, error.status)
    response.headers[hdrs.VARY] = hdrs.ORIGIN
    if "retry_after" in body:
        response.headers[hdrs.RETRY_AFTER] = str(body["retry_after"])
    if isinstance(error, MethodNotAllowedError) and error.detail:
        response.headers[hdrs.ALLOW] = error.detail
    return response


async def read_json(request: web.Request) -> Any:
    """Return the JSON body. Raises `InvalidRequestError` when it is not JSON, and `BodyTooLargeError`."""
    try:
        return json_loads(await read_body(request, BODY_SIZE_MAX))
    except web.RequestPayloadError as err:
        raise InvalidRequestError("the body is not encoded as its headers say") from err
    except ValueError as err:
        raise InvalidRequestError("the body is not JSON") from err


async def read_object(request: web.Request, schema: vol.Schema, *, optional: bool = False) -> dict[str, Any]:
    """Return the JSON object of the body, checked. With `optional`, no body is an empty object.

    Raises `InvalidRequestError`, which names the faulty field.
    """
    if optional and not request.body_exists:
        data: Any = {}
    else:
        data = await read_json(request)
    try:
        checked: dict[str, Any] = schema(data)
    except vol.Invalid as err:
        raise InvalidRequestError(describe(err)) from err
    return checked


def describe(err: vol.Invalid) -> str:
    """Name the field and the fault, never the value."""
    first = err.errors[0] if isinstance(err, vol.MultipleInvalid) else err
    path = ".".join(str(part) for part in first.path)
    return f"{path}: {first.error_message}" if path else first.error_message


def bearer_token(request: web.Request) -> str:
    """Return the token of the Authorization header (RFC 6750, section 2.1). Raises `MissingTokenError`."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != BEARER or not token.strip():
        raise MissingTokenError
    return token.strip()


def authenticate(relay: Relay, request: web.Request) -> Grant:
    """Return the grant behind the request's access token. Raises what `Grants.authenticate` raises."""
    return relay.grants.authenticate(bearer_token(request), request_source(request))
