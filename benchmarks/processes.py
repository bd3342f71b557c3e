"""The servers' processes: started, waited for, measured by what the kernel counts of them, and stopped."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import signal

from .errors import BenchError

_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 20.0


@asynccontextmanager
async def running(
    command: Sequence[str], folder: Path, port: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """Run a server that is to listen on `port`; yield its process id once it does. It writes `folder`/output.log."""
    log = folder / "output.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        async with asyncio.timeout(_START_TIMEOUT):
            while not await _listens(port):
                if process.returncode is not None:
                    raise BenchError(f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}")
                await asyncio.sleep(0.05)
        yield process.pid
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def cpu_seconds(pid: int) -> float:
    """Return how long all threads of a process have run, to the nanosecond."""
    return sum(_ran(task) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def _ran(task: Path) -> int:
    try:
        return int((task / "schedstat").read_text().split()[0])
    except OSError:  # a thread that has just ended
        return 0


def resident_bytes(pid: int) -> int:
    """Return the memory a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024
