"""Fan-out: one change of a real entity, and the time until every client has received it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from .meter import Meter
from .processes import cpu_seconds
from .report import Report, spread, target
from .subjects import FLOOR, HOME_ASSISTANT, NODE, OURS, STOCK, Subject

_COUNTS = (1, 100, 1000)
_ROUNDS = 12
# Twenty commands a second is the rate that a session may keep up.
_PAUSE = 0.002

# Targets: at most so many times as long as the other. With fewer clients the fixed cost of a change weighs more.
_RATIOS = {1000: {NODE: 0.6, HOME_ASSISTANT: 0.4, STOCK: 0.2, FLOOR: 1.0}, 100: {NODE: 1.0}}


@dataclass(slots=True)
class Samples:
    """What was measured of one subject with one number of clients; all in seconds, for one delivery."""

    delivery: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    connects_per_second: list[float] = field(default_factory=list)

    @property
    def typical(self) -> float:
        """The median time of a delivery."""
        return median(self.delivery)


type Results = dict[tuple[str, int], Samples]


async def measure(program: Path, subjects: Sequence[Subject], repeats: int) -> Results:
    """Measure each subject in turn, `repeats` times, so that all meet the same conditions."""
    results: Results = {(subject.name, count): Samples() for subject in subjects for count in _COUNTS}
    for _ in range(repeats):
        for subject in subjects:
            for count in _COUNTS:
                async with Meter.running(program, subject.port, subject.path) as meter:
                    await _measure(meter, subject, count, results[subject.name, count])
    return results


async def _measure(meter: Meter, subject: Subject, count: int, samples: Samples) -> None:
    seconds = await meter.open(subject.steps, count)
    samples.connects_per_second.append(count / seconds)
    await meter.rounds(subject.change, 3, pause=_PAUSE)
    before = cpu_seconds(subject.pid)
    rounds = await meter.rounds(subject.change, _ROUNDS, pause=_PAUSE)
    samples.cpu.append((cpu_seconds(subject.pid) - before) / len(rounds) / count)
    samples.delivery += [seconds / count for seconds in rounds]
    await meter.close()


def write_tables(report: Report, results: Results) -> None:
    """Write the tables."""
    names = list(dict.fromkeys(name for name, _ in results))
    for count in _COUNTS:
        rows = []
        for name in names:
            samples = results[name, count]
            ratio = results[OURS, count].typical / samples.typical
            rows.append([name, spread(samples.delivery, 1e6), spread(samples.cpu, 1e6), f"{ratio:.2f}"])
        heads = ["", "µs a delivery", "server's CPU, µs", "Interphone takes, times this"]
        report.table(f"Fan-out to {count:,} WebSocket clients: median (min-max)", heads, rows)
    report.text("")
    for count, limits in _RATIOS.items():
        for name, limit in limits.items():
            if name not in names:
                continue
            theirs = results[name, count].typical
            verdict = target(results[OURS, count].typical / theirs, limit, " times")
            # No server that writes to its clients one by one can stay below this.
            floor = "" if name == FLOOR else f"; the floor: {results[FLOOR, count].typical / theirs:.2f} times"
            report.text(f"- Interphone to {name}, {count:,} clients: {verdict}{floor}")
    most = _COUNTS[-1]
    rows = [[name, spread(results[name, most].connects_per_second, digits=0)] for name in names]
    report.table(f"Connects a second, {most:,} clients, 32 at a time", ["", "a second"], rows)
    if NODE in names:
        pace = {name: median(results[name, most].connects_per_second) for name in (OURS, NODE)}
        verdict = "reached" if pace[OURS] >= pace[NODE] else "MISSED"
        report.text(f"\n- Interphone to Node: {pace[OURS] / pace[NODE]:.2f} times (≥ 1 times: {verdict})")
