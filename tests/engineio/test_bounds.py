"""What comes in is bounded, and so is what waits to go out."""

import asyncio
from typing import Any

from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web
import pytest

from custom_components.interphone.engineio.ready import ReadyMade

from .conftest import RawSocket, Wire, eventually, poll_arrives
from .test_socketio_protocol import App


def _source(request: web.Request) -> str:
    return request.headers.get("X-Source", "one")


async def _status(wire: Wire, source: str, transport: str) -> int:
    """Open a session from a source and return how that was answered; the session stays."""
    if transport == "polling":
        return (await wire.request("GET", headers={"X-Source": source}))[0]
    try:
        socket = await wire.http.ws_connect(wire.url, params=wire.params("websocket"), headers={"X-Source": source})
    except WSServerHandshakeError as refused:
        return refused.status
    wire.kept.append(socket)
    return 101


@pytest.mark.parametrize(("transport", "welcome"), [("polling", 200), ("websocket", 101)])
async def test_sessions_of_one_source_are_few_and_others_still_come(
    make_wire: Any, transport: str, welcome: int
) -> None:
    wire = await make_wire(options={"source_of": _source}, sessions_per_source=3)
    assert [await _status(wire, "one", transport) for _ in range(4)] == [welcome] * 3 + [429]
    assert await _status(wire, "two", transport) == welcome
    first = next(iter(wire.engine._sessions))
    wire.engine.find(first).end("enough")
    assert await _status(wire, "one", transport) == welcome


async def test_sessions_are_few_in_all(make_wire: Any) -> None:
    wire = await make_wire(options={"source_of": _source}, sessions=3)
    assert [await _status(wire, str(source), "polling") for source in range(5)] == [200] * 3 + [503] * 2


async def test_who_is_known_makes_room_for_who_is_not(make_wire: Any) -> None:
    wire = await make_wire(sessions_unauthenticated=2)
    sids = [(await wire.open_polling())["sid"] for _ in range(2)]
    assert (await wire.request("GET"))[0] == 503
    for _ in range(3):
        wire.engine.authenticated(sids[0])
    assert (await wire.request("GET"))[0] == 200
    assert (await wire.request("GET"))[0] == 503
    wire.engine.find(sids[1]).end("enough")
    assert (await wire.request("GET"))[0] == 200


async def test_a_session_nobody_vouches_for_in_time_is_closed(make_wire: Any) -> None:
    wire = await make_wire()
    for vouch, closed in ((False, True), (True, False)):
        socket, opened = await wire.open_socket()
        wire.engine.set_deadline(opened["sid"], 0.05, "unauthenticated")
        if vouch:
            wire.engine.authenticated(opened["sid"])
            await asyncio.sleep(0.1)
            await socket.send_str("4x")
        message = await socket.receive(timeout=5)
        assert (message.type is WSMsgType.CLOSE, message.extra == "unauthenticated") == (closed, closed)


async def test_messages_are_small_until_a_session_is_known(make_wire: Any, version: int) -> None:
    wire = await make_wire(version, packet_size=100, packet_size_max=1000)
    socket, opened = await wire.open_socket()
    await socket.send_str("4" + "x" * 99)
    assert len(await socket.receive_str(timeout=5)) == 100
    wire.engine.authenticated(opened["sid"], packet_size=10_000)
    await socket.send_str("4" + "x" * 999)
    assert len(await socket.receive_str(timeout=5)) == 1000
    await socket.send_str("4" + "x" * 1000)
    assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE
    assert socket.close_code == 1009
    unauthenticated, _ = await wire.open_socket()
    await unauthenticated.send_str("4" + "é" * 50)
    assert (await unauthenticated.receive(timeout=5)).type is WSMsgType.CLOSE
    assert unauthenticated.close_code == 1009


