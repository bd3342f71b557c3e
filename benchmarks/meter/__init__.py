"""The reading side: a small C program, so that no Python runs for a message that is received."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import shutil
import subprocess
from typing import ClassVar, Self

from ..errors import BenchError

_SOURCE = Path(__file__).with_name("meter.c")
# A pair of the handshake: on a message that holds the first, send the second.
type Step = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What one client sends in a round, and what the others wait for. `{n}` counts up, `{v}` runs from 1 to 100."""

    send: str
    marker: str


def build(folder: Path) -> Path:
    """Compile the meter into `folder`. Raises `BenchError` where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise BenchError("a C compiler is needed: install gcc or clang")
    program = folder / "meter"
    subprocess.run([compiler, "-O2", "-o", program, _SOURCE], check=True)
    return program


class Meter:
    """Many clients of one server, all in one process."""

    # Goes on from meter to meter: an entity that is set to what it is already does not change.
    _number: ClassVar[int] = 1000

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Speak to a meter that runs; `running` is the way to start one."""
        self._process = process

    @classmethod
    @asynccontextmanager
    async def running(cls, program: Path, port: int, path: str) -> AsyncIterator[Self]:
        """Start a meter for the server on `port`; at the end all its clients are gone."""
        process = await asyncio.create_subprocess_exec(
            program, "127.0.0.1", str(port), path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def open(self, steps: Sequence[Step], count: int, *, inflight: int = 32) -> float:
        """Open clients that take these steps; return the seconds until the last was ready."""
        self._tell("forget")
        for wait, send in steps:
            self._tell("step", wait, send)
        self._tell("open", count, inflight)
        return int((await self._answer("opened"))[1]) / 1e9

    async def rounds(
        self, trigger: Trigger, count: int, *, everyone: bool = True, pause: float = 0.0, driver: int = 0
    ) -> list[float]:
        """Return the seconds that each of `count` messages took until everyone, or the driver alone, had it."""
        self._tell(
            "rounds", int(everyone), count, int(pause * 1e6), driver, self._number, 100, trigger.send, trigger.marker
        )
        Meter._number += count
        rounds: list[float] = []
        while answer := await self._answer("round", "done"):
            rounds.append(int(answer[0]) / 1e9)
        return rounds

    async def gather(self, each: int, marker: str, send: str = "") -> None:
        """Begin to wait until every client got so many messages with the marker; `gathered` returns then.

        When it returns, the meter waits. What causes the messages is `send`, which the first client sends, or somebody
        else.
        """
        self._tell("gather", each, send, marker)
        await self._answer("gathering")

    async def gathered(self) -> int:
        """Wait for what `gather` waits for; return the bytes that came for all clients together."""
        return int((await self._answer("gathered"))[0])

    async def close(self) -> None:
        """Close all clients."""
        self._tell("close")
        await self._answer("closed")

    def _tell(self, *fields: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - piped
        self._process.stdin.write("\t".join(map(str, fields)).encode() + b"\n")

    async def _answer(self, *expected: str) -> list[str]:
        assert self._process.stdout is not None  # noqa: S101 - piped
        assert self._process.stderr is not None  # noqa: S101 - piped
        word, *fields = (await self._process.stdout.readline()).decode().split() or ("",)
        if word not in expected:
            raise BenchError(f"the meter failed: {(await self._process.stderr.read()).decode().strip() or word}")
        return fields
