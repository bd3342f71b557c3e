"""Many changes in one turn of the loop: one write a session, everything once, in order, for each what it may see."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
import json
import os
from typing import Any
from unittest.mock import patch

from aiohttp import ClientWebSocketResponse
from homeassistant.core import ServiceCall, callback
import pytest

from custom_components.interphone.engineio.session import Session as EngineSession

from ...conftest import ORIGIN, Connect, Home, Tokens, enter
from ...engineio.crowd import alive

pytestmark = pytest.mark.usefixtures("quiet_log")

COUNT = 120
LIGHTS = [f"light.of_many_{number}" for number in range(COUNT)]


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": []}


@pytest.fixture
async def many(home: Home) -> list[str]:
    """The ids of many lights, in the order in which a storm changes them."""
    storm(home, "off")
    await home.hass.async_block_till_done()
    tokens = await home.pair_from_display()
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    ids = {device["name"]: device["id"] for device in body["devices"]}
    return [ids[entity_id.removeprefix("light.")] for entity_id in LIGHTS]


def storm(home: Home, state: str) -> None:
    """Change all of them in one turn."""
    for entity_id in LIGHTS:
        attributes = {"friendly_name": entity_id.removeprefix("light."), "supported_color_modes": ["onoff"]}
        home.hass.states.async_set(entity_id, state, attributes)


@pytest.fixture
def written() -> Iterator[list[bytes]]:
    """What goes to the descriptors of sockets from here on, a write each; the system call still happens."""
    writes: list[bytes] = []
    write = os.write

    def record(descriptor: int, data: bytes) -> int:
        if data[:1] in b"\x81\x82":
            writes.append(bytes(data))
        return write(descriptor, data)

    with patch("os.write", record):
        yield writes


async def test_a_storm_is_one_write_for_each_session(
    home: Home, connect: Connect, tokens: Tokens, many: list[str], written: list[bytes]
) -> None:
    other = await home.pair_from_display()
    websites = [await enter(connect, who, transports=["websocket"]) for who in (tokens, tokens, other)]
    written.clear()
    storm(home, "on")
    await asyncio.sleep(0)
    assert len(written) == 3
    assert written[0] == written[1] == written[2]
    for website, snapshot in websites:
        for step, device_id in enumerate(many, 1):
            pushed = await website.receive("state")
            assert (pushed["seq"], pushed["id"]) == (snapshot["seq"] + step, device_id)
            assert pushed["state"] == {"on_off": {"on": True}}


async def test_a_storm_by_polling(connect: Connect, home: Home, tokens: Tokens, many: list[str]) -> None:
    website, snapshot = await enter(connect, tokens, transports=["polling"])
    storm(home, "on")
    for step, device_id in enumerate(many, 1):
        pushed = await website.receive("state")
        assert (pushed["seq"], pushed["id"]) == (snapshot["seq"] + step, device_id)


async def test_ten_scopes_see_their_own(home: Home, connect: Connect, many: list[str]) -> None:
    websites = []
    for number in range(10):
        sees = [device_id for place, device_id in enumerate(many) if place % 10 != number]
        tokens = await home.pair_from_display()
        await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": sees})
        websites.append((sees, *await enter(connect, tokens)))
    storm(home, "on")
    for sees, website, snapshot in websites:
        assert {device["id"] for device in snapshot["devices"]} == set(sees)
        pushes = [await website.receive("state") for _ in sees]
        assert [pushed["id"] for pushed in pushes] == sees
        assert [pushed["seq"] for pushed in pushes] == [snapshot["seq"] + many.index(each) + 1 for each in sees]


async def test_resuming_from_within_a_batch(home: Home, connect: Connect, tokens: Tokens, many: list[str]) -> None:
    """A line may break after any byte of a write."""
    website, snapshot = await enter(connect, tokens)
    storm(home, "on")
    for _ in range(50):
        last = await website.receive("state")
    await website.client.disconnect()
    since = {"epoch": snapshot["epoch"], "seq": last["seq"]}
    again = await connect(auth={"token": tokens.token, "since": since})
    resume = await again.receive("resume")
    assert [change["payload"]["id"] for change in resume["changes"]] == many[50:]
    assert resume["seq"] == last["seq"] + len(many) - 50
    storm(home, "off")
    assert (await again.receive("state"))["seq"] == resume["seq"] + 1


async def test_one_that_cannot_be_written_to_keeps_nothing_from_the_others(
    home: Home, connect: Connect, tokens: Tokens, many: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    others = [await enter(connect, tokens) for _ in range(3)]
    broken = alive(EngineSession)[1]
    broken.form = None  # no frame can be made for it
    storm(home, "on")
    received = []
    for website, _ in others:
        name, payload = await website.next()
        received.append(name)
        if name == "state":
            assert [payload["id"], *[(await website.receive("state"))["id"] for _ in many[1:]]] == many
    assert sorted(received) == ["closed", "state", "state"]
    assert caplog.text.count("Writing to a session failed") == 1
    caplog.clear()


class RawSocket:
    """A Socket.IO client of which every packet is seen as it is."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> str:
        """Return the next Socket.IO packet."""
        return (await self.socket.receive_str(timeout=5))[1:]


