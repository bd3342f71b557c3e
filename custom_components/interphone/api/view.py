"""The frame of every route: origin check, preflight, dispatch, and errors as responses, in one place."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, fields, replace
from http import HTTPStatus
import logging
from typing import Any, ClassVar, Final

from aiohttp import hdrs, web
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.http import KEY_HASS
from homeassistant.helpers.json import json_bytes

from ..access.grants import Admission
from ..access.models import Grant
from ..const import BASE_PATH
from ..devices.model import Device
from ..engineio.body import abandon_broken_body
from ..errors import (
    InternalError,
    InterphoneError,
    MethodNotAllowedError,
    MissingTokenError,
    NotFoundError,
    NotReadyError,
    UnknownDeviceError,
)
from ..messages import untranslated
from ..relay import Relay, loaded_relay
from .body import read_input
from .operation import WITH_TOKEN, Endpoint, Errors, Operation
from .origin import check_origin, cors_headers, is_preflight, preflight
from .peer import Door, Peer

BEARER: Final = "bearer"

# The sender of a request, made once, before anything looks at the request.
PEER: Final = web.RequestKey("interphone_peer", Peer)

_LOGGER = logging.getLogger(__name__)


class Route(ABC):
    """Some paths with one handler for all their methods. Everything that is raised becomes a response here."""

    @property
    @abstractmethod
    def paths(self) -> tuple[str, ...]:
        """Return the paths, as aiohttp's router takes them."""

    def mount(self, application: web.Application, door: Door) -> None:
        """Add the paths to an application, with every method: `handle` responds to a wrong one too.

        The routes are added to the router directly: Home Assistant's own CORS handling knows one list for all of it.
        """
        hass = application[KEY_HASS]

        async def respond(request: web.Request) -> web.StreamResponse:
            return await self._respond(hass, door, request)

        for path in self.paths:
            application.router.add_route(hdrs.METH_ANY, path, respond)

    @property
    @abstractmethod
    def methods(self) -> tuple[str, ...]:
        """Return the methods there are, for preflights and `Allow`."""

    @abstractmethod
    async def handle(self, relay: Relay, request: web.Request) -> web.StreamResponse:
        """Respond to a request of an allowed origin. May raise any `InterphoneError`."""

    async def _respond(self, hass: HomeAssistant, door: Door, request: web.Request) -> web.StreamResponse:
        headers: Mapping[str, str] = {hdrs.VARY: hdrs.ORIGIN}
        peer = request[PEER] = door.peer(request)
        relay: Relay | None = None
        response: web.StreamResponse
        try:
            relay = _serving_relay(hass)
            check_origin(peer, request, relay)
            headers = cors_headers(request)
            if is_preflight(request):
                response = preflight(request, ", ".join(self.methods))
            else:
                response = await self.handle(relay, request)
        except InterphoneError as err:
            response = error_response(relay, peer, err)
        except Exception:
            # Not the path itself: it may hold the ticket of a stream.
            _LOGGER.exception("Unexpected error at %s %s", request.method, self.paths[0])
            response = error_response(relay, peer, InternalError())
        if not response.prepared:
            response.headers.extend({name: value for name, value in headers.items() if name not in response.headers})
            abandon_broken_body(request, response)
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a view: who sends it, and its validated input."""

    relay: Relay
    peer: Peer
    request: web.Request
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantCall(Call):
    """A request with an access token. The grant was active when the input had been read."""

    admission: Admission

    @property
    def grant(self) -> Grant:
        """Return the grant behind the token."""
        return self.admission.grant

    def require_active(self) -> Grant:
        """Return the grant as it is now: it may have been edited, paused or revoked during an await.

        Raises `RevokedGrantError`, `PausedGrantError`, or `InvalidTokenError` when an exchanged token was ended.
        """
        return self.relay.grants.require_active(self.grant.id, self.admission.bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCall(GrantCall):
    """A request about a device that its grant sees."""

    device: Device

    async def read[T](self, reading: Awaitable[T]) -> T:
        """Await something of the device, and return it if the grant still sees the device by then.

        Raises `RevokedGrantError`, `PausedGrantError`, `InvalidTokenError` or `UnknownDeviceError`. Errors of `reading`
        propagate.
        """
        result = await reading
        self.relay.catalog.seen(self.device.id, self.require_active().scope)
        return result


class View(Route):
    """One path of the REST API. Its endpoints are the attributes `get` and `post`, made by `Operation`.

    Handlers take a `Call`, return a response, and raise the errors that their operation lists.
    """

    path: str
    # Errors of reading a call, beyond those of its input.
    errors: ClassVar[Errors] = ()
    endpoints: Mapping[str, Endpoint] = {}

    def __init_subclass__(cls) -> None:
        """Collect the endpoints by their methods."""
        super().__init_subclass__()
        own = {name.upper(): value for name, value in vars(cls).items() if isinstance(value, Endpoint)}
        cls.endpoints = {**cls.endpoints, **own}

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the one path."""
        return (f"{BASE_PATH}{self.path}",)

    @property
    def methods(self) -> tuple[str, ...]:
        """Return the methods there are, HEAD wherever GET is safe."""
        get = self.endpoints.get(hdrs.METH_GET)
        head = (hdrs.METH_HEAD,) if get and get.operation.safe else ()
        return (*self.endpoints, *head, hdrs.METH_OPTIONS)

    async def handle(self, relay: Relay, request: web.Request) -> web.StreamResponse:
        """Dispatch by the method; HEAD is handled as GET, aiohttp leaves the body out."""
        if request.method not in self.methods:
            raise MethodNotAllowedError(", ".join(self.methods))
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=HTTPStatus.NO_CONTENT, headers={hdrs.ALLOW: ", ".join(self.methods)})
        endpoint = self.endpoints[hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method]
        return await endpoint.handler(self, await self.read(relay, request, endpoint.operation))

    async def read(self, relay: Relay, request: web.Request, operation: Operation) -> Call:
        """Read and validate what the operation takes."""
        query, headers, body = await read_input(request, operation)
        return Call(relay=relay, peer=request[PEER], request=request, query=query, headers=headers, body=body)


