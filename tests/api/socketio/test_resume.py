"""Every client, over every transport, dropped at random and resumed: nothing lost, nothing doubled."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
import json
from random import Random
import sys
from typing import Any

from homeassistant.setup import async_setup_component
import pytest

from ...conftest import Home, Tokens
from .clients.javascript import installed_node, start_process
from .cutter import Cutter
from .following import Chapter, Follower

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quiet_log")]

SEED = 20261124
NUMBERS = tuple(f"number_{number}" for number in range(6))
CLIENTS = ("1", "2", "3", "4", "python")
WAYS = ("polling", "websocket", "upgrade")
# How often each follower must have come back.
RETURNS = 6
# How many changes the slowest may be behind.
LAG = 200
TIMEOUT = 90
# How many changes the home keeps: more than that, and fewer than are missed now and then.
ALL, LITTLE = 4096, 12

type Processes = list[asyncio.subprocess.Process]


@pytest.fixture
def options(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "domains": ["input_number"]}


class Story:
    """The home whose devices change, and the followers that receive the changes."""

    def __init__(self, home: Home, grants: tuple[Tokens, ...]) -> None:
        self.home = home
        self.grants = grants
        self.chapters: dict[str, Chapter] = {}
        self.chapter = Chapter(0, {})
        self.followers: dict[str, Follower] = {}
        self.progress = asyncio.Condition()
        # Held while the integration reloads: no feed is valid.
        self.turning = asyncio.Lock()
        self.random = Random(SEED)  # noqa: S311 - no secret
        self.devices: dict[str, str] = {}
        self.scopes: dict[str, frozenset[str]] = {}

    async def begin(self) -> None:
        """Begin a chapter with the state of the home, read by REST: the socket is what is tested."""
        for tokens in self.grants:
            _status, body = await self.home.request("GET", "/devices", headers=tokens.headers)
            self.scopes[tokens.grant_id] = frozenset(device["id"] for device in body["devices"])
            if tokens is self.grants[0]:
                values = {device["id"]: device["state"]["level"]["value"] for device in body["devices"]}
                self.devices = {device["id"]: f"input_number.{device['name']}" for device in body["devices"]}
                self.chapter = Chapter(body["seq"], values)
            self.chapters[body["epoch"]] = self.chapter

    async def happen(self) -> None:
        """Change a few devices, in one turn of the loop or in several; no more than the slowest can catch up on."""
        async with self.progress:
            await self.progress.wait_for(
                lambda: all(not each.entered or each.behind < LAG for each in self.followers.values())
            )
        values = self.chapter.at(self.chapter.last)
        for device in self.random.sample(sorted(self.devices), self.random.randint(1, len(self.devices))):
            value = self.random.choice([value for value in range(100) if value != values[device]])
            self.chapter.changes.append((device, value))
            await self.home.hass.services.async_call(
                "input_number", "set_value", {"entity_id": self.devices[device], "value": value}, blocking=True
            )
        await asyncio.sleep(self.random.uniform(0, 0.04))

    async def listen(self, process: asyncio.subprocess.Process) -> None:
        """Check what the followers of one process receive until it ends."""
        assert process.stdout is not None
        assert process.stderr is not None
        async for line in process.stdout:
            received = json.loads(line)
            async with self.turning, self.progress:
                self.followers[received["name"]].receive(received["event"], received["payload"], self.chapters)
                self.progress.notify_all()
        errors = (await process.stderr.read()).decode()
        assert await process.wait() == 0, errors

    async def all_know(self) -> None:
        """Wait until every follower has received all changes in its scope."""
        async with self.progress:
            await self.progress.wait_for(
                lambda: all(follower.knows_all_of(self.chapter) for follower in self.followers.values())
            )


@pytest.fixture
async def story(home: Home, caplog: pytest.LogCaptureFixture) -> Story:
    # As at home: the loop keeps no stack for every future, and nobody reads a line for each request.
    home.hass.loop.set_debug(False)
    caplog.set_level("WARNING", "aiohttp.access")
    numbers = {name: {"name": name, "min": 0, "max": 100, "initial": 50} for name in NUMBERS}
    assert await async_setup_component(home.hass, "input_number", {"input_number": numbers})
    await home.hass.async_block_till_done()
    whole, part = await home.pair_from_display(), await home.pair_from_display()
    devices = sorted([(await home.device(whole, name))["id"] for name in NUMBERS])
    await home.command("grants/update", grant_id=part.grant_id, scope={"devices": devices[::2]})
    return Story(home, (whole, part))


@pytest.fixture
async def cutters(story: Story) -> AsyncGenerator[dict[str, Cutter]]:
    """A network for each follower."""
    async with AsyncExitStack() as stack:
        cutters = {}
        for number, name in enumerate(f"{client} {way}" for client in CLIENTS for way in WAYS):
            # Every address of 127.0.0.0/8 is this machine's; each follower is a source of its own.
            source, random = f"127.0.0.{number + 2}", Random(SEED + number)  # noqa: S311 - no secret
            cutters[name] = await stack.enter_async_context(Cutter(story.home.client.port, source, random))
        yield cutters


@pytest.fixture
async def processes(story: Story, cutters: dict[str, Cutter]) -> AsyncGenerator[Callable[[], Awaitable[Processes]]]:
    """Start the followers, a process for each client: every other one sees a part of the home only."""
    started: Processes = []

    async def start() -> Processes:
        for number, client in enumerate(CLIENTS):
            followers = []
            for way in WAYS:
                name = f"{client} {way}"
                tokens = story.grants[len(story.followers) % len(story.grants)]
                story.followers[name] = Follower(name, story.scopes[tokens.grant_id])
                followers.append({"name": name, "way": way, "url": cutters[name].url, "token": tokens.token})
            program = (sys.executable, "follow.py") if client == "python" else (installed_node(), "follow.js", client)
            started.append(await start_process(*program, str(SEED + 100 * number), json.dumps(followers)))
        return started

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def reload(story: Story) -> None:
    """Reload Interphone: the new feed has no history."""
    async with story.turning:
        assert await story.home.hass.config_entries.async_reload(story.home.entry.entry_id)
        await story.begin()


async def run(story: Story, cutters: dict[str, Cutter], followers: Processes, *, anew: bool) -> None:
    """Change devices until every follower has come back often enough; then check that each has everything, and stop."""
    async with asyncio.TaskGroup() as listening:
        for process in followers:
            listening.create_task(story.listen(process))
        for returns in (RETURNS // 2, RETURNS):
            while any(follower.entered <= returns for follower in story.followers.values()):
                await story.happen()
            if anew:
                await reload(story)
        for cutter in cutters.values():
            cutter.rest()
        for process in followers:
            assert process.stdin is not None
            process.stdin.write(b"stay\n")
        await story.all_know()
        # A change that is sent twice arrives before this one.
        await story.happen()
        await story.all_know()
        for process in followers:
            assert process.stdin is not None
            process.stdin.close()


@pytest.mark.parametrize("held", [ALL, LITTLE], ids=["all is held", "little is held"])
async def test_dropped_at_random_and_resumed(
    story: Story,
    cutters: dict[str, Cutter],
    processes: Callable[[], Awaitable[Processes]],
    held: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.feed.FEED_LENGTH", held)
    await reload(story)
    try:
        async with asyncio.timeout(TIMEOUT):
            await run(story, cutters, await processes(), anew=held == LITTLE)
    except TimeoutError:
        pytest.fail(f"no end: {[str(follower) for follower in story.followers.values()]}")
    followers = story.followers.values()
    if held == ALL:
        assert [follower.snapshots for follower in followers] == [1] * len(followers)
    else:
        assert any(follower.overtaken for follower in followers)
        assert any(follower.resumed for follower in followers)
