"""Who is not known yet takes up little room: the most crowded source makes way for others."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web
import pytest

from .conftest import Wire

type MakeWire = Callable[..., Awaitable[Wire]]


def source_of(request: web.Request) -> str:
    return request.headers.get("X-Source", "")


@pytest.fixture
async def wire(make_wire: MakeWire) -> Wire:
    """An engine that holds six who are not known."""
    return await make_wire(options={"source_of": source_of}, sessions_unauthenticated=6)


async def come(wire: Wire, source: str) -> str:
    """Open a session from a source and return its id."""
    opened: dict[str, Any] = await wire.open_polling(headers={"X-Source": source})
    sid: str = opened["sid"]
    return sid


async def refused(wire: Wire, source: str) -> bool:
    return (await wire.request("GET", headers={"X-Source": source}))[0] == 503


async def next_end(wire: Wire) -> tuple[str, str]:
    """Return the id and the reason of the next session that ends."""
    while True:
        event, sid, argument = await wire.events.get()
        if event == "disconnect":
            return sid, argument


async def test_the_oldest_of_the_most_crowded_source_makes_way(wire: Wire) -> None:
    one = [await come(wire, "one") for _ in range(2)]
    other = [await come(wire, "other") for _ in range(4)]
    third = await come(wire, "third")
    assert await next_end(wire) == (other[0], "crowded_out")
    assert (await wire.poll(other[0]))[0] == 400
    await come(wire, "fourth")
    assert await next_end(wire) == (other[1], "crowded_out")
    for sid in (*one, *other[2:], third):
        assert wire.engine.find(sid) is not None
    assert len(wire.engine) == 6


async def test_two_crowds_together_lock_nobody_out(wire: Wire) -> None:
    crowds = [await come(wire, source) for source in ("one", "other") for _ in range(3)]
    await come(wire, "third")
    assert (await next_end(wire))[0] in (crowds[0], crowds[3])


async def test_who_is_the_crowd_itself_is_refused(wire: Wire) -> None:
    for source in ("one", "one", "one", "other", "other", "third"):
        await come(wire, source)
    assert await refused(wire, "one")
    # Neither does anybody else gain by it: both would hold as many as the other.
    await come(wire, "other")
    assert await refused(wire, "other")
    assert len(wire.engine) == 6


async def test_who_is_known_is_never_crowded_out(wire: Wire) -> None:
    known = [await come(wire, "one") for _ in range(6)]
    for sid in known:
        wire.engine.authenticated(sid)
    unknown = [await come(wire, source) for source in ("other",) * 4 + ("third",) * 2]
    await come(wire, "fourth")
    assert await next_end(wire) == (unknown[0], "crowded_out")
    for sid in known:
        assert wire.engine.find(sid) is not None
    # A house full of those that are known is no crowd of unknown ones.
    await come(wire, "one")
    assert await next_end(wire) == (unknown[1], "crowded_out")


async def test_a_socket_that_makes_way_is_dropped(wire: Wire) -> None:
    async def connect(source: str) -> Any:
        socket = await wire.http.ws_connect(wire.url, params=wire.params("websocket"), headers={"X-Source": source})
        wire.kept.append(socket)
        assert (await socket.receive_str(timeout=5))[0] == "0"
        return socket

    first, *others = [await connect("one") for _ in range(6)]
    newcomer = await connect("other")
    assert (await first.receive(timeout=5)).type in (WSMsgType.CLOSED, WSMsgType.ERROR)
    for socket in (*others, newcomer):
        await socket.send_str("4here")
        assert await socket.receive_str(timeout=5) == "4here"


async def test_who_is_leaving_makes_way_as_well(make_wire: MakeWire) -> None:
    wire = await make_wire(options={"source_of": source_of}, sessions_unauthenticated=6, linger_timeout=5)
    for sid in [await come(wire, "one") for _ in range(6)]:
        wire.engine.close(sid, "enough")  # it may still fetch its last words
    for number in range(8):
        await come(wire, str(number))
        assert len(wire.engine) == 6
