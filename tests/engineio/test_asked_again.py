"""A request that comes twice with one mark in its address: the client's HTTP stack lost the answer and asks anew."""

from typing import Any


async def test_a_poll_asked_again_is_answered_alike(make_wire: Any, version: int) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    for number in range(3):
        await wire.engine.send(sid, f"told {number}")
    first = await wire.poll(sid, params={"t": "a"})
    await wire.engine.send(sid, "told later")
    assert await wire.poll(sid, params={"t": "a"}) == first
    status, later = await wire.poll(sid, params={"t": "b"})
    assert status == 200
    assert later.endswith("told later")


async def test_a_post_sent_again_is_taken_once(make_wire: Any, version: int) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    for mark, text in (("a", "one"), ("a", "one"), ("b", "two")):
        body = f"4{text}" if version == 4 else f"4:4{text}"
        assert await wire.post(sid, body, params={"t": mark}) == (200, "ok")
    assert [await wire.event("message") for _ in range(2)] == ["one", "two"]


async def test_polls_without_a_mark_are_all_new(make_wire: Any, version: int) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    for text in ("one", "two"):
        await wire.engine.send(sid, text)
        status, told = await wire.poll(sid)
        assert status == 200
        assert told.endswith(text)
