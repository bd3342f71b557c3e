"""A large home: 5,000 entities, of which 1,000 are shared. What its snapshots and changes cost."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import aiohttp

from . import home as homes
from .errors import BenchError
from .home import Home, Website
from .meter import Meter
from .report import Report, spread, target

_ENTITIES = {"light": 300, "climate": 100, "switch": 600, "sensor": 4000}
_SHARED = ["light", "climate", "switch"]
_SHARED_COUNT = 1000
_CHANGES = 4000
_LATER = 20
# Scripts, and as many automations.
_DEPUTIES = 150
_SHARED_CHANGES = {
    "switch": "a shared switch is switched",
    "light": "a shared lamp is dimmed",
    "climate": "a shared thermostat measures",
}
_WATCH = 3.0


type Row = list[str]


async def measure(folder: Path, port: int, program: Path, repeats: int, report: Report) -> None:
    """Measure all of it and write the table."""
    async with homes.running(folder, port, _ENTITIES) as home:
        await home.share(_SHARED)
        website = await home.pair()
        rows = [
            *await _snapshots(home, website, program),
            *await _changes(home, website, program, repeats),
            *await _registry(home, website, program, repeats),
            *await _judging(home, repeats),
        ]
    report.table("A home of 5,000 entities, 1,000 of them shared", ["", "median (min-max)", "target"], rows)


async def _snapshots(home: Home, website: Website, program: Path) -> list[Row]:
    """Time the answer that holds everything, over that of one that holds nothing."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{home.port}") as http:

        async def timed(path: str) -> float:
            begun = perf_counter()
            async with http.get(f"/api/interphone{path}", headers=website.headers) as response:
                body = await response.read()
            assert response.ok, body  # noqa: S101 - a measurement of refusals would mislead
            return perf_counter() - begun

        small = median([await timed("/grant") for _ in range(_LATER)])
        first = await timed("/devices") - small
        shared = len((await home.ask("GET", "/devices", website.headers))["devices"])
        if shared != _SHARED_COUNT:
            raise BenchError(f"{shared} entities are shared, not {_SHARED_COUNT}")
        later = [await timed("/devices") - small for _ in range(_LATER)]
    entries = [await _entry(home, website, program) for _ in range(_LATER)]
    return [
        _row("first snapshot by REST, ms", [first], 1e3, 150),
        _row("later snapshots by REST, ms", later, 1e3, 5),
        ["a session's entry, snapshot included, ms", spread(entries, 1e3), ""],
    ]


async def _entry(home: Home, website: Website, program: Path) -> float:
    async with Meter.running(program, home.port, "/socket.io/?EIO=4&transport=websocket") as meter:
        return await meter.open(_steps(website), 1)


def _steps(website: Website) -> tuple[tuple[str, str], ...]:
    return (("0{", website.auth), ('["snapshot"', ""))


async def _changes(home: Home, website: Website, program: Path, repeats: int) -> list[Row]:
    """Time state changes with Interphone and without it, in turn, in the same process."""
    differences: dict[str, list[float]] = {domain: [] for domain in ("sensor", "switch", "light", "climate")}
    for _ in range(repeats * 2):
        with_it = {}
        async with Meter.running(program, home.port, "/socket.io/?EIO=4&transport=websocket") as meter:
            await meter.open(_steps(website), 1)
            for domain in differences:
                with_it[domain] = await _change(home, domain)
        await home.enable(enabled=False)
        for domain, differing in differences.items():
            differing.append(with_it[domain] - await _change(home, domain))
        await home.enable(enabled=True)
    return [
        _row("change of an entity that is not shared, µs of ours", differences["sensor"], 1e6, 1),
        *(
            _row(f"{change}: read, encoded, sent to one session, µs of ours", differences[domain], 1e6, 40)
            for domain, change in _SHARED_CHANGES.items()
        ),
    ]


async def _change(home: Home, domain: str) -> float:
    """Return the least of some runs: whatever else the machine did only adds."""
    runs = [await home.socket.command("interphone_probe/changes", domain=domain, count=_CHANGES) for _ in range(3)]
    return min(float(run["seconds"]) for run in runs)


async def _registry(home: Home, website: Website, program: Path, repeats: int) -> list[Row]:
    """Rename the area of all shared entities, and watch the loop."""
    area = await home.socket.command("config/area_registry/create", name="Area 0")
    await home.socket.command("interphone_probe/put_in_area", area_id=area["area_id"], domains=_SHARED)
    await asyncio.sleep(1)
    names = iter(range(1, 1000))

    async def rename() -> None:
        await home.socket.command("config/area_registry/update", area_id=area["area_id"], name=f"Area {next(names)}")

    async with Meter.running(program, home.port, "/socket.io/?EIO=4&transport=websocket") as meter:
        await meter.open(_steps(website), 1)
        with_it = [await _longest(home, rename) for _ in range(repeats)]
    await home.enable(enabled=False)
    without = [await _longest(home, rename) for _ in range(repeats)]
    await home.enable(enabled=True)
    what = "longest block of the loop while 1,000 shared entities' area is renamed, ms"
    return [_row(what, with_it, 1e3, 20), ["the same without Interphone, ms", spread(without, 1e3), ""]]


async def _judging(home: Home, repeats: int) -> list[Row]:
    """Time which entities are sensitive, in a home with many scripts and automations."""
    await home.socket.command("interphone_probe/add_deputies", count=_DEPUTIES)
    runs = [await home.socket.command("interphone_probe/judge") for _ in range(repeats)]
    return [
        _row("what is sensitive: all entities at the start, ms", [run["start"] for run in runs], 1e3, 100),
        ["what is sensitive: all again after one changed, ms", spread([run["change"] for run in runs], 1e3), ""],
    ]


def _row(what: str, seconds: list[float], scale: float, limit: float) -> Row:
    return [what, spread(seconds, scale), target(median(seconds) * scale, limit)]


async def _longest(home: Home, act: Callable[[], Coroutine[Any, Any, None]]) -> float:
    watch = asyncio.create_task(home.socket.command("interphone_probe/watch_loop", seconds=_WATCH))
    await asyncio.sleep(0.2)
    await act()
    return float((await watch)["seconds"])
