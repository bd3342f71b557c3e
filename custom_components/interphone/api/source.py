"""The source a request counts as, for every limit that is kept per source."""

from aiohttp import web

from ..pairing.limits import source_of


def request_source(request: web.Request) -> str:
    """Return the source a request counts as. Behind a trusted proxy `remote` is already the client."""
    return source_of(request.remote)
