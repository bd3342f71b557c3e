"""A flood of handshakes from one address: whoever comes from another pairs, enters and controls as ever."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest

from ...conftest import Connect, Home

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quiet_log")]

FLOODER = Path(__file__).with_name("flooder.py")
# Every address of 127.0.0.0/8 is this machine's.
SOURCE = "127.0.0.2"
PER_SECOND = 1000
# The pace it is asked for: what is late in one moment is made up for in the next, and a little is always under way.
PACE = 2000
# How many of them must be answered while the resident is about.
ENOUGH = 6000


class Flood:
    """The flooder's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._in, self._out = process, process.stdin, process.stdout

    async def count(self) -> dict[str, Any]:
        """Return what it has done so far."""
        self._in.write(b"\n")
        return json.loads(await asyncio.wait_for(self._out.readline(), 10))

    async def stop(self) -> None:
        self._in.close()
        assert await asyncio.wait_for(self.process.wait(), 10) == 0


@pytest.fixture
async def flood(home: Home, caplog: pytest.LogCaptureFixture) -> AsyncGenerator[Callable[[str], Awaitable[Flood]]]:
    """Begin to flood the home over a transport; it does so already when this returns."""
    floods: list[Flood] = []
    # As at home: the loop keeps no stack for every future, and nobody reads a line for each request.
    home.hass.loop.set_debug(False)
    caplog.set_level("WARNING", "aiohttp.access")

    async def flood(transport: str) -> Flood:
        arguments = (str(FLOODER), "127.0.0.1", str(home.client.port), SOURCE, transport, str(PACE))
        floods.append(
            Flood(
                await asyncio.create_subprocess_exec(
                    sys.executable, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
        )
        while "429" not in (await floods[-1].count())["answers"]:
            pass
        return floods[-1]

    yield flood
    for each in floods:
        await each.stop()


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_a_flood_of_handshakes_is_nothing_to_who_comes_from_elsewhere(
    home: Home, connect: Connect, flood: Callable[[str], Awaitable[Flood]], transport: str
) -> None:
    flooding = await flood(transport)
    before = await flooding.count()
    tokens = await home.pair()
    website = await connect(tokens.token, transports=[transport])
    snapshot = await website.receive("snapshot")
    light = (await home.device(tokens))["id"]
    seq, answered, after = snapshot["seq"], 0, before
    while answered < ENOUGH:
        for on in (True, False):
            ack = await website.command(id=f"{seq}", device=light, command="on_off.set", params={"on": on})
            assert (ack["status"], ack["state"]["on_off"]) == ("confirmed", {"on": on})
            pushed = await website.receive("state")
            seq += 1
            assert (pushed["seq"], pushed["state"]["on_off"]) == (seq, {"on": on})
        after = await flooding.count()
        answered = sum(after["answers"].values()) - sum(before["answers"].values())
    # The home was offered that many in each second of it, and turned away nearly all.
    seconds = after["seconds"] - before["seconds"]
    assert after["sent"] - before["sent"] >= PER_SECOND * seconds
    assert set(after["answers"]) == {"200" if transport == "polling" else "101", "429"}
    assert after["answers"]["429"] >= 0.9 * sum(after["answers"].values())
    # New sessions of its own source are admitted meanwhile, too.
    assert (await home.request("GET", "/devices", headers=(await home.pair_from_display()).headers))[0] == 200