type Join = Callable[[Tokens], Awaitable[RawSocket]]


@pytest.fixture
async def join(home: Home) -> AsyncGenerator[Join]:
    """Open a WebSocket that has its snapshot."""
    sockets: list[ClientWebSocketResponse] = []

    async def join(tokens: Tokens) -> RawSocket:
        socket = await home.client.session.ws_connect(home.client.make_url("/socket.io/?EIO=4&transport=websocket"))
        sockets.append(socket)
        await socket.receive_str(timeout=5)
        await socket.send_str("40" + json.dumps({"token": tokens.token}))
        website = RawSocket(socket)
        while not (await website.next()).startswith('2["snapshot"'):
            pass
        return website

    yield join
    for socket in sockets:
        await socket.close()


def command(number: int, device_id: str) -> str:
    envelope = {"id": str(number), "device": device_id, "command": "on_off.set", "params": {"on": True}}
    return f"42{number}" + json.dumps(["command", envelope])


def obey_at_once(home: Home) -> None:
    """Have the lights do what they are called for before the call returns."""

    @callback
    def turn_on(call: ServiceCall) -> None:
        entity_id = call.data["entity_id"]
        home.hass.states.async_set(entity_id, "on", home.hass.states.get(entity_id).attributes)

    home.hass.services.async_register("light", "turn_on", turn_on)


async def test_an_ack_comes_before_the_change_of_its_turn(
    home: Home, join: Join, tokens: Tokens, many: list[str], written: list[bytes]
) -> None:
    """The ack brings the state itself. Both leave in one write."""
    obey_at_once(home)
    website = await join(tokens)
    written.clear()
    await website.socket.send_str(command(1, many[0]))
    ack, change = await website.next(), await website.next()
    assert ack.startswith('31[{"id":"1","status":"confirmed"')
    assert change.startswith('2["state"')
    assert len(written) == 1


async def test_many_acks_join_the_changes_of_their_turn(
    home: Home, join: Join, tokens: Tokens, many: list[str], written: list[bytes]
) -> None:
    """In the order of the commands; another session gets the changes in one write of its own."""
    obey_at_once(home)
    website, other = await join(tokens), await join(await home.pair_from_display())
    written.clear()
    # One segment, so that all are read in one turn. What is refused, acked without a change, is no exception.
    frames = [command(number, device_id) for number, device_id in enumerate(many[:20])]
    frames.insert(0, command(99, "of nobody"))
    website.socket._response.connection.transport.write(b"".join(map(masked, frames)))
    packets = [await website.next() for _ in range(41)]
    acks, changes = packets[:21], packets[21:]
    assert [ack.partition("[")[0] for ack in acks] == ["399", *(f"3{number}" for number in range(20))]
    assert [json.loads(packet[1:])[1]["id"] for packet in changes] == many[:20]
    assert [json.loads((await other.next())[1:])[1]["id"] for _ in range(20)] == many[:20]
    assert len(written) == 2


def masked(text: str) -> bytes:
    """A client's frame, masked with zeros."""
    content = text.encode()
    return b"\x81\xfe" + len(content).to_bytes(2) + bytes(4) + content
