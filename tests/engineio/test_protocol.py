"""What the protocol's public text asks of a server, for both versions, on the wire."""

import asyncio
import json
from typing import Any

from aiohttp import WSMsgType
import pytest

from .conftest import Wire, eventually, poll_arrives

# The same words in both versions: a packet in a payload of its own.
WORDS = {
    4: {"hello": "4hello", "close": "1", "noop": "6", "three": "4a\x1e4b\x1e4c", "bytes": "4hello\x1ebAQIDBA=="},
    3: {"hello": "6:4hello", "close": "1:1", "noop": "1:6", "three": "2:4a2:4b2:4c", "bytes": "6:4hello10:b4AQIDBA=="},
}


@pytest.fixture
async def wire(make_wire: Any, version: int) -> Wire:
    return await make_wire(version, ping_interval=25.0005, ping_timeout=20)


async def test_open_over_polling_says_what_a_client_needs(wire: Wire) -> None:
    opened = await wire.open_polling()
    assert opened == {
        "sid": opened["sid"],
        "upgrades": ["websocket"],
        "pingInterval": 25000,
        "pingTimeout": 20000,
        "maxPayload": 1_000_000,
    }
    assert len(opened["sid"]) == 20


async def test_open_over_websocket_offers_no_upgrade(wire: Wire) -> None:
    _, opened = await wire.open_socket()
    assert opened["upgrades"] == []
    assert wire.engine.transport(opened["sid"]) == "websocket"


@pytest.mark.parametrize(
    "params",
    [
        {"EIO": ""},
        {"EIO": "abc"},
        {"EIO": "2"},
        {"EIO": "5"},
        {"transport": ""},
        {"transport": "webtransport"},
        {"j": "0"},
    ],
)
async def test_an_address_that_says_nothing_known_is_refused(wire: Wire, params: dict[str, str]) -> None:
    status, text = await wire.request("GET", params=params)
    assert (status, '"message"' in text) == (400, True)
    assert len(wire.engine) == 0


@pytest.mark.parametrize(
    ("method", "who", "params", "code", "message"),
    [
        ("GET", "new", {"transport": "webtransport"}, 0, "Transport unknown"),
        ("GET", "unknown", {}, 1, "Session ID unknown"),
        ("POST", "unknown", {}, 1, "Session ID unknown"),
        ("POST", "new", {}, 2, "Bad handshake method"),
        ("PUT", "known", {}, 2, "Bad handshake method"),
        ("GET", "known", {"transport": "websocket"}, 3, "Bad request"),
        ("GET", "new", {"EIO": "5"}, 5, "Unsupported protocol version"),
    ],
)
async def test_refusals_have_the_code_and_the_words_of_the_reference(
    wire: Wire, method: str, who: str, params: dict[str, str], code: int, message: str
) -> None:
    sid = {"new": None, "unknown": "nobody", "known": (await wire.open_polling())["sid"]}[who]
    status, text = await wire.request(method, sid, params=params)
    assert (status, json.loads(text)) == (400, {"code": code, "message": message})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
async def test_a_handshake_is_a_get(wire: Wire, method: str) -> None:
    assert (await wire.request(method))[0] == 400


