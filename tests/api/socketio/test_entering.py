"""The beginning of a session: a snapshot or a resume comes first, and then every change, once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
import json
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector
from homeassistant.core import ServiceCall, callback
import pytest

from custom_components.interphone.engineio.ready import ReadyMade
from custom_components.interphone.engineio.settings import QUEUE_SIZE, SESSIONS_PER_SOURCE, SESSIONS_UNAUTHENTICATED

from ...conftest import ORIGIN, Connect, Home, Tokens
from ...engineio.crowd import alive

pytestmark = pytest.mark.usefixtures("quiet_log")

LIGHT = "light.bed_light"


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light", "select"], "sensitive_entities": []}


def switch(home: Home, state: str) -> None:
    home.hass.states.async_set(LIGHT, state, home.hass.states.get(LIGHT).attributes)


class RawSocket:
    """A Socket.IO client of which every packet is seen as it is."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, packet: str, data: Any = None) -> None:
        await self.socket.send_str(f"4{packet}{'' if data is None else json.dumps(data)}")

    async def next(self) -> str:
        """Return the next Socket.IO packet."""
        text = await self.socket.receive_str(timeout=5)
        assert text[0] == "4"
        return text[1:]

    async def event(self, name: str) -> Any:
        """Return what came with the next packet, which must be this event."""
        packet = await self.next()
        assert packet.startswith(f'2["{name}",'), packet
        return json.loads(packet[1:])[1]

    async def join(self, auth: Any = None) -> None:
        await self.send("0", auth)
        assert (await self.next()).startswith('0{"sid":')


type Open = Callable[[], Awaitable[RawSocket]]


@pytest.fixture
async def open_socket(home: Home) -> AsyncGenerator[Open]:
    """Open a WebSocket that has joined nothing yet."""
    sockets: list[ClientWebSocketResponse] = []

    async def open_socket() -> RawSocket:
        socket = await home.client.session.ws_connect(home.client.make_url("/socket.io/?EIO=4&transport=websocket"))
        sockets.append(socket)
        assert (await socket.receive_str(timeout=5))[0] == "0"
        return RawSocket(socket)

    yield open_socket
    for socket in sockets:
        await socket.close()


# --- what comes first ---


@pytest.mark.parametrize("resuming", [False, True])
async def test_a_change_in_the_turn_of_the_admission_arrives_once(
    home: Home, open_socket: Open, tokens: Tokens, *, resuming: bool
) -> None:
    @callback
    def turn(call: ServiceCall) -> None:
        home.hass.states.async_set(LIGHT, call.service.removeprefix("turn_"), home.hass.states.get(LIGHT).attributes)

    for service in ("turn_on", "turn_off"):
        home.hass.services.async_register("light", service, turn)
    switch(home, "off")
    light = (await home.device(tokens))["id"]
    inside, website = await open_socket(), await open_socket()
    await inside.join({"token": tokens.token})
    before = await inside.event("snapshot")
    command = {"id": "1", "device": light, "command": "on_off.set", "params": {"on": True}}
    since = {"since": {"epoch": before["epoch"], "seq": before["seq"]}} if resuming else {}
    # Both arrive at once, so that the light goes on between the admission and the entering.
    await website.send("0", {"token": tokens.token, **since})
    await inside.send("2", ["command", command])
    assert (await website.next()).startswith("0{")
    if resuming:
        resumed = await website.event("resume")
        [missed] = resumed["changes"]
        assert missed["payload"]["state"]["on_off"] == {"on": True}
        assert missed["payload"]["seq"] == resumed["seq"] == before["seq"] + 1
    else:
        snapshot = await website.event("snapshot")
        assert snapshot["seq"] == before["seq"] + 1
        [on] = [device for device in snapshot["devices"] if device["id"] == light]
        assert on["state"]["on_off"] == {"on": True}
    switch(home, "off")
    after = await website.event("state")
    assert (after["seq"], after["state"]["on_off"]) == (before["seq"] + 2, {"on": False})
    assert [(await inside.event("state"))["seq"] for _ in range(2)] == [before["seq"] + 1, before["seq"] + 2]


async def test_sessions_that_join_at_the_same_position_receive_the_same(
    home: Home, open_socket: Open, tokens: Tokens
) -> None:
    async def enter(tokens: Tokens) -> str:
        website = await open_socket()
        await website.join({"token": tokens.token})
        return await website.next()

    narrow = await home.pair_from_display()
    light = (await home.device(tokens))["id"]
    await home.command("grants/update", grant_id=narrow.grant_id, scope={"devices": [light]})
    switch(home, "off")
    for state in ("off", "on", "off"):
        switch(home, state)
        first = await enter(tokens)
        assert first == await enter(tokens)
        devices = json.loads(first[1:])[1]["devices"]
        assert len(devices) > 1
        [of_narrow] = json.loads((await enter(narrow))[1:])[1]["devices"]
        assert of_narrow == next(device for device in devices if device["id"] == light)
        assert of_narrow["state"]["on_off"] == {"on": state == "on"}
        assert await enter(tokens) == first


