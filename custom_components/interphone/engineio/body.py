"""Reading request bodies within a limit."""

from aiohttp import web


class BodyTooLargeError(Exception):
    """The body is over the limit."""


async def read_body(request: web.Request, limit: int) -> bytes:
    """Read the whole body, decompressed.

    Raises BodyTooLargeError as soon as it is over `limit` bytes, and web.RequestPayloadError when it is not encoded as
    its headers say.
    """
    if (request.content_length or 0) > limit:
        raise BodyTooLargeError
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > limit:
            raise BodyTooLargeError
    return bytes(body)


def abandon_broken_body(request: web.Request, response: web.StreamResponse) -> None:
    """Close the connection if reading the body failed; aiohttp would read on, and log an error."""
    if request.content.exception() is not None:
        request.content.feed_eof()
        response.force_close()
