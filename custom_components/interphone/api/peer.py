"""Who sends a request: through which door, from which source, for which page, in which language."""

from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from ..messages import negotiate
from ..pairing.limits import source_of
from .origin import is_own_address, request_origin


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