async def test_many_that_enter_at_once_have_one_snapshot_made(home: Home, tokens: Tokens) -> None:
    async def enter() -> str:
        """Enter over polling, and do not fetch what there is."""
        address = "/socket.io/?EIO=4&transport=polling"
        async with home.client.get(address) as answer:
            sid = json.loads((await answer.text())[1:])["sid"]
        address += f"&sid={sid}"
        async with home.client.post(address, data="40" + json.dumps({"token": tokens.token})) as answer:
            assert await answer.text() == "ok"
        return address

    addresses = [await enter() for _ in range(20)]
    await asyncio.sleep(0)  # the last of them enters in the turn after its admission
    begin = f'2["snapshot",{{"epoch":"{home.entry.runtime_data.feed.epoch}"'
    waiting = [item for item in alive(ReadyMade) if str(item.packet.data).startswith(begin)]
    assert len(waiting) == 1
    for address in addresses:
        async with home.client.get(address) as answer:
            _, snapshot = (await answer.text()).split("\x1e")
        assert snapshot == f"4{waiting[0].packet.data}"


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_the_snapshot_of_a_large_home_arrives(
    home: Home, connect: Connect, tokens: Tokens, transport: str
) -> None:
    for number in range(20):
        options = [f"{option:0200}" for option in range(350)]
        home.hass.states.async_set(f"select.scene_{number}", options[number], {"options": options})
    website = await connect(tokens.token, transports=[transport])
    snapshot = await website.receive("snapshot")
    assert len(json.dumps(snapshot)) > QUEUE_SIZE
    switch(home, "on")
    assert (await website.receive("state"))["seq"] == snapshot["seq"] + 1


# --- sessions without a token ---


@pytest.fixture
def authentication(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time in which a session must authenticate, shortened; long enough for what a test does within them."""
    monkeypatch.setattr("custom_components.interphone.api.socketio.admission.AUTHENTICATE_TIMEOUT", 0.5)


async def closed_for_no_token(session: RawSocket) -> None:
    """Wait until a session is closed because it has no token."""
    assert await session.event("revoked") == {"reason": "missing_token"}


@pytest.mark.usefixtures("authentication")
async def test_leaving_and_coming_back_wins_no_time(open_socket: Open) -> None:
    clock, dodger = await open_socket(), await open_socket()
    await clock.join()
    await dodger.join()
    await dodger.send("1")
    await closed_for_no_token(clock)
    newcomer = await open_socket()
    await newcomer.join()
    await dodger.join()
    await closed_for_no_token(dodger)
    # One that came before it did is here still.
    await newcomer.send("21", ["authenticate", {"token": "x"}])
    assert (await newcomer.next()).startswith('31[{"success":false,"error":"invalid_token"')


@pytest.mark.usefixtures("authentication")
async def test_a_website_that_comes_back_may_show_its_token_in_time(open_socket: Open, tokens: Tokens) -> None:
    websites = [await open_socket() for _ in range(2)]
    for website in websites:
        await website.join({"token": tokens.token})
        await website.event("snapshot")
        await website.send("1")
    clock = await open_socket()
    await clock.join()
    await closed_for_no_token(clock)
    for website in websites:
        await website.join()
    await websites[0].send("21", ["authenticate", {"token": tokens.token}])
    assert await websites[0].next() == '31[{"success":true}]'
    await websites[0].event("snapshot")
    # A session that does not present it is like any other.
    await closed_for_no_token(websites[1])
    await websites[0].send("22", ["command", {}])
    assert '"error":"invalid_request"' in await websites[0].next()


async def test_two_crowds_without_tokens_lock_no_website_out(home: Home, connect: Connect, tokens: Tokens) -> None:
    async def crowd(source: str) -> None:
        async with ClientSession(connector=TCPConnector(local_addr=(source, 0))) as http:
            for _ in range(SESSIONS_PER_SOURCE):
                async with http.get(home.client.make_url("/socket.io/?EIO=4&transport=polling")) as answer:
                    assert answer.status == 200

    assert 2 * SESSIONS_PER_SOURCE == SESSIONS_UNAUTHENTICATED
    for source in ("127.0.0.2", "127.0.0.3"):
        await crowd(source)
    for transport in ("websocket", "polling"):
        website = await connect(tokens.token, transports=[transport])
        await website.receive("snapshot")
