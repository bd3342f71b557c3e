"""The sender of a request: through which door, from which source, for which page, in which language."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
import re
from typing import Final

from aiohttp import hdrs, web
from yarl import URL

from ..messages import negotiate
from .source import source_of

# Headers that a reverse proxy adds.
_FORWARDED: Final = (hdrs.FORWARDED, hdrs.X_FORWARDED_FOR, hdrs.X_FORWARDED_HOST, hdrs.X_FORWARDED_PROTO)
_WEBSOCKET_SCHEME: Final = re.compile(r"ws(?=s?://)")


@dataclass(frozen=True, slots=True)
class Peer:
    """The sender of one request, or of everything that comes over one session.

    `source` is the key of every limit that is kept per source: the address, and the door when it is not the local
    one. `origin` is the page on whose behalf a browser sends, None when no browser says so: a claim, anyone can write
    it. `own` says that it is the very address at which the connection arrived. `language` is one of
    `messages.LANGUAGES`.
    """

    door: Door
    source: str
    origin: str | None
    own: bool
    language: str


@dataclass(frozen=True, slots=True)
class Door:
    """A way into the API. It decides what a request's headers and address are worth.

    Other doors subclass it: what a link to a hub believes differs from what Home Assistant's own port does.
    """

    id: str

    def peer(self, request: web.Request) -> Peer:
        """Return the sender of a request that came through this door."""
        origin = request_origin(request)
        return Peer(
            door=self,
            source=self.source(request),
            origin=origin,
            own=origin is not None and is_own_address(request, origin),
            language=negotiate(request.headers.get(hdrs.ACCEPT_LANGUAGE)),
        )

    def source(self, request: web.Request) -> str:
        """Return the source that a request counts as. Behind a trusted proxy `remote` is already the client."""
        return source_of(request.remote)


# Home Assistant's own port.
LOCAL: Final = Door("local")


def request_origin(request: web.Request) -> str | None:
    """Return the request's `Origin`; `ws(s)://X`, which some native clients send, as `http(s)://X`."""
    origin = request.headers.get(hdrs.ORIGIN)
    return None if origin is None else _WEBSOCKET_SCHEME.sub("http", origin, count=1)


def is_own_address(request: web.Request, origin: str) -> bool:
    """Return whether an origin is the IP address, port and scheme at which the request's connection arrived.

    Native clients send the address that they dialled. A DNS name that was rebound to this address is not an IP address.
    Behind a reverse proxy the connection arrived at the proxy, so nothing is known.
    """
    transport = request.transport
    if transport is None or any(name in request.headers for name in _FORWARDED):
        return False
    arrived, sender = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
    if not isinstance(arrived, tuple) or not isinstance(sender, tuple) or request.remote != sender[0]:
        return False
    try:
        url = URL(origin)
        host = _address(url.host or "")
    except ValueError:
        return False
    scheme = "http" if transport.get_extra_info("sslcontext") is None else "https"
    return url.scheme == scheme and url.user is None and url.port == arrived[1] and host == _address(arrived[0])


def _address(text: str) -> IPv4Address | IPv6Address:
    """Return an IP address without its zone, and as IPv4 when it is mapped into IPv6. Raises ValueError."""
    address = ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
