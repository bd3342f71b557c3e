"""What Socket.IO's public text asks of a server, on the wire, over both versions of Engine.IO."""

import asyncio
import json
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web
import pytest
from socketio import packet
from socketio.exceptions import ConnectionRefusedError as RefusedError

from custom_components.interphone.api.socketio.packet import SocketIoPacket
from custom_components.interphone.api.socketio.server import SocketIoServer

from .conftest import eventually, send


class App:
    """A server with a handler for each thing a client may do."""

    def __init__(self, sio: SocketIoServer, url: str, http: ClientSession) -> None:
        self.sio = sio
        self.url = f"{url}/socket.io/"
        self.http = http
        self.connected: list[tuple[str, Any]] = []
        self.disconnected: list[tuple[str, str]] = []
        self.received: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        sio.on("connect", self._connect)
        sio.on("connect", self._connect, namespace="/custom")
        sio.on("disconnect", self._disconnect)
        sio.on("message", self._message)
        sio.on("message-with-ack", self._ack)

    async def _connect(self, sid: str, _request: web.Request, auth: Any) -> None:
        if auth and "refuse" in auth:
            raise RefusedError(*auth["refuse"])
        self.connected.append((sid, auth))

    async def _disconnect(self, sid: str, reason: str) -> None:
        self.disconnected.append((sid, reason))

    async def _message(self, sid: str, *args: Any) -> None:
        self.received.put_nowait(args)
        send(self.sio, sid, "message-back", *args)

    async def _ack(self, _sid: str, *args: Any) -> Any:
        return args

    async def open(self, version: int = 4) -> ClientWebSocketResponse:
        """Open a WebSocket and read OPEN."""
        params = {"EIO": str(version), "transport": "websocket"}
        socket = await self.http.ws_connect(self.url, params=params)
        assert (await socket.receive_str(timeout=5))[0] == "0"
        return socket

    async def join(self, packet: str = "40") -> ClientWebSocketResponse:
        """Open a WebSocket and join a namespace."""
        socket = await self.open()
        await socket.send_str(packet)
        assert (await socket.receive_str(timeout=5)).startswith(packet[:2])
        return socket


@pytest.fixture
async def app(make_server: Any, http: ClientSession) -> App:
    sio, url = await make_server()
    return App(sio, url, http)


async def closed(socket: ClientWebSocketResponse) -> bool:
    """Read until the server closes."""
    async with asyncio.timeout(5):
        while (await socket.receive()).type is WSMsgType.TEXT:
            pass
    return socket.closed


# --- connecting ---


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("auth", [None, {"token": "abc"}])
async def test_connect_is_answered_with_an_id(app: App, namespace: str, auth: Any) -> None:
    socket = await app.open()
    await socket.send_str(f"40{namespace}{json.dumps(auth) if auth else ''}")
    answer = await socket.receive_str(timeout=5)
    assert answer.startswith(f"40{namespace}")
    assert [(json.loads(answer.removeprefix(f"40{namespace}"))["sid"], auth)] == app.connected


async def test_connect_needs_no_comma(app: App) -> None:
    socket = await app.open()
    await socket.send_str("40/custom")
    assert (await socket.receive_str(timeout=5)).startswith('40/custom,{"sid":"')


async def test_an_unknown_namespace_is_refused(app: App) -> None:
    socket = await app.open()
    await socket.send_str("40/random")
    assert await socket.receive_str(timeout=5) == '44/random,{"message":"Invalid namespace"}'


async def test_a_refusal_has_message_and_data(app: App) -> None:
    socket = await app.open()
    await socket.send_str('40{"refuse":["no",{"code":1}]}')
    assert await socket.receive_str(timeout=5) == '44{"message":"no","data":{"code":1}}'
    assert app.disconnected == []


async def test_a_refused_client_may_try_again(app: App) -> None:
    socket = await app.open()
    await socket.send_str('40{"refuse":["no"]}')
    assert await socket.receive_str(timeout=5) == '44{"message":"no"}'
    await socket.send_str("40")
    assert (await socket.receive_str(timeout=5)).startswith('40{"sid"')


async def test_a_failing_connect_handler_refuses(app: App) -> None:
    async def fail(*_: Any) -> None:
        raise RuntimeError("secret")

    app.sio.on("connect", fail)
    socket = await app.open()
    await socket.send_str("40")
    assert await socket.receive_str(timeout=5) == '44{"message":"Internal error"}'
    assert list(app.sio.manager.get_participants("/", None)) == []


