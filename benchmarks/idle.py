"""Sessions that only stay: the memory each takes, and the work of keeping a thousand of them."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from .meter import Meter
from .polling import polling
from .processes import cpu_seconds, resident_bytes
from .report import Report, target
from .subjects import FLOOR, HOME_ASSISTANT, OURS, Subject

_SESSIONS = 1000
_POLLING = 900
# What a process allocates for its first sessions, it has for all.
_WARM_UP = 50
# Two pings of 25 seconds.
_WATCHED = 50.0
_QUIET = 5.0
_KIB = 1024


async def measure(program: Path, subjects: Sequence[Subject], report: Report) -> None:
    """Open a thousand sessions of each subject, in fresh processes, and watch them; write the tables."""
    memory: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        quiet = await _load(subjects, _QUIET)
        held: dict[str, Meter] = {}
        for subject in subjects:
            meter = await stack.enter_async_context(Meter.running(program, subject.port, subject.path))
            await meter.open(subject.steps, _WARM_UP)
            before = resident_bytes(subject.pid)
            await meter.open(subject.steps, _SESSIONS)
            await asyncio.sleep(0.5)
            memory[subject.name] = (resident_bytes(subject.pid) - before) / _SESSIONS / _KIB
            held[subject.name] = meter
        # Last in its process: what it frees, the next one would take.
        memory[f"{OURS}, polling"] = await _polling_memory(next(each for each in subjects if each.name == OURS))
        if HOME_ASSISTANT in held:
            await held[HOME_ASSISTANT].close()
        pinging = [subject for subject in subjects if subject.name not in (HOME_ASSISTANT, FLOOR)]
        busy = await _load(pinging, _WATCHED)
    report.table(
        f"Memory of an idle session, {_SESSIONS:,} of them", ["", "KiB"], [[k, f"{v:.1f}"] for k, v in memory.items()]
    )
    report.text(f"\n- Interphone, WebSocket: {target(memory[OURS], 25, ' KiB', 1)}")
    rows = [[subject.name, f"{(busy[subject.name] - quiet[subject.name]) * 100:.2f} %"] for subject in pinging]
    title = f"CPU of {_SESSIONS + _WARM_UP:,} idle WebSocket sessions over two pings, % of a core, above that of none"
    report.table(title, ["", "CPU"], rows)


async def _polling_memory(subject: Subject) -> float:
    before = resident_bytes(subject.pid)
    async with polling(subject, _POLLING):
        return (resident_bytes(subject.pid) - before) / _POLLING / _KIB


async def _load(subjects: Sequence[Subject], seconds: float) -> dict[str, float]:
    """Return which part of a core each subject's process takes."""
    before = {subject.name: cpu_seconds(subject.pid) for subject in subjects}
    await asyncio.sleep(seconds)
    return {subject.name: (cpu_seconds(subject.pid) - before[subject.name]) / seconds for subject in subjects}
