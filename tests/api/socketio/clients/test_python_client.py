import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest
import socketio
from socketio.exceptions import ConnectionError as RefusedError

from .application import UNICODE, Application

WAYS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


@pytest.fixture(params=WAYS)
def transports(request: pytest.FixtureRequest) -> list[str]:
    return WAYS[request.param]


@pytest.fixture
async def connect(make_server: Any, transports: list[str]) -> AsyncGenerator[Callable[..., Awaitable[Any]]]:
    sio, url = await make_server()
    Application(sio)
    clients: list[socketio.AsyncClient] = []

    async def connect(
        auth: Any = None, client: socketio.AsyncClient | None = None, **options: Any
    ) -> socketio.AsyncClient:
        client = client or socketio.AsyncClient(reconnection_delay=0.02, reconnection_delay_max=0.05)
        clients.append(client)
        await client.connect(url, transports=transports, auth=auth, **options)
        return client

    yield connect
    for client in clients:
        await client.disconnect()


async def test_events_acks_and_bytes_go_both_ways(connect: Any, transports: list[str]) -> None:
    client = await connect({"token": "abc"})
    assert await client.call("transport", timeout=5) == transports[-1]
    assert await client.call("credentials", timeout=5) == "abc"
    long = UNICODE * 3000
    for value in ("text", UNICODE, 1.5, None, {"deep": [b"\x00\xff", UNICODE]}, b"", bytes(100_000), long):
        assert await client.call("ask", value, timeout=5) == value


async def test_a_burst_arrives_whole_and_in_order(connect: Any) -> None:
    client = await connect()
    seen: list[int] = []
    done = asyncio.Event()

    async def burst(number: int) -> None:
        seen.append(number)
        if len(seen) == 200:
            done.set()

    client.on("burst", burst)
    await client.emit("burst me", 200)
    await asyncio.wait_for(done.wait(), 10)
    assert seen == list(range(200))


async def test_a_refusal_is_understood(connect: Any) -> None:
    client = socketio.AsyncClient(reconnection=False)
    reasons: list[Any] = []
    client.on("connect_error", reasons.append)
    with pytest.raises(RefusedError):
        await connect({"refuse": "yes"}, client)
    assert reasons == [{"message": "grant_revoked", "data": {"code": 7}}]


async def test_namespaces_beside_each_other(connect: Any) -> None:
    client = await connect({"token": "key"}, namespaces=["/", "/admin"])
    assert await client.call("who", namespace="/admin", timeout=5) == ("/admin", "key")
    assert await client.call("ask", "main", timeout=5) == "main"


async def test_an_unknown_namespace_is_refused(connect: Any) -> None:
    client = socketio.AsyncClient(reconnection=False)
    reasons: list[Any] = []
    client.on("connect_error", reasons.append, namespace="/unknown")
    with pytest.raises(RefusedError):
        await connect(None, client, namespaces=["/unknown"])
    assert reasons == [{"message": "Invalid namespace"}]


async def test_a_disconnect_by_the_server_is_noticed(connect: Any) -> None:
    client = socketio.AsyncClient(reconnection=False)
    reason = asyncio.get_running_loop().create_future()
    client.on("disconnect", reason.set_result)
    await connect(None, client)
    sid = client.get_sid()
    await client.emit("disconnect me")
    assert await asyncio.wait_for(reason, 5) == client.reason.SERVER_DISCONNECT
    assert await (await connect()).call("how did it end", sid, timeout=5) == "server disconnect"


# Over polling, Python's client takes CLOSE for good and does not come back, whatever server sends it.
@pytest.mark.parametrize("transports", [WAYS["websocket"], WAYS["upgrade"]], ids=["websocket", "upgrade"])
async def test_a_dropped_client_comes_back_and_resumes(connect: Any) -> None:
    client = await connect()
    seen: list[int] = []
    whole, back = asyncio.Event(), asyncio.Event()

    async def change(number: int) -> None:
        seen.append(number)
        if len(seen) == 9:
            whole.set()

    async def connected() -> None:
        await client.emit("since", ("feed", len(seen)))
        back.set()

    client.on("change", change)
    client.on("connect", connected)
    await client.emit("since", ("feed", 0))
    await client.call("change", ("feed", 3), timeout=5)
    await client.emit("drop me", ("feed", 4))
    await asyncio.wait_for(back.wait(), 10)
    await client.call("change", ("feed", 2), timeout=5)
    await asyncio.wait_for(whole.wait(), 10)
    assert await client.call("ask", timeout=5) is None
    assert seen == list(range(1, 10))