async def test_no_connect_in_time_closes(make_server: Any, http: ClientSession) -> None:
    sio, url = await make_server(options={"connect_timeout": 0.1})
    app = App(sio, url, http)
    socket = await app.open()
    assert await closed(socket)
    joined = await app.join()
    await joined.send_str("41")
    assert await closed(joined)
    assert app.disconnected == [(app.connected[0][0], "client disconnect")]


@pytest.mark.parametrize("version", [4, 3])
async def test_who_connects_in_time_stays(make_server: Any, http: ClientSession, version: int) -> None:
    sio, url = await make_server(options={"connect_timeout": 0.1})
    app = App(sio, url, http)
    socket = await app.open(version)
    if version == 4:
        await socket.send_str("40")
    assert (await socket.receive_str(timeout=5)).startswith("40")
    late = await app.open()
    assert await closed(late)  # the time is over
    await socket.send_str('42["message",1]')
    assert await socket.receive_str(timeout=5) == '42["message-back",1]'


@pytest.mark.parametrize(
    "packet",
    [
        "4abc",
        "4",
        "47",
        '42["message"]',
        '43["message"]',
        "41",
        '451-["message",{"_placeholder":true,"num":0}]',
        "40[]",
        "40null",
        '40"x"',
        "40{",
        '44{"message":"no"}',
    ],
)
async def test_anything_but_connect_first_closes(app: App, packet: str) -> None:
    socket = await app.open()
    await socket.send_str(packet)
    assert await closed(socket)
    assert socket.close_code == 1002


# --- after connecting ---


async def test_disconnect_leaves_the_namespace_and_not_the_connection(app: App) -> None:
    socket = await app.join()
    await socket.send_str("40/custom")
    await socket.receive_str(timeout=5)
    await socket.send_str("41/custom")
    await socket.send_str('42/custom,["message","unheard"]')
    await socket.send_str('42["message","heard"]')
    assert await socket.receive_str(timeout=5) == '42["message-back","heard"]'


async def test_events_and_acks(app: App) -> None:
    socket = await app.join()
    await socket.send_str('42["message",1,"2",{"3":[true]}]')
    assert await socket.receive_str(timeout=5) == '42["message-back",1,"2",{"3":[true]}]'
    await socket.send_str('42456["message-with-ack",1,"2",{"3":[false]}]')
    assert await socket.receive_str(timeout=5) == '43456[1,"2",{"3":[false]}]'
    await socket.send_str('420["message-with-ack"]')
    assert await socket.receive_str(timeout=5) == "430[]"


def test_an_acknowledgement_without_data_is_an_empty_one() -> None:
    pkt = SocketIoPacket(encoded_packet="31")
    assert (pkt.packet_type, pkt.id, pkt.data) == (packet.ACK, 1, [])


async def test_binary_events_and_acks(app: App) -> None:
    socket = await app.join()
    for head, answer in (("452-", "452-"), ("452-789", "462-789")):
        name = '"message-with-ack",' if "789" in head else '"message",'
        rest = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
        await socket.send_str(f"{head}[{name}{rest}")
        await socket.send_bytes(b"\x01\x02\x03")
        await socket.send_bytes(b"\x04\x05\x06")
        back = "" if "789" in head else '"message-back",'
        assert await socket.receive_str(timeout=5) == f"{answer}[{back}{rest}"
        assert await socket.receive_bytes(timeout=5) == b"\x01\x02\x03"
        assert await socket.receive_bytes(timeout=5) == b"\x04\x05\x06"


async def test_a_binary_event_without_attachments_is_an_event(app: App) -> None:
    socket = await app.join()
    await socket.send_str('450-["message",1]')
    assert await socket.receive_str(timeout=5) == '42["message-back",1]'