async def test_bodies_are_small_until_a_session_is_known(make_wire: Any) -> None:
    wire = await make_wire(packet_size=100, packet_size_max=1000)
    opened = await wire.open_polling()
    assert opened["maxPayload"] == 100
    assert (await wire.post(opened["sid"], "4" + "x" * 99))[0] == 200
    wire.engine.authenticated(opened["sid"], packet_size=1000)
    assert (await wire.post(opened["sid"], "4" + "x" * 999))[0] == 200
    assert (await wire.post(opened["sid"], "4" + "x" * 1000))[0] == 413
    assert (await wire.poll(opened["sid"]))[0] == 400

    async def unsized() -> Any:
        for _ in range(20):
            yield b"4" + b"x" * 99

    unauthenticated = (await wire.open_polling())["sid"]
    assert (await wire.post(unauthenticated, unsized()))[0] == 413


@pytest.mark.parametrize("bound", [{"queue_packets": 10}, {"queue_size": 1000}])
async def test_a_polling_session_that_does_not_poll_is_closed_as_too_slow(make_wire: Any, bound: Any) -> None:
    wire = await make_wire(**bound)
    sid = (await wire.open_polling())["sid"]
    for _ in range(10):
        assert wire.engine.write_frame(sid, ReadyMade.message("x" * 99))
    assert not wire.engine.write_frame(sid, ReadyMade.message("x" * 99))
    assert await wire.event("disconnect") == "too_slow"
    assert (await wire.poll(sid))[0] == 400


async def test_the_answer_to_a_poll_holds_what_every_client_takes(make_wire: Any) -> None:
    wire = await make_wire()
    sid = (await wire.open_polling())["sid"]
    for number in range(40):
        await wire.engine.send(sid, str(number))
    answers = [(await wire.poll(sid))[1].split("\x1e") for _ in range(3)]
    assert [len(answer) for answer in answers] == [16, 16, 8]
    assert [packet for answer in answers for packet in answer] == [f"4{number}" for number in range(40)]


async def test_a_client_is_not_read_while_the_application_is_behind(make_wire: Any) -> None:
    wire = await make_wire(inbox_packets=5)
    go_on = asyncio.Event()
    seen: list[str] = []

    async def slow(_sid: str, data: str) -> None:
        await go_on.wait()
        seen.append(data)

    wire.engine.on("message", slow)
    socket, opened = await wire.open_socket()
    for number in range(1000):
        await socket.send_str(f"4{number}")
    await eventually(lambda: len(wire.engine.find(opened["sid"])._inbox) == 5)
    await asyncio.sleep(0.05)
    assert len(wire.engine.find(opened["sid"])._inbox) == 5
    go_on.set()
    await eventually(lambda: len(seen) == 1000)
    assert seen == [str(number) for number in range(1000)]


async def test_a_post_is_answered_when_the_application_has_caught_up(make_wire: Any) -> None:
    """Until then a client that waits for its answers sends no more."""
    wire = await make_wire(inbox_packets=5)
    go_on = asyncio.Event()
    seen: list[str] = []

    async def slow(_sid: str, data: str) -> None:
        await go_on.wait()
        seen.append(data)

    wire.engine.on("message", slow)
    sid = (await wire.open_polling())["sid"]
    assert (await wire.post(sid, "\x1e".join(["4x"] * 4)))[0] == 200  # not far behind yet
    post = asyncio.create_task(wire.post(sid, "\x1e".join(["4y"] * 4)))
    session = wire.engine.find(sid)
    await eventually(lambda: session.backlogged)
    # Whatever else is under way now, that one is not answered.
    assert (await wire.request("GET"))[0] == 200
    assert not post.done()
    go_on.set()
    assert (await post)[0] == 200
    assert seen == ["x"] * 4 + ["y"] * 4


async def test_events_over_the_rate_wait_their_turn(make_server: Any, http: ClientSession) -> None:
    sio, url = await make_server(options={"event_rate": 50, "event_burst": 10})
    app = App(sio, url, http)
    flood, calm = await app.join(), await app.join()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(20):
        await flood.send_str(f'42["message",{number}]')
    await calm.send_str('42["message","calm"]')
    assert await calm.receive_str(timeout=5) == '42["message-back","calm"]'
    for number in range(20):
        assert await flood.receive_str(timeout=5) == f'42["message-back",{number}]'
    # One CONNECT and nine events at once, then 50 a second.
    assert loop.time() - begun >= 10 / 50


