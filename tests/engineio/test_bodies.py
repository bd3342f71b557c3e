"""Bodies of polling requests that are not what their headers say."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
import json
import logging

import pytest

from .conftest import Wire

type MakeWire = Callable[..., Awaitable[Wire]]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """A client's mistake is not logged as the home's."""
    caplog.set_level(logging.DEBUG)
    yield
    records = caplog.get_records("call")
    assert not [record for record in records if record.levelno > logging.DEBUG and record.name != "asyncio"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_ends_the_session(
    make_wire: MakeWire, version: int, encoding: str
) -> None:
    wire = await make_wire(version)
    sid = (await wire.open_polling())["sid"]
    async with asyncio.timeout(5):
        status, body = await wire.post(sid, b"garbage", headers={"Content-Encoding": encoding})
        assert (status, json.loads(body)) == (400, {"code": 3, "message": "Bad request"})
        # Not over that connection: whatever came over it would be taken for more of the body.
        assert (await wire.poll(sid))[0] == 400
    assert await wire.event("disconnect") == "transport error"
