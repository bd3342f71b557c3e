"""A polling request that a client's HTTP stack sends twice, and one that only looks like it."""

from collections.abc import Awaitable, Callable
import json

import pytest

from .conftest import Wire
from .raw import RawConnection

type MakeWire = Callable[..., Awaitable[Wire]]


class Client:
    """A polling client that chooses the connection and the mark of each request."""

    def __init__(self, wire: Wire, sid: str) -> None:
        self.wire = wire
        self.target = f"/engine.io/?EIO={wire.version}&transport=polling&sid={sid}"

    @classmethod
    async def open(cls, wire: Wire) -> Client:
        return cls(wire, (await wire.open_polling())["sid"])

    def packet(self, text: str) -> str:
        return f"4{text}" if self.wire.version == 4 else f"{len(text) + 1}:4{text}"

    async def connect(self) -> RawConnection:
        return await RawConnection.open(self.wire.url)

    async def poll(self, connection: RawConnection, mark: str) -> str:
        status, body = await connection.request("GET", f"{self.target}&t={mark}")
        assert status == 200
        return body.decode()

    async def post(self, connection: RawConnection, mark: str, text: str) -> None:
        body = self.packet(text).encode()
        assert await connection.request("POST", f"{self.target}&t={mark}", body) == (200, b"ok")

    async def send(self, text: str) -> str:
        """Queue a message at the server; return it as a poll's body."""
        sid = self.target.rpartition("=")[2]
        await self.wire.engine.send(sid, text)
        return self.packet(text)


@pytest.fixture
async def client(make_wire: MakeWire, version: int) -> Client:
    wire = await make_wire(version)

    async def record(sid: str, data: str) -> None:  # and no echo, which a poll would bring
        wire.events.put_nowait(("message", sid, data))

    wire.engine.on("message", record)
    return await Client.open(wire)


# A mark of the JavaScript, Java, C++ and Swift clients, one of Socket.IO 4.8, and Python's: seconds with a fraction.
@pytest.mark.parametrize("mark", ["PbZ4Sx1", "PbZ4Sx1.0", "k3v8x2abc", "1767225600.1234567"])
async def test_a_poll_repeated_over_a_new_connection_gets_the_same_response(client: Client, mark: str) -> None:
    first, second = await client.connect(), await client.connect()
    one = await client.send("one")
    assert await client.poll(first, mark) == one
    two = await client.send("two")
    assert await client.poll(second, mark) == one
    assert await client.poll(second, f"{mark}x") == two


@pytest.mark.parametrize("mark", ["PbZ4Sx1", "k3v8x2abc", "1767225600.1234567"])
async def test_a_post_repeated_over_a_new_connection_is_taken_once(client: Client, mark: str) -> None:
    first, second = await client.connect(), await client.connect()
    for connection in (first, second):
        await client.post(connection, mark, "one")
    await client.post(second, f"{mark}x", "two")
    assert [await client.wire.event("message") for _ in range(2)] == ["one", "two"]


async def test_a_post_with_another_body_is_no_repetition(client: Client) -> None:
    first, second = await client.connect(), await client.connect()
    await client.post(first, "PbZ4Sx1", "one")
    await client.post(second, "PbZ4Sx1", "two")
    assert [await client.wire.event("message") for _ in range(2)] == ["one", "two"]


async def test_the_same_mark_over_the_same_connection_is_a_new_request(client: Client) -> None:
    connection = await client.connect()
    for text in ("one", "two"):
        sent = await client.send(text)
        assert await client.poll(connection, "PbZ4Sx1") == sent
        await client.post(connection, "PbZ4Sx1", "same")
    assert [await client.wire.event("message") for _ in range(2)] == ["same", "same"]


# .NET and Unity: whole seconds; others: milliseconds; and no mark.
@pytest.mark.parametrize("mark", ["1767225600", "1767225600123", ""])
async def test_a_mark_that_is_a_whole_number_makes_no_repetition(client: Client, mark: str) -> None:
    """All requests of one second share the mark, over as many connections as the client's pool has."""
    for text in ("one", "two"):
        connection = await client.connect()
        sent = await client.send(text)
        assert await client.poll(connection, mark) == sent
        await client.post(await client.connect(), mark, "same")
    assert [await client.wire.event("message") for _ in range(2)] == ["same", "same"]


async def test_requests_of_two_sessions_are_apart(client: Client) -> None:
    other = await Client.open(client.wire)
    for each in (client, other):
        sent = await each.send(f"to {each.target[-5:]}")
        assert await each.poll(await each.connect(), "PbZ4Sx1") == sent
        await each.post(await each.connect(), "PbZ4Sx1", "same")
    assert [await client.wire.event("message") for _ in range(2)] == ["same", "same"]


async def test_a_socket_io_exchange_of_dotnet(make_wire: MakeWire) -> None:
    """Handshake, two messages and two polls within a second, as the .NET client sends them."""
    wire = await make_wire(4)
    target = "/engine.io/?EIO=4&transport=polling&t=1767225600"
    get, post = await RawConnection.open(wire.url), await RawConnection.open(wire.url)
    status, body = await get.request("GET", target)
    assert status == 200
    target += f"&sid={json.loads(body[1:])['sid']}"
    for text in (b"first", b"second", b"second"):
        assert await post.request("POST", target, b"4" + text) == (200, b"ok")
        assert await get.request("GET", target) == (200, b"4" + text)
    assert [await wire.event("message") for _ in range(3)] == ["first", "second", "second"]