class GrantView(View):
    """A path for websites that show an access token: authenticates before it reads, re-checks the grant after."""

    errors = WITH_TOKEN

    async def read(self, relay: Relay, request: web.Request, operation: Operation) -> GrantCall:
        """Authenticate, then read what the operation takes."""
        admission = relay.grants.admit(bearer_token(request), request[PEER].source)
        call = await super().read(relay, request, operation)
        # The body may have taken a while to come.
        grant = relay.grants.require_active(admission.grant.id, admission.bound)
        return _extend(call, GrantCall, admission=replace(admission, grant=grant))


class DeviceView(GrantView):
    """A path below `/devices/{device_id}`, for a device that the grant sees."""

    errors = (*WITH_TOKEN, UnknownDeviceError)

    async def read(self, relay: Relay, request: web.Request, operation: Operation) -> DeviceCall:
        """Authenticate, read what the operation takes, and look the device up."""
        call = await super().read(relay, request, operation)
        device = relay.catalog.seen(request.match_info["device_id"], call.grant.scope)
        return _extend(call, DeviceCall, device=device)


def _extend[C: Call](call: Call, kind: type[C], **more: Any) -> C:
    """Return a call with more known about it."""
    return kind(**{known.name: getattr(call, known.name) for known in fields(call)}, **more)


class NotFoundRoute(Route):
    """Responds to unknown paths below the base path. Mounted last."""

    paths = (f"{BASE_PATH}/{{path:.*}}", BASE_PATH)
    methods = (hdrs.METH_OPTIONS,)

    async def handle(self, _relay: Relay, _request: web.Request) -> web.StreamResponse:
        """Raise `NotFoundError`."""
        raise NotFoundError


def _serving_relay(hass: HomeAssistant) -> Relay:
    """Return the relay of the loaded entry.

    Raises `NotReadyError` without one, and while Home Assistant starts, when devices are still to come, or stops.
    """
    if hass.state is not CoreState.running:
        raise NotReadyError
    return loaded_relay(hass)


def json_response(body: Mapping[str, Any], status: int = HTTPStatus.OK) -> web.Response:
    """Return a JSON response that no cache keeps."""
    return web.Response(
        body=json_bytes(body), status=status, content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-store"}
    )


def error_response(relay: Relay | None, peer: Peer, error: InterphoneError) -> web.Response:
    """Turn an error into its response: status, stable code, message, and `Retry-After` where waiting helps.

    A 401 is returned, never raised: raising counts toward a ban of the address from all of Home Assistant.
    """
    # Not loaded means not translated.
    body = (
        relay.messages.body(error, peer.language)
        if relay
        else {"success": False, "error": error.code, "message": untranslated(error)}
    )
    response = json_response(body, error.status)
    if "retry_after" in body:
        response.headers[hdrs.RETRY_AFTER] = str(body["retry_after"])
    if isinstance(error, MethodNotAllowedError) and error.detail:
        response.headers[hdrs.ALLOW] = error.detail
    return response


def bearer_token(request: web.Request) -> str:
    """Return the token of the Authorization header (RFC 6750, section 2.1). Raises `MissingTokenError`."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != BEARER or not token.strip():
        raise MissingTokenError
    return token.strip()
