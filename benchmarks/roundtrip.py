"""The round trip of a command: from one client's request to its acknowledgement, on an idle server."""

from collections.abc import Sequence
from pathlib import Path

from .meter import Meter
from .report import Report, percentile, target
from .subjects import OURS, Subject, without_subscription

_ROUNDS = 10
# Below the burst that a session may send, so that no allowance is waited for.
_TRIPS = 50
# At most so many times as long as Home Assistant's own, at the median and at the 99th percentile.
_LIMIT = 1.2


async def measure(program: Path, ours: Sequence[Subject], api: Subject, report: Report) -> None:
    """Measure both in turn and write the table; `ours` are as many websites, each with an allowance of its own.

    A website sees the entity it changes; a client of Home Assistant's API does where it is subscribed to it.
    """
    bare = without_subscription(api)
    seconds: dict[str, list[float]] = {OURS: [], api.name: [], bare.name: []}
    for number in range(_ROUNDS):
        for subject in (ours[number % len(ours)], api, bare):
            async with Meter.running(program, subject.port, subject.path) as meter:
                await meter.open(subject.steps, 1)
                await meter.rounds(subject.call, 3, everyone=False)
                rounds = await meter.rounds(subject.call, _TRIPS, everyone=False, pause=0.002)
                seconds[subject.name] += rounds
    rows = [
        [name, *(f"{percentile(values, percent) * 1e6:.0f}" for percent in (50, 99)), f"{min(values) * 1e6:.0f}"]
        for name, values in seconds.items()
    ]
    report.table("Round trip of a command, one client, µs", ["", "p50", "p99", "least"], rows)
    report.text("")
    for percent in (50, 99):
        ratio = percentile(seconds[OURS], percent) / percentile(seconds[bare.name], percent)
        report.text(f"- Interphone to Home Assistant's own, p{percent}: {target(ratio, _LIMIT, ' times')}")
