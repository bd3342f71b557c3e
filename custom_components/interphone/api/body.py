"""Request bodies of the REST API."""

from aiohttp import web

from ..engineio.body import BodyTooLargeError as EngineBodyTooLargeError, read_body as read_body_within
from ..errors import BodyTooLargeError


async def read_body(request: web.Request, limit: int) -> bytes:
    """Read the whole body, decompressed.

    Raises `BodyTooLargeError` as soon as it is over `limit` bytes, and `web.RequestPayloadError` when it is not encoded
    as its headers say.
    """
    try:
        return await read_body_within(request, limit)
    except EngineBodyTooLargeError:
        raise BodyTooLargeError from None