async def test_leaving_does_not_get_round_the_rate(make_server: Any, http: ClientSession) -> None:
    sio, url = await make_server(options={"event_rate": 20, "event_burst": 3})
    app = App(sio, url, http)
    socket = await app.join()
    for number in range(30):
        await socket.send_str(f'42["message",{number}]')
    await socket.close()
    await eventually(lambda: app.disconnected)
    assert app.received.qsize() < 10
    assert app.disconnected == [(app.connected[0][0], "transport close")]


async def test_slow_readers_keep_their_order(make_wire: Any, version: int) -> None:
    wire = await make_wire(version, queue_packets=10_000, queue_size=100_000_000)
    raw = await RawSocket.open(wire.url, version)
    (sid,) = wire.engine._sessions
    session = wire.engine.find(sid)
    count = 0

    def send(size: int) -> None:
        nonlocal count
        wire.engine.write_frame(sid, ReadyMade.message(f"{count:06}" + "x" * size))
        count += 1

    while len(session._outbox) < 200:
        send(5000)

    async def keep_sending() -> None:
        """Write in every turn of the loop: also in the one where the socket takes data again and the queue waits."""
        while session._outbox:
            send(10)
            await asyncio.sleep(0)

    sending = asyncio.create_task(keep_sending())
    number = 0
    while not sending.done() or number < count:
        frame = await asyncio.wait_for(raw.read_frame(), 5)
        assert frame[:7] == f"4{number:06}".encode()
        number += 1
    raw.writer.close()


async def test_what_waits_for_a_slow_reader_is_bounded_in_all(make_wire: Any) -> None:
    """In the queue, in the transport and in the kernel together, also when it reads a little now and then."""
    wire = await make_wire(queue_packets=10_000, queue_size=1_000_000)
    raw = await RawSocket.open(wire.url)
    (sid,) = wire.engine._sessions
    frame = 4000
    sent = read = 0
    for _ in range(3):
        while wire.engine.find(sid)._outbox.size < 900_000:
            wire.engine.write_frame(sid, ReadyMade.message("x" * frame))
            sent += frame
        # The queue holds 0.9 MB; what the kernel and the client hold besides is little.
        assert sent - read < 1_500_000
        while wire.engine.find(sid)._outbox.size > 700_000:
            read += len(await raw.read_frame())
    while wire.engine.write_frame(sid, ReadyMade.message("x" * frame)):
        sent += frame
    assert sent - read < 1_600_000
    assert await wire.event("disconnect") == "too_slow"


async def test_order_holds_through_an_upgrade(make_wire: Any, version: int) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    sent = 0

    async def talk() -> None:
        nonlocal sent
        while True:
            wire.engine.write_frame(sid, ReadyMade.message(f"[{sent}]"))
            sent += 1
            await asyncio.sleep(0)

    talker = asyncio.create_task(talk())
    heard = ""
    for _ in range(5):
        heard += (await wire.poll(sid))[1]
    socket = await wire.socket(sid)
    await socket.send_str("2probe")
    assert await socket.receive_str(timeout=5) == "3probe"
    heard += (await wire.poll(sid))[1]
    await socket.send_str("5")
    while sent < 500:
        heard += await socket.receive_str(timeout=5)
    talker.cancel()
    await wire.engine.send(sid, "end")
    while (text := await socket.receive_str(timeout=5)) != "4end":
        heard += text
    numbers = [int(part.split("]")[0]) for part in heard.split("[")[1:]]
    assert numbers == list(range(sent))


async def test_one_packet_written_to_many_is_the_same_for_all(make_wire: Any) -> None:
    wire = await make_wire()
    item = ReadyMade.message("hello")
    sockets = [(await wire.open_socket())[0] for _ in range(5)]
    sids = list(wire.engine._sessions)
    polled = (await wire.open_polling())["sid"]
    poll = asyncio.create_task(wire.poll(polled))
    await poll_arrives(wire, polled)
    written = [wire.engine.write_frame(sid, item) for sid in (*sids, polled, "nobody")]
    assert written == [True] * 6 + [False]
    assert [await socket.receive_str(timeout=5) for socket in sockets] == ["4hello"] * 5
    assert await poll == (200, "4hello")
