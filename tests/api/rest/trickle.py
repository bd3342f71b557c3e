"""A request whose body comes in two halves, with something happening at home in between."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from unittest.mock import patch

from homeassistant.util import dt as dt_util

from custom_components.interphone.access.grants import LAST_USED_STEP
from custom_components.interphone.const import BASE_PATH

from ...conftest import Home, Tokens


async def post_around(
    home: Home, tokens: Tokens, path: str, body: bytes, meanwhile: Awaitable[object]
) -> tuple[int, str]:
    """Send half a body, await `meanwhile` once the request was let in, send the rest; return status and text."""
    used = (await home.grants())[0]["last_used"]
    # Only a minute later does the time of use move again.
    later = dt_util.utcnow() + timedelta(seconds=LAST_USED_STEP)
    with patch.object(dt_util, "utcnow", return_value=later):
        reader, writer = await _begin(home, tokens, path, body)
        async with asyncio.timeout(5):
            # It is let in, and waits for the rest.
            while (await home.grants())[0]["last_used"] == used:  # noqa: ASYNC110 - nothing else reports it
                await asyncio.sleep(0)
    await meanwhile
    writer.write(body[5:])
    status = int((await reader.readline()).split()[1])
    text = (await reader.readuntil(b"}")).decode()
    writer.close()
    return status, text


async def _begin(
    home: Home, tokens: Tokens, path: str, body: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", home.client.port)
    head = f"POST {BASE_PATH}{path} HTTP/1.1\r\nHost: home\r\n"
    head += f"Authorization: {tokens.headers['Authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[:5])
    await writer.drain()
    return reader, writer
