"""What one turn of the loop writes to a session leaves together: in order, bounded, and whatever others' writes do."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
import os
from unittest.mock import patch

from aiohttp import ClientWebSocketResponse
import pytest

from custom_components.interphone.engineio import codec3, codec4
from custom_components.interphone.engineio.packet import Form
from custom_components.interphone.engineio.ready import BATCH_PORTION, ReadyMade
from custom_components.interphone.engineio.session import Session

from .conftest import RawSocket, Wire, eventually

type MakeWire = Callable[..., Awaitable[Wire]]


def messages(*texts: str) -> list[ReadyMade]:
    return [ReadyMade.message(text) for text in texts]


def session_of(wire: Wire, sid: str) -> Session:
    session = wire.engine.find(sid)
    assert session is not None
    return session


def packets(wire: Wire, body: str) -> list[str]:
    """What the messages of a poll's answer hold."""
    codec = codec4 if wire.version == 4 else codec3
    return [str(packet.data) for packet in codec.decode_payload(body.encode(), binary=False, most=64)]


async def read(client: ClientWebSocketResponse, count: int) -> list[str]:
    return [(await client.receive_str(timeout=5))[1:] for _ in range(count)]


async def open_stalled(wire: Wire) -> tuple[RawSocket, Session]:
    """Open a session whose client reads only when asked."""
    raw = await RawSocket.open(wire.url, wire.version)
    while (event := await wire.events.get())[0] != "connect":
        pass
    return raw, session_of(wire, event[1])


@pytest.fixture
def written() -> Iterator[list[bytes]]:
    """What goes to the descriptors of sockets from here on, a write each."""
    writes: list[bytes] = []
    write = os.write

    def record(descriptor: int, data: bytes) -> int:
        if data[:1] in b"\x81\x82":
            writes.append(bytes(data))
        return write(descriptor, data)

    # The system call itself is what is counted; it still happens.
    with patch("os.write", record):
        yield writes


@pytest.mark.parametrize("version", [3, 4])
async def test_a_batch_is_one_write_for_each_session(make_wire: MakeWire, version: int, written: list[bytes]) -> None:
    wire = await make_wire(version)
    clients = [await wire.open_socket() for _ in range(3)]
    sessions = [session_of(wire, opened["sid"]) for _, opened in clients]
    texts = [f"change {number}" for number in range(600)]
    written.clear()
    wire.engine.broadcast(sessions, messages(*texts))
    assert len(written) == 3
    for client, _ in clients:
        assert await read(client, 600) == texts


async def test_bytes_in_a_batch_keep_their_place(make_wire: MakeWire) -> None:
    wire = await make_wire()
    client, opened = await wire.open_socket()
    session = session_of(wire, opened["sid"])
    wire.engine.broadcast([session], [*messages("a"), ReadyMade.message(b"\x00\x01"), *messages("b")])
    assert await client.receive_str(timeout=5) == "4a"
    assert await client.receive_bytes(timeout=5) == b"\x00\x01"
    assert await client.receive_str(timeout=5) == "4b"


async def test_a_large_batch_goes_in_portions(make_wire: MakeWire, written: list[bytes]) -> None:
    """So a client that reads nothing holds no more than a portion outside its bounded queue."""
    wire = await make_wire(queue_packets=10_000, queue_size=10_000_000)
    _, stalled = await open_stalled(wire)
    client, opened = await wire.open_socket()
    texts = [f"{number:05}" + "x" * 1000 for number in range(3000)]
    written.clear()
    reading = asyncio.create_task(read(client, len(texts)))
    wire.engine.broadcast([stalled, session_of(wire, opened["sid"])], messages(*texts))
    assert max(map(len, written)) < BATCH_PORTION + 2000
    assert await reading == texts
    assert stalled.ended is None
    assert stalled._outbox.size > 1_000_000


async def test_who_does_not_read_is_cut_at_the_size(make_wire: MakeWire) -> None:
    wire = await make_wire(queue_packets=10_000, queue_size=1_000_000)
    _, stalled = await open_stalled(wire)
    client, opened = await wire.open_socket()
    session = session_of(wire, opened["sid"])
    sent = 0
    while stalled.ended is None:
        wire.engine.broadcast([stalled, session], messages(*("x" * 1000 for _ in range(100))))
        sent += 100
        await read(client, 100)
        # What one portion and the kernel's buffers hold comes on top.
        assert sent * 1000 < 8_000_000
    assert stalled.ended == "too_slow"
    assert session.ended is None


async def test_one_batch_alone_over_the_size_cuts_who_does_not_read(make_wire: MakeWire) -> None:
    wire = await make_wire(queue_packets=10_000, queue_size=100_000)
    _, stalled = await open_stalled(wire)
    wire.engine.broadcast([stalled], messages(*("x" * 1000 for _ in range(8000))))
    assert stalled.ended == "too_slow"


@pytest.mark.parametrize("version", [3, 4])
async def test_a_batch_of_more_packets_than_may_wait_reaches_a_poll(make_wire: MakeWire, version: int) -> None:
    """A client that polls has had no time to fetch the first when the last is written; the next turn it has."""
    wire = await make_wire(version, queue_packets=20)
    sid = (await wire.open_polling())["sid"]
    session = session_of(wire, sid)
    texts = [f"change {number}" for number in range(50)]
    wire.engine.broadcast([session], messages(*texts))
    got: list[str] = []
    while len(got) < 50:
        status, body = await wire.poll(sid)
        assert status == 200
        got += packets(wire, body)
    assert got == texts
    wire.engine.broadcast([session], messages(*texts))
    wire.engine.broadcast([session], messages("one more"))
    assert session.ended == "too_slow"