async def test_other_methods_and_unknown_sessions_are_refused(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    assert (await wire.request("PUT", sid))[0] == 400
    assert (await wire.poll("nobody"))[0] == 400
    assert (await wire.post("nobody", "4x"))[0] == 400


async def test_a_session_keeps_its_version(make_wire: Any) -> None:
    wire = await make_wire(4)
    sid = (await wire.open_polling())["sid"]
    assert (await wire.poll(sid, params={"EIO": "3"}))[0] == 400
    assert sid in wire.engine


async def test_websocket_needs_an_upgrade_and_polling_none(wire: Wire) -> None:
    assert (await wire.request("GET", params={"transport": "websocket"}))[0] == 400
    assert (await wire.request("GET", headers={"Upgrade": "websocket", "Connection": "Upgrade"}))[0] == 400
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    assert (await wire.request("GET", params={"transport": "websocket"}, headers=headers))[0] == 400
    assert len(wire.engine) == 0


@pytest.mark.parametrize("words", ["hello", "three", "bytes"])
async def test_payloads_are_taken_with_ok_and_come_back(wire: Wire, words: str) -> None:
    sid = (await wire.open_polling(params={"b64": "1"}))["sid"]
    assert await wire.post(sid, WORDS[wire.version][words]) == (200, "ok")
    assert await wire.poll(sid) == (200, WORDS[wire.version][words])


async def test_version_3_answers_bytes_to_whoever_takes_them(make_wire: Any) -> None:
    wire = await make_wire(3)
    sid = (await wire.open_polling())["sid"]
    body = bytes.fromhex("00 06 ff 34 68 65 6c 6c 6f 01 05 ff 04 01 02 03 04")
    status, _ = await wire.post(sid, body, headers={"Content-Type": "application/octet-stream"})
    assert status == 200
    async with wire.http.get(wire.url, params=wire.params("polling", sid)) as response:
        assert response.content_type == "application/octet-stream"
        assert await response.read() == body


async def test_version_4_knows_no_binary_payload(make_wire: Any) -> None:
    wire = await make_wire(4)
    sid = (await wire.open_polling())["sid"]
    assert (await wire.post(sid, b"4x", headers={"Content-Type": "application/octet-stream"}))[0] == 400
    assert (await wire.poll(sid))[0] == 400


async def test_messages_over_websocket_come_back(wire: Wire) -> None:
    socket, _ = await wire.open_socket()
    await socket.send_str("4hello €")
    assert await socket.receive_str() == "4hello €"
    binary = b"\x01\x02\x03\x04" if wire.version == 4 else b"\x04\x01\x02\x03\x04"
    await socket.send_bytes(binary)
    assert await socket.receive_bytes() == binary
    assert await wire.event("message") == "hello €"
    assert await wire.event("message") == b"\x01\x02\x03\x04"


async def test_version_3_sends_base64_over_websocket_to_whoever_asks(make_wire: Any) -> None:
    wire = await make_wire(3)
    socket, _ = await wire.open_socket(b64="1")
    await socket.send_str("b4AQIDBA==")
    assert await socket.receive_str() == "b4AQIDBA=="


@pytest.mark.parametrize("body", ["abc", "", "9", b"4\xff\xfe"])
async def test_an_invalid_payload_ends_the_session(wire: Wire, body: Any) -> None:
    sid = (await wire.open_polling())["sid"]
    assert (await wire.post(sid, body, headers={"Content-Type": "text/plain;charset=UTF-8"}))[0] == 400
    assert await wire.event("disconnect") == "parse error"
    assert (await wire.poll(sid))[0] == 400


@pytest.mark.parametrize("content", ["abc", "", "9", "7x"])
async def test_an_invalid_frame_ends_the_session(wire: Wire, content: str) -> None:
    socket, _ = await wire.open_socket()
    await socket.send_str(content)
    assert (await socket.receive()).type is WSMsgType.CLOSE
    assert socket.close_code == 1002
    assert await wire.event("disconnect") == "parse error"
    assert len(wire.engine) == 0


async def test_two_polls_at_once_end_the_session(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    first = asyncio.create_task(wire.poll(sid))
    await poll_arrives(wire, sid)
    assert (await wire.poll(sid))[0] == 400
    assert await first == (200, WORDS[wire.version]["close"])
    assert (await wire.poll(sid))[0] == 400


async def test_two_posts_at_once_end_the_session(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    arrived = asyncio.Event()

    async def trickle() -> Any:
        yield b"4"
        await arrived.wait()
        yield b"x"

    first = asyncio.create_task(wire.post(sid, trickle()))
    session = wire.engine.find(sid)
    await eventually(lambda: session.posting)
    assert (await wire.post(sid, WORDS[wire.version]["hello"]))[0] == 400
    arrived.set()
    await first
    assert (await wire.poll(sid))[0] == 400


async def test_a_client_that_closes_ends_its_poll_with_noop(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    poll = asyncio.create_task(wire.poll(sid))
    await poll_arrives(wire, sid)
    assert await wire.post(sid, WORDS[wire.version]["close"]) == (200, "ok")
    assert await poll == (200, WORDS[wire.version]["noop"])
    assert await wire.event("disconnect") == "client disconnect"
    assert (await wire.poll(sid))[0] == 400


async def test_a_client_that_closes_its_websocket_session_is_gone(wire: Wire) -> None:
    socket, _ = await wire.open_socket()
    await socket.send_str("1")
    assert (await socket.receive()).type is WSMsgType.CLOSE
    assert await wire.event("disconnect") == "client disconnect"


# --- heartbeat ---


async def test_version_4_pings_and_a_pong_keeps_the_session(make_wire: Any) -> None:
    wire = await make_wire(4, ping_interval=0.05, ping_timeout=5)
    socket, _ = await wire.open_socket()
    sid = (await wire.open_polling())["sid"]
    for _ in range(3):
        assert await socket.receive_str(timeout=5) == "2"
        await socket.send_str("3")
        assert await wire.poll(sid) == (200, "2")
        assert await wire.post(sid, "3") == (200, "ok")


async def test_version_3_answers_pings(make_wire: Any) -> None:
    wire = await make_wire(3)
    socket, _ = await wire.open_socket()
    sid = (await wire.open_polling())["sid"]
    for _ in range(3):
        await socket.send_str("2")
        assert await socket.receive_str(timeout=5) == "3"
        assert await wire.post(sid, "1:2") == (200, "ok")
        assert await wire.poll(sid) == (200, "1:3")


@pytest.mark.parametrize(("version", "content"), [(4, "2"), (3, "3")])
async def test_a_heartbeat_in_the_wrong_direction_ends_the_session(make_wire: Any, version: int, content: str) -> None:
    wire = await make_wire(version)
    socket, _ = await wire.open_socket()
    await socket.send_str(content)
    assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE
    sid = (await wire.open_polling())["sid"]
    assert (await wire.post(sid, content if version == 4 else f"1:{content}"))[0] == 400


async def test_silence_ends_the_session_and_its_waiting_poll(make_wire: Any, version: int) -> None:
    wire = await make_wire(version, ping_interval=0.05, ping_timeout=0.05)
    socket, _ = await wire.open_socket()
    while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
        assert message.data == "2"
    assert await wire.event("disconnect") == "ping timeout"
    sid = (await wire.open_polling())["sid"]
    if version == 4:
        assert await wire.poll(sid) == (200, "2")
    assert await wire.poll(sid) == (200, WORDS[version]["close"])
    assert await wire.event("disconnect") == "ping timeout"
    assert (await wire.poll(sid))[0] == 400


async def test_version_3_sessions_live_as_long_as_they_ping(make_wire: Any) -> None:
    """Their time is interval and timeout together, from the last ping on."""
    wire = await make_wire(3, ping_interval=0.05, ping_timeout=0.7)
    socket, opened = await wire.open_socket()
    for _ in range(5):
        await asyncio.sleep(0.25)
        await socket.send_str("2")
        assert await socket.receive_str(timeout=5) == "3"
    assert opened["sid"] in wire.engine


# --- upgrade ---


async def _upgrade(wire: Wire, sid: str) -> Any:
    socket = await wire.socket(sid)
    await socket.send_str("2probe")
    assert await socket.receive_str(timeout=5) == "3probe"
    await socket.send_str("5")
    return socket


async def test_an_upgrade_sends_the_waiting_poll_home_and_goes_on(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    poll = asyncio.create_task(wire.poll(sid))
    await poll_arrives(wire, sid)
    socket = await wire.socket(sid)
    await socket.send_str("2probe")
    assert await socket.receive_str(timeout=5) == "3probe"
    assert await poll == (200, WORDS[wire.version]["noop"])
    assert await wire.poll(sid) == (200, WORDS[wire.version]["noop"])
    await wire.engine.send(sid, "sent meanwhile")
    await socket.send_str("5")
    await socket.send_str("4hello")
    assert await socket.receive_str(timeout=5) == "4sent meanwhile"
    assert await socket.receive_str(timeout=5) == "4hello"
    assert wire.engine.transport(sid) == "websocket"


async def test_after_an_upgrade_no_poll_and_no_second_websocket(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    socket = await _upgrade(wire, sid)
    await socket.send_str("4a")
    assert await socket.receive_str(timeout=5) == "4a"
    assert (await wire.poll(sid))[0] == 400
    assert (await wire.post(sid, WORDS[wire.version]["hello"]))[0] == 400
    second = await wire.socket(sid)
    assert (await second.receive(timeout=5)).type is WSMsgType.CLOSE
    await socket.send_str("4b")
    assert await socket.receive_str(timeout=5) == "4b"


@pytest.mark.parametrize("first", ["4hello", "abc", "2", "5x", None])
async def test_a_websocket_that_does_not_prove_itself_leaves_polling_alone(wire: Wire, first: str | None) -> None:
    sid = (await wire.open_polling())["sid"]
    socket = await wire.socket(sid)
    if first is None:
        await socket.close()
    else:
        await socket.send_str(first)
        assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE
    assert await wire.post(sid, WORDS[wire.version]["hello"]) == (200, "ok")
    assert await wire.poll(sid) == (200, WORDS[wire.version]["hello"])
    await _upgrade(wire, sid)


async def test_an_upgrade_lost_after_its_probe_leaves_polling_alone(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    socket = await wire.socket(sid)
    await socket.send_str("2probe")
    assert await socket.receive_str(timeout=5) == "3probe"
    await wire.engine.send(sid, "hello")
    await socket.close()
    assert await wire.poll(sid) == (200, WORDS[wire.version]["hello"])


@pytest.mark.parametrize("probes", [False, True])
async def test_polls_wait_again_after_an_upgrade_that_died(wire: Wire, *, probes: bool) -> None:
    sid = (await wire.open_polling())["sid"]
    socket = await wire.socket(sid)
    if probes:
        await socket.send_str("2probe")
        assert await socket.receive_str(timeout=5) == "3probe"
    await socket.close()
    poll = asyncio.create_task(wire.poll(sid))
    await poll_arrives(wire, sid)
    await wire.engine.send(sid, "hello")
    assert await poll == (200, WORDS[wire.version]["hello"])


async def test_an_upgrade_must_prove_itself_in_time(make_wire: Any, version: int) -> None:
    wire = await make_wire(version, upgrade_timeout=0.1)
    sid = (await wire.open_polling())["sid"]
    socket = await wire.socket(sid)
    assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE
    await _upgrade(wire, sid)


async def test_only_one_upgrade_tries_at_a_time(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    first = await wire.socket(sid)
    for other in [await wire.socket(sid) for _ in range(3)]:
        assert (await other.receive(timeout=5)).type is WSMsgType.CLOSE
    await eventually(lambda: len(wire.engine._connections) == 1)
    await first.send_str("2probe")
    assert await first.receive_str(timeout=5) == "3probe"
    await first.send_str("5")
    await first.send_str("4a")
    assert await first.receive_str(timeout=5) == "4a"


async def test_an_upgrade_ends_with_its_session(wire: Wire) -> None:
    sid = (await wire.open_polling())["sid"]
    socket = await wire.socket(sid)
    assert await wire.post(sid, WORDS[wire.version]["close"]) == (200, "ok")
    assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE
