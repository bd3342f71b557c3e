"""Which websites may ask: one allow-list, exact, for REST, polling and the WebSocket upgrade."""

from typing import Final

from aiohttp import hdrs, web
from homeassistant.core import HomeAssistant
from yarl import URL

from ..errors import OriginNotAllowedError
from ..relay import Relay

ALLOWED_HEADERS: Final = "authorization, code, content-type, x-pairing-challenge"
PREFLIGHT_MAX_AGE: Final = "600"  # as long as Chromium keeps a preflight at most, halved twice over: lists change
EXPOSED_HEADERS: Final = "Retry-After"

FETCH_SITE: Final = "Sec-Fetch-Site"


def check_origin(request: web.Request, relay: Relay) -> None:
    """Raise `OriginNotAllowedError` when a browser asks on behalf of a page that is not on the list.

    A request without `Origin` comes from no browser's script, or is a plain GET of one; `refuse_other_pages` is for
    GETs that do something.
    """
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and not is_allowed(relay.hass, relay, origin):
        raise OriginNotAllowedError
    if origin is None and request.headers.get(FETCH_SITE) == "cross-site":
        raise OriginNotAllowedError


def refuse_other_pages(request: web.Request) -> None:
    """Refuse a GET that some page's link, image or script makes a browser send without an `Origin`.

    `same-origin` too: a page that rebound its own name to the home's address would be of the same origin.
    """
    if hdrs.ORIGIN not in request.headers and request.headers.get(FETCH_SITE, "none") != "none":
        raise OriginNotAllowedError


def is_allowed(hass: HomeAssistant, relay: Relay, origin: str) -> bool:
    """Tell whether an origin is on the list, or is one of Home Assistant's own addresses."""
    return origin in relay.settings.origins or origin in own_origins(hass)


def own_origins(hass: HomeAssistant) -> set[str]:
    """Return the origins of the addresses that Home Assistant is configured to have.

    Never the `Host` of a request: a name that was rebound to this address would name itself.
    """
    addresses = (hass.config.internal_url, hass.config.external_url)
    return {str(URL(address).origin()) for address in addresses if address}


def cors_headers(request: web.Request) -> dict[str, str]:
    """Return the headers that let the page of an allowed origin read the answer."""
    headers: dict[str, str] = {hdrs.VARY: hdrs.ORIGIN}
    if origin := request.headers.get(hdrs.ORIGIN):
        headers |= {
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: origin,
            hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS: "true",
            hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: EXPOSED_HEADERS,
        }
    return headers


def is_preflight(request: web.Request) -> bool:
    """Tell whether a browser asks what it may send (Fetch, section 3.2.2)."""
    return request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers


def preflight(request: web.Request, methods: str) -> web.Response:
    """Answer a preflight of an allowed origin."""
    headers = cors_headers(request) | {
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: methods,
        hdrs.ACCESS_CONTROL_ALLOW_HEADERS: ALLOWED_HEADERS,
        hdrs.ACCESS_CONTROL_MAX_AGE: PREFLIGHT_MAX_AGE,
    }
    # A public website reaching a home's private address (Private Network Access).
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return web.Response(status=204, headers=headers)