async def test_a_waiting_poll_is_woken_once(make_wire: MakeWire) -> None:
    wire = await make_wire()
    sid = (await wire.open_polling())["sid"]
    session = session_of(wire, sid)
    poll = asyncio.create_task(wire.poll(sid))
    await eventually(lambda: session.polled)
    session.write_later(messages("ack")[0])
    wire.engine.broadcast([session], messages(*(f"change {number}" for number in range(5))))
    status, body = await poll
    assert status == 200
    assert packets(wire, body) == ["ack", *(f"change {number}" for number in range(5))]


async def test_what_is_written_later_joins_the_batch(make_wire: MakeWire, written: list[bytes]) -> None:
    wire = await make_wire()
    client, opened = await wire.open_socket()
    session = session_of(wire, opened["sid"])
    written.clear()
    for text in ("ack 1", "ack 2"):
        assert wire.engine.write_later(session.sid, *messages(text))
    assert not written
    wire.engine.broadcast([session], messages("change 1", "change 2"))
    assert len(written) == 1
    assert await read(client, 4) == ["ack 1", "ack 2", "change 1", "change 2"]


@pytest.mark.parametrize("changes", [["change"], ["change 1", "change 2"]])
async def test_whoever_waits_for_the_end_of_the_turn_is_written_to_first(
    make_wire: MakeWire, written: list[bytes], changes: list[str]
) -> None:
    """An acknowledgement does not wait until everybody else has been written to."""
    wire = await make_wire()
    clients = [await wire.open_socket() for _ in range(3)]
    sessions = [session_of(wire, opened["sid"]) for _, opened in clients]
    sessions[2].write_later(*messages("ack"))
    written.clear()
    wire.engine.broadcast(sessions, messages(*changes))
    assert b"ack" in written[0]
    assert not any(b"ack" in frames for frames in written[1:])
    assert len(written) == 3
    for (client, _), texts in zip(clients, [changes, changes, ["ack", *changes]], strict=True):
        assert await read(client, len(texts)) == texts


async def test_what_is_written_later_goes_out_by_itself(make_wire: MakeWire, written: list[bytes]) -> None:
    """All of a turn in one write, also what was written meanwhile, and everything after it in order."""
    wire = await make_wire()
    client, opened = await wire.open_socket()
    session = session_of(wire, opened["sid"])
    written.clear()
    session.write_later(*messages("ack"))
    session.write(*messages("change"))
    session.write_later(*messages("ack 2"))
    await asyncio.sleep(0)
    assert len(written) == 1
    session.write(*messages("another"))
    assert len(written) == 2
    assert await read(client, 4) == ["ack", "change", "ack 2", "another"]


async def test_a_turn_with_much_to_say_is_not_taken_for_a_slow_client(make_wire: MakeWire) -> None:
    wire = await make_wire(queue_packets=10)
    client, opened = await wire.open_socket()
    session = session_of(wire, opened["sid"])
    texts = [f"ack {number}" for number in range(100)]
    for item in messages(*texts):
        assert session.write_later(item)
    assert await read(client, 100) == texts


async def test_what_is_written_later_is_not_lost_at_the_end(make_wire: MakeWire) -> None:
    wire = await make_wire()
    client, opened = await wire.open_socket()
    session = session_of(wire, opened["sid"])
    session.write_later(*messages("ack"))
    wire.engine.close(session.sid, "enough")
    assert not session.write_later(*messages("too late"))
    assert await read(client, 1) == ["ack"]
    assert (await client.receive(timeout=5)).data == 1000
    assert not session.write(*messages("far too late"))


async def test_what_is_written_later_waits_behind_what_waits_already(make_wire: MakeWire) -> None:
    wire = await make_wire(queue_packets=10_000, queue_size=10_000_000)
    raw, stalled = await open_stalled(wire)
    texts = [f"{number:05}" + "x" * 1000 for number in range(5000)]
    wire.engine.broadcast([stalled], messages(*texts))
    stalled.write_later(*messages("ack"))
    wire.engine.broadcast([stalled], messages("change", "last"))
    got = [(await raw.read_frame()).decode()[1:] for _ in range(len(texts) + 3)]
    assert got == [*texts, "ack", "change", "last"]


class WithoutVersion3(ReadyMade):
    """A packet of bytes that cannot be framed for version 3."""

    def frame(self, form: Form) -> bytes:
        if form is not Form.V4:
            raise ValueError("no frame for this version")
        return super().frame(form)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_failing_write_stops_nobody_else(
    make_wire: MakeWire, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await make_wire()
    clients = [await wire.open_socket(EIO=version) for version in ("4", "3", "4")]
    sessions = [session_of(wire, opened["sid"]) for _, opened in clients]
    texts = [b"change %d" % number for number in range(count)]
    wire.engine.broadcast(sessions, [WithoutVersion3.message(text) for text in texts])
    for number in (0, 2):
        assert [await clients[number][0].receive_bytes(timeout=5) for _ in texts] == texts
    assert [session.ended for session in sessions] == [None, "transport error", None]
    assert [record.message for record in caplog.records] == ["Writing to a session failed"]


async def test_a_failing_flush_stops_nobody_else(make_wire: MakeWire) -> None:
    wire = await make_wire()
    clients = [await wire.open_socket(EIO=version) for version in ("3", "4")]
    sessions = [session_of(wire, opened["sid"]) for _, opened in clients]
    for session in sessions:
        session.write_later(WithoutVersion3.message(b"ack"))
    assert await clients[1][0].receive_bytes(timeout=5) == b"ack"
    assert [session.ended for session in sessions] == ["transport error", None]
