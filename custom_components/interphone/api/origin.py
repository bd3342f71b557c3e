"""Which pages may send requests: one allow-list, exact, for REST, polling and the WebSocket upgrade."""

from typing import Final

from aiohttp import hdrs, web
from homeassistant.core import HomeAssistant
from yarl import URL

from ..errors import OriginNotAllowedError
from ..relay import Relay
from .peer import Peer

ALLOWED_HEADERS: Final = "authorization, code, content-type, x-pairing-challenge, x-pairing-verifier"
PREFLIGHT_MAX_AGE: Final = "600"  # Chromium keeps a preflight for two hours at most; lists change sooner
EXPOSED_HEADERS: Final = "Retry-After"

FETCH_SITE: Final = "Sec-Fetch-Site"


def check_origin(peer: Peer, request: web.Request, relay: Relay) -> None:
    """Raise `OriginNotAllowedError` for a request on behalf of a page that is not on the list.

    A request without `Origin` is not a script's, or is a plain GET; `refuse_other_pages` is for GETs with an effect.
    """
    if peer.origin is None:
        if request.headers.get(FETCH_SITE) == "cross-site":
            raise OriginNotAllowedError
    elif not is_allowed(peer, relay):
        raise OriginNotAllowedError


def refuse_other_pages(request: web.Request) -> None:
    """Raise `OriginNotAllowedError` for a GET by a page's link, image or script tag, which has no `Origin`.

    `same-origin` too: a page that rebound its own name to the home's address has the same origin.
    """
    if hdrs.ORIGIN not in request.headers and request.headers.get(FETCH_SITE, "none") != "none":
        raise OriginNotAllowedError


def is_allowed(peer: Peer, relay: Relay) -> bool:
    """Return whether a peer's origin is on the list, or one of Home Assistant's own addresses."""
    return peer.own or peer.origin in relay.settings.origins or peer.origin in own_origins(relay.hass)


def own_origins(hass: HomeAssistant) -> set[str]:
    """Return the origins of Home Assistant's configured addresses.

    Never the `Host` of a request: a name that was rebound to this address would name itself.
    """
    addresses = (hass.config.internal_url, hass.config.external_url)
    return {str(URL(address).origin()) for address in addresses if address}


def cors_headers(request: web.Request) -> dict[str, str]:
    """Return the headers that let the page of an allowed origin read the response."""
    headers: dict[str, str] = {hdrs.VARY: hdrs.ORIGIN}
    if origin := request.headers.get(hdrs.ORIGIN):
        headers |= {
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
            hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS: "true",
            hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: EXPOSED_HEADERS,
        }
    return headers


def is_preflight(request: web.Request) -> bool:
    """Return whether the request is a CORS preflight (Fetch, section 3.2.2)."""
    return request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers


def preflight(request: web.Request, methods: str) -> web.Response:
    """Return the response to a preflight of an allowed origin."""
    headers = cors_headers(request) | {
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: methods,
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ALLOWED_HEADERS,
        hdrs.ACCESS_CONTROL_MAX_AGE: PREFLIGHT_MAX_AGE,
    }
    # A public website reaching a home's private address (Private Network Access).
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return web.Response(status=204, headers=headers)