@pytest.mark.parametrize(
    "packet",
    [
        "4abc",
        "42{}",
        "42",
        "42[]",
        "42[null]",
        "42[[1]]",
        '42abc["message"]',
        '42["message"',
        '421234567890123456["message"]',
        "43",
        "431null",
        "431{}",
        "41null",
        '43["no id"]',
        "41{}",
        "40",
        f"40/{'n' * 128}",
        '42["message",NaN]',
        '42["message",-Infinity]',
        '42["message",1e999]',
        '42["message","\\ud800"]',
        '451["message"]',
        '421-["message",{"_placeholder":true,"num":0}]',
        '4511-["message",{"_placeholder":true,"num":0}]',
        '459999999999-["message",{"_placeholder":true,"num":0}]',
        '4599999999999-["message",{"_placeholder":true,"num":0}]',
    ],
)
async def test_a_malformed_packet_closes(app: App, packet: str) -> None:
    socket = await app.join()
    await socket.send_str(packet)
    assert await closed(socket)
    assert app.received.empty()


@pytest.mark.parametrize(
    "places",
    [
        [{"_placeholder": True, "num": 1}],
        [{"_placeholder": True, "num": -1}],
        [{"_placeholder": True, "num": "0"}],
        [{"_placeholder": True, "num": [0]}],
        [{"_placeholder": True}],
        [{"_placeholder": True, "num": 0}] * 2,
    ],
)
async def test_a_placeholder_stands_for_one_attachment(app: App, places: list[Any]) -> None:
    socket = await app.join()
    await socket.send_str(f"451-{json.dumps(['message', *places])}")
    await socket.send_bytes(b"x")
    assert await closed(socket)
    assert app.received.empty()


async def test_text_among_attachments_and_bytes_without_packet_close(app: App) -> None:
    socket = await app.join()
    await socket.send_str('451-["message",{"_placeholder":true,"num":0}]')
    await socket.send_str('42["message"]')
    assert await closed(socket)
    socket = await app.join()
    await socket.send_bytes(b"x")
    assert await closed(socket)


@pytest.mark.parametrize(("depth", "heard"), [(30, True), (31, True), (32, False), (1000, False), (20000, False)])
async def test_json_is_at_most_32_levels_deep(app: App, depth: int, *, heard: bool) -> None:
    socket = await app.join()
    await socket.send_str('42["message",' + "[" * depth + "]" * depth + "]")
    if heard:
        assert (await socket.receive_str(timeout=5)).startswith('42["message-back",[')
    else:
        assert await closed(socket)


# --- version 3 ---


async def test_version_3_is_connected_at_once_without_payload(app: App) -> None:
    socket = await app.open(3)
    assert await socket.receive_str(timeout=5) == "40"
    await socket.send_str('42["message",1]')
    assert await socket.receive_str(timeout=5) == '42["message-back",1]'


async def test_version_3_opens_while_the_connect_handler_still_thinks(app: App) -> None:
    decided = asyncio.Event()

    async def think(*_: Any) -> None:
        await decided.wait()

    app.sio.on("connect", think)
    socket = await app.open(3)
    async with app.http.get(app.url, params={"EIO": "3", "transport": "polling"}) as response:
        assert ':0{"sid":' in await response.text()
    decided.set()
    assert await socket.receive_str(timeout=5) == "40"


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (RefusedError("no"), '44"no"'),
        (RefusedError("no", {"code": 1}), '44{"code":1}'),
        (RefusedError(), '44"Connection rejected by server"'),
    ],
)
async def test_version_3_is_told_the_bare_reason(app: App, refusal: RefusedError, said: str) -> None:
    async def refuse(*_: Any) -> None:
        raise refusal

    app.sio.on("connect", refuse)
    socket = await app.open(3)
    assert await socket.receive_str(timeout=5) == said


async def test_version_3_namespaces_bring_credentials_in_their_address(app: App) -> None:
    socket = await app.open(3)
    assert await socket.receive_str(timeout=5) == "40"
    await socket.send_str("40/custom?token=a%20b&x=1,")
    assert await socket.receive_str(timeout=5) == "40/custom,"
    assert app.connected[1][1] == {"token": "a b", "x": "1"}
    await socket.send_str("40/unknown?token=abc,")
    assert await socket.receive_str(timeout=5) == '44/unknown,{"message":"Invalid namespace"}'


async def test_the_id_of_a_version_3_session_is_nobody_elses_business(app: App, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    socket = await app.http.ws_connect(app.url, params={"EIO": "3", "transport": "websocket"})
    engine_sid = json.loads((await socket.receive_str(timeout=5))[1:])["sid"]
    assert await socket.receive_str(timeout=5) == "40"
    await socket.close()
    await eventually(lambda: app.disconnected)
    assert engine_sid not in {app.connected[0][0], app.disconnected[0][0]}
    assert engine_sid not in caplog.text
