"""Each fault of the stock layer, gone."""

import asyncio
import json
import logging
import tracemalloc
from typing import Any

from aiohttp import ClientSession, WSMsgType, web
import engineio
import pytest
import socketio
from socketio import packet

from .conftest import RawSocket, Wire, eventually, poll_arrives, send
from .test_socketio_protocol import App, app, closed  # noqa: F401 - a fixture among them

# --- forged events ---


@pytest.mark.parametrize("name", ["connect", "disconnect", "connect_error", "*"])
async def test_a_client_cannot_forge_the_servers_events(app: App, name: str) -> None:  # noqa: F811 - the fixture
    caught: list[Any] = []

    async def catch_all(*args: Any) -> None:
        caught.append(args)

    app.sio.on("*", catch_all)
    socket = await app.join()
    await socket.send_str(f'42["{name}","forged",{{"aiohttp.request":null}},{{"token":"x"}}]')
    assert await closed(socket)
    assert len(app.connected) == 1
    assert [reason for _, reason in app.disconnected] == ["parse error"]
    assert caught == []


# --- bodies ---


async def _raw_post(wire: Wire, sid: str, head: str, *parts: bytes) -> bytes:
    """Send a POST in TCP segments of our choice; return the whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(wire.url.split(":")[2].split("/")[0]))
    address = f"/engine.io/?EIO={wire.version}&transport=polling&sid={sid}"
    writer.write(f"POST {address} HTTP/1.1\r\nHost: home\r\nConnection: close\r\n{head}\r\n\r\n".encode())
    await writer.drain()
    for part in parts:
        await asyncio.sleep(0.02)
        writer.write(part)
        await writer.drain()
    head_end = b"\r\n\r\n"
    answer = await reader.readuntil(head_end)
    length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    answer += await reader.readexactly(length)
    writer.close()
    return answer


async def test_a_body_in_several_segments_arrives_whole(make_wire: Any) -> None:
    wire = await make_wire()
    sid = (await wire.open_polling())["sid"]
    body = b"4" + bytes(range(ord("a"), ord("a") + 26)) * 120
    answer = await _raw_post(wire, sid, f"Content-Length: {len(body)}", body[:1399], body[1399:2000], body[2000:])
    assert answer.endswith(b"ok")
    assert await wire.event("message") == body[1:].decode()


async def test_a_chunked_body_arrives_whole(make_wire: Any) -> None:
    wire = await make_wire()
    sid = (await wire.open_polling())["sid"]
    answer = await _raw_post(wire, sid, "Transfer-Encoding: chunked", b"3\r\n4he\r\n", b"3\r\nllo\r\n", b"0\r\n\r\n")
    assert answer.endswith(b"ok")
    assert await wire.event("message") == "hello"


async def test_a_body_that_says_it_is_too_large_is_not_waited_for(make_wire: Any) -> None:
    wire = await make_wire(packet_size=1000, body_timeout=60)
    sid = (await wire.open_polling())["sid"]
    async with asyncio.timeout(5):
        assert b" 413 " in await _raw_post(wire, sid, "Content-Length: 1001", b"4hello")
    assert await wire.event("disconnect") == "too_large"


async def test_a_body_that_never_comes_is_given_up(make_wire: Any) -> None:
    wire = await make_wire(body_timeout=0.1)
    sid = (await wire.open_polling())["sid"]
    assert b" 408 " in await _raw_post(wire, sid, "Content-Length: 100", b"4hello")
    assert await wire.event("disconnect") == "transport error"


async def test_a_client_that_leaves_while_posting_is_gone(make_wire: Any) -> None:
    wire = await make_wire()
    sid = (await wire.open_polling())["sid"]
    _, writer = await asyncio.open_connection("127.0.0.1", int(wire.url.split(":")[2].split("/")[0]))
    address = f"/engine.io/?EIO=4&transport=polling&sid={sid}"
    writer.write(f"POST {address} HTTP/1.1\r\nHost: home\r\nContent-Length: 100\r\n\r\n4hello".encode())
    await writer.drain()
    session = wire.engine.find(sid)
    await eventually(lambda: session.posting)
    writer.close()
    assert await wire.event("disconnect") == "transport error"
    assert len(wire.engine) == 0


@pytest.mark.parametrize("count", [17, 64])
async def test_up_to_64_packets_in_one_post_all_arrive(make_wire: Any, version: int, count: int) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    packets = [f"4{number}" for number in range(count)]
    body = "\x1e".join(packets) if version == 4 else "".join(f"{len(each)}:{each}" for each in packets)
    assert await wire.post(sid, body) == (200, "ok")
    assert [await wire.event("message") for _ in range(count)] == [str(number) for number in range(count)]


async def test_more_than_64_packets_in_one_post_end_the_session(make_wire: Any, version: int) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    body = "\x1e".join(["4x"] * 65) if version == 4 else "2:4x" * 65
    assert (await wire.post(sid, body))[0] == 400
    assert await wire.event("disconnect") == "parse error"
    assert (await wire.poll(sid))[0] == 400


async def test_a_bad_post_is_answered_even_when_nobody_polls(make_wire: Any, version: int) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    async with asyncio.timeout(1):
        assert (await wire.post(sid, "x"))[0] == 400


# --- closing ---


async def test_closing_a_polling_session_without_a_poll_returns_and_is_told_later(make_wire: Any, version: int) -> None:
    wire = await make_wire(version, linger_timeout=5)
    sid = (await wire.open_polling())["sid"]
    async with asyncio.timeout(1):
        await wire.engine.send(sid, "bye")
        await wire.engine.disconnect(sid)
    assert await wire.event("disconnect") == "server disconnect"
    assert await wire.post(sid, "4x" if version == 4 else "2:4x") == (200, "ok")
    assert await wire.poll(sid) == (200, "4bye" if version == 4 else "4:4bye")
    assert await wire.poll(sid) == (200, "1" if version == 4 else "1:1")
    assert (await wire.poll(sid))[0] == 400
    assert wire.events.empty()


async def test_a_farewell_does_not_last(make_wire: Any) -> None:
    wire = await make_wire(linger_timeout=0.05)
    sid = (await wire.open_polling())["sid"]
    wire.engine.close(sid, "enough")
    await eventually(lambda: sid not in wire.engine)
    assert (await wire.poll(sid))[0] == 400


@pytest.mark.parametrize(("reason", "sent"), [("grant_revoked", "grant_revoked"), ("x" * 200, "x" * 123)])
async def test_a_websocket_is_closed_with_the_reason(make_wire: Any, reason: str, sent: str) -> None:
    wire = await make_wire()
    socket, opened = await wire.open_socket()
    wire.engine.close(opened["sid"], reason)
    message = await socket.receive(timeout=5)
    assert (message.type, message.extra) == (WSMsgType.CLOSE, sent)  # as much of it as a close frame holds
    assert await wire.event("disconnect") == reason


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xc1\x81\x00\x00\x00\x00x", 1002),  # compressed, though nothing was agreed
        (b"\x83\x81\x00\x00\x00\x00x", 1002),  # an opcode without meaning
        (b"\x81\x81\x00\x00\x00\x00\xff", 1007),  # not UTF-8
        (b"\x82\xff\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00", 1009),  # 2 MiB to come
    ],
)
async def test_a_malformed_frame_ends_the_session_at_once(make_wire: Any, frame: bytes, code: int) -> None:
    wire = await make_wire()
    socket, _ = await wire.open_socket()
    socket._writer.transport.write(frame)  # no client would send it
    assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE
    assert socket.close_code == code
    assert await wire.event("disconnect") == "transport error"
    assert len(wire.engine) == 0


async def test_cleaning_up_after_a_lost_client_is_not_cut_short(app: App) -> None:  # noqa: F811 - the fixture
    entered, left = asyncio.Event(), asyncio.Event()

    async def connect(*_: Any) -> None:
        entered.set()
        await asyncio.sleep(0.1)

    async def disconnect(*_: Any) -> None:
        await asyncio.sleep(0.1)
        left.set()

    app.sio.on("connect", connect)
    app.sio.on("disconnect", disconnect)
    socket = await app.open()
    await socket.send_str("40")
    await entered.wait()
    socket._response.connection.transport.abort()  # as a pulled cable does
    await asyncio.wait_for(left.wait(), 5)
    await eventually(lambda: not app.sio.environ)
    assert list(app.sio.manager.get_participants("/", None)) == []
    assert (app.sio.manager.pending_connect, app.sio.manager.pending_disconnect) == ({}, {})
    assert len(app.sio.eio) == 0


async def test_a_client_that_leaves_while_polling_is_gone(make_wire: Any) -> None:
    wire = await make_wire()
    sid = (await wire.open_polling())["sid"]
    poll = asyncio.create_task(wire.poll(sid))
    await poll_arrives(wire, sid)
    poll.cancel()
    assert await wire.event("disconnect") == "transport close"
    assert len(wire.engine) == 0


async def test_acknowledgements_that_nobody_waits_for_do_nothing(app: App, caplog: Any) -> None:  # noqa: F811 - the fixture
    socket = await app.join()
    for acknowledgement in ("430[1]", "431[1]", "431", '461-2[{"_placeholder":true,"num":0}]'):
        await socket.send_str(acknowledgement)
    await socket.send_bytes(b"x")
    await socket.send_str('42["message","alive"]')
    assert await socket.receive_str(timeout=5) == '42["message-back","alive"]'
    assert app.sio.manager.callbacks == {}
    assert caplog.text == ""


# --- what goes out ---


async def test_nan_never_reaches_a_client(app: App) -> None:  # noqa: F811 - the fixture
    socket = await app.join()
    send(app.sio, app.connected[0][0], "value", {"a": float("nan"), "b": float("inf")})
    assert await socket.receive_str(timeout=5) == '42["value",{"a":null,"b":null}]'


async def test_a_payload_that_is_not_json_raises(app: App) -> None:  # noqa: F811 - the fixture
    await app.join()
    with pytest.raises(TypeError):
        send(app.sio, app.connected[0][0], "value", object())


async def test_no_compression_is_agreed(make_wire: Any) -> None:
    wire = await make_wire()
    socket = await wire.http.ws_connect(wire.url, params=wire.params("websocket"), compress=15)
    assert socket.compress == 0


# --- what is seen of clients, and what is not ---


async def test_the_remote_address_is_the_one_home_assistant_sees(make_server: Any, http: ClientSession) -> None:
    sio, url = await make_server()
    app = App(sio, url, http)  # noqa: F811 - not the fixture
    seen: list[Any] = []

    async def connect(_sid: str, request: web.Request, _auth: Any) -> None:
        seen.append(request.remote)

    sio.on("connect", connect)
    await app.join()
    assert seen == ["127.0.0.1"]


async def test_the_engine_says_nothing_of_cors(make_wire: Any) -> None:
    wire = await make_wire()
    async with wire.http.get(
        wire.url, params=wire.params("polling"), headers={"Origin": "https://x.example"}
    ) as answer:
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_nothing_a_client_says_is_logged(app: App, caplog: Any) -> None:  # noqa: F811 - the fixture
    caplog.set_level(logging.DEBUG)
    socket = await app.join('40{"token":"S3CRET"}')
    await socket.send_str('42["message","S3CRET"]')
    await socket.receive_str(timeout=5)
    send(app.sio, app.connected[0][0], "code", "S3CRET")
    await socket.receive_str(timeout=5)
    await socket.send_str('42["S3CRET"')
    assert await closed(socket)
    assert "S3CRET" not in caplog.text
    assert not logging.getLogger("socketio.server").handlers
    assert not logging.getLogger("engineio.server").handlers


async def test_nothing_process_wide_is_changed(app: App) -> None:  # noqa: F811 - the fixture
    assert packet.Packet.json is engineio.json
    assert engineio.packet.Packet.json is engineio.json
    assert socketio.AsyncServer._engineio_server_class(app.sio) is engineio.AsyncServer


# --- cost ---


async def test_idle_sessions_have_no_tasks_of_their_own(make_wire: Any) -> None:
    wire = await make_wire(ping_interval=0.05, ping_timeout=5)
    for _ in range(50):
        await wire.open_polling()
    mine = len(wire.engine._tasks)
    assert (len(wire.engine), mine) == (50, 0)
    assert len(asyncio.all_tasks()) < 20


async def test_a_reader_that_answers_pings_and_never_reads_is_cut_off(make_wire: Any) -> None:
    wire = await make_wire(ping_interval=0.1, ping_timeout=5)
    raw = await RawSocket.open(wire.url)
    (sid,) = wire.engine._sessions
    tracemalloc.start()
    try:
        chunk = "x" * 10_000
        for number in range(100_000):
            await wire.engine.send(sid, f"{number}{chunk}")
            raw.write_text("3")
            if sid not in wire.engine:
                break
            await asyncio.sleep(0)
        assert tracemalloc.get_traced_memory()[1] < 3 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert await wire.event("disconnect") == "too_slow"
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await raw.read_to_end()


async def test_a_client_that_pings_and_never_reads_is_cut_off(make_wire: Any) -> None:
    wire = await make_wire(3, queue_packets=50)
    raw = await RawSocket.open(wire.url, 3)
    async with asyncio.timeout(20):
        while wire.engine._sessions:
            for _ in range(500):
                raw.write_text("2" + "x" * 120)
            await asyncio.sleep(0)
    assert await wire.event("disconnect") == "too_slow"


async def test_attachments_are_few(app: App) -> None:  # noqa: F811 - the fixture
    socket = await app.join()
    places = [{"_placeholder": True, "num": number} for number in range(10)]
    await socket.send_str(f"4510-{json.dumps(['message', *places])}")
    for number in range(10):
        await socket.send_bytes(bytes([number]))
    assert await asyncio.wait_for(app.received.get(), 5) == tuple(bytes([number]) for number in range(10))
