"""Reading request bodies within a limit."""

from aiohttp import web


class BodyTooLargeError(Exception):
    """The body is over the limit."""


async def read_body(request: web.Request, limit: int) -> bytes:
    """Read the whole body, unpacked, however it is cut or chunked.

    Raises `BodyTooLargeError` as soon as it is over `limit` bytes, and web.RequestPayloadError when it is not packed as
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


def let_go_of_broken_body(request: web.Request, response: web.StreamResponse) -> None:
    """End the connection of a body that broke; aiohttp would look for its rest, and log that as a fault of its own."""
    if request.content.exception() is not None:
        request.content.feed_eof()
        response.force_close()
