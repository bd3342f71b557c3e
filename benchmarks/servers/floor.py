"""The floor: a bare aiohttp server that writes one ready-made frame to every transport. Argument: port."""

import asyncio
import sys

from aiohttp import WSMsgType, web

transports: set[asyncio.Transport] = set()
seq = 0


async def connect(request: web.Request) -> web.WebSocketResponse:
    """Take a client in; whatever it says reaches everybody."""
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    transport = request.transport
    if transport is None:
        return socket
    transports.add(transport)
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                broadcast(message.data)
    finally:
        transports.discard(transport)
    return socket


def broadcast(value: str) -> None:
    """Write the frame that the gateway would write."""
    global seq  # noqa: PLW0603 - one number, one process
    seq += 1
    change = f'{{"seq":{seq},"id":"0123456789abcdef0123","online":true,"state":{{"level":{{"value":{value}}}}}}}'
    content = f'42["state",{change}]'.encode()
    frame = bytes((0x81, len(content))) + content
    for transport in transports:
        transport.write(frame)


application = web.Application()
application.router.add_get("/", connect)
web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None)
