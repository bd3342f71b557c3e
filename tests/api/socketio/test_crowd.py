"""Hundreds of websites at once in one home, from several addresses: some never read, some only come and go."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
import json
from typing import Any, override

import pytest

from custom_components.interphone.api.socketio.sessions import Session
from custom_components.interphone.engineio.session import Session as EngineSession

from ...conftest import ORIGIN, Home, Tokens
from ...engineio.conftest import eventually
from ...engineio.crowd import Client, alive, open_sockets

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quiet_log")]

DIARY = "input_text.diary"
# Without its mode, it would be taken for a password.
ATTRIBUTES = {"mode": "text"}


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["input_text"], "sensitive_entities": []}


def sources(each: int = 50) -> Iterator[str]:
    """Yield addresses of this machine, each so often that it stays below what one source may hold."""
    for address in range(2, 250):
        for _ in range(each):
            yield f"127.0.0.{address}"


class Website(Client):
    """A website that notes everything it hears of the feed, in order."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        self.epoch = ""
        self.received: list[tuple[str, int]] = []

    @override
    def take(self, text: str) -> None:
        if not text.startswith("42"):
            super().take(text)
            self.answers.put_nowait(text)
            return
        event, payload = json.loads(text[2:])
        for change in payload.get("changes", ()):
            self.received.append((change["event"], change["payload"]["seq"]))
        self.received.append((event, payload["seq"]))
        if "epoch" in payload:
            self.epoch = payload["epoch"]
            self.answers.put_nowait(event)

    async def enter(self, **data: Any) -> None:
        """Show a token by the event, which clients of every version can."""
        async with asyncio.timeout(10):
            while not (await self.answers.get()).startswith("40"):
                pass
            self.write(f"42{json.dumps(['authenticate', data])}".encode())
            assert await self.answers.get() in ("snapshot", "resume")

    @property
    def numbers(self) -> list[int]:
        """The numbers of the changes it heard of."""
        return [seq for event, seq in self.received if event == "state"]


type OpenWebsite = Callable[..., Awaitable[Website]]


@pytest.fixture
async def tokens(home: Home, caplog: pytest.LogCaptureFixture) -> Tokens:
    # As at home: the loop keeps no stack for every future, and nobody reads a line for each request.
    home.hass.loop.set_debug(False)
    caplog.set_level("WARNING", "aiohttp.access")
    home.hass.states.async_set(DIARY, "", ATTRIBUTES)
    return await home.pair_from_display()


@pytest.fixture
async def open_website(home: Home, tokens: Tokens) -> AsyncGenerator[OpenWebsite]:
    """Let a website in: `website = await open_website(3, source="127.0.0.2", since={…})`."""
    websites: list[Website] = []

    async def open_website(
        version: int = 4, *, source: str = "127.0.0.1", since: dict[str, Any] | None = None
    ) -> Website:
        website = await Website.open(str(home.client.make_url("")), version, source=source)
        websites.append(website)
        await website.enter(token=tokens.token, since=since)
        return website

    yield open_website
    for website in websites:
        website.transport.abort()
    await asyncio.gather(*(website.gone for website in websites))


async def write_diary(home: Home, page: int) -> None:
    """Make a change, as large as an entity's state can be, in a turn of the loop of its own."""
    home.hass.states.async_set(DIARY, f"{page:0255}", ATTRIBUTES)
    await asyncio.sleep(0)


async def test_two_hundred_that_never_read_cost_two_hundred_others_nothing(
    home: Home, open_website: OpenWebsite
) -> None:
    addresses = sources()
    stalled = [await open_website(4 - number % 2, source=next(addresses)) for number in range(200)]
    readers = [await open_website(4 - number % 2, source=next(addresses)) for number in range(200)]
    for website in stalled:
        website.transport.pause_reading()
    [(_, begun)] = readers[0].received
    # More than the kernel takes for one of them, and more than may wait after that.
    expected = range(begun + 1, begun + 1 + 1500)
    for page in expected:
        await write_diary(home, page)
        if page % 20 == 0:  # readers and home share this processor
            await eventually(lambda: all(website.numbers[-1:] == [page] for website in readers[::50]))  # noqa: B023 - waited for here
    await eventually(lambda: all(website.received[-1] == ("state", expected[-1]) for website in readers))
    for website in readers:
        assert website.received[1:] == [("state", seq) for seq in expected]
    # The stalled were closed, each of them; what they received was whole and in order, and they may come for the rest.
    for website in stalled:
        website.transport.resume_reading()
    async with asyncio.timeout(10):
        await asyncio.gather(*(website.gone for website in stalled))
    for website in stalled:
        assert website.received[1:] == [("state", seq) for seq in expected[: len(website.numbers)]]
        assert len(website.numbers) < len(expected)
    again = await open_website(since={"epoch": stalled[0].epoch, "seq": stalled[0].numbers[-1]})
    assert again.received[-1] == ("resume", expected[-1])
    assert stalled[0].numbers + again.numbers == list(expected)
    assert not any(website.gone.done() for website in readers)


async def test_who_only_comes_and_goes_leaves_nothing_behind(home: Home, tokens: Tokens) -> None:
    url = str(home.client.make_url(""))
    bearer = f"Authorization: Bearer {tokens.token}\r\n"
    authenticate = b'42["authenticate",{"token":"x"}]'

    async def come_and_go(number: int, source: str) -> None:
        version = 4 - number % 2
        kind = number // 2 % 6
        website = await Website.open(url, version, source=source, headers=bearer if kind in (0, 1) else "")
        if kind == 0:
            await eventually(lambda: website.received)  # in
        elif kind == 2:
            await website.enter(token=tokens.token)
        elif kind == 3:
            await eventually(lambda: website.joined)  # without a token
        elif kind == 4:
            await eventually(lambda: website.joined)
            website.write(authenticate)
        website.transport.abort()
        await website.gone

    async def all_come_and_go(count: int) -> None:
        addresses = sources()
        for first in range(0, count, 24):
            await asyncio.gather(*(come_and_go(first + number, next(addresses)) for number in range(24)))
        await eventually(lambda: not alive(EngineSession, Session))

    def timers() -> int:
        return sum(not handle.cancelled() for handle in home.hass.loop._scheduled)  # nobody else knows

    await all_come_and_go(48)
    sockets, tasks, waiting = open_sockets(), len(asyncio.all_tasks()), timers()
    await all_come_and_go(960)
    assert open_sockets() <= sockets
    assert len(asyncio.all_tasks()) <= tasks
    assert timers() <= waiting + 1
