"""A storm: 600 devices changed by one call, and what it costs to bring all changes to many clients."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
import json
from pathlib import Path
from statistics import median

from . import home as homes
from .home import Home, Website
from .meter import Meter, Step
from .processes import cpu_seconds
from .report import Report, spread, target
from .subjects import HOME_ASSISTANT, NODE, OURS, STOCK, Subject

_DEVICES = 600
_COUNTS = (1, 50, 200, 1000)
# Scopes that differ: each leaves out another twentieth of the devices.
_SCOPES = 10
_LEFT_OUT = _DEVICES // 20
_ROUNDS = 3
# So many clients keep slow servers busy for ten seconds and more with each storm.
_ONE_ROUND = 1000
# Long enough for the longest block there is, and the turn after it.
_WATCH = 0.5
_SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"

TEN_SCOPES = f"{OURS}, ten scopes"

# To be reached with 200 clients.
_LIMIT_COUNT = 200
_DELIVERY = 0.2
_TO_HOME_ASSISTANT = 0.02
_BLOCK = 30.0


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Clients that enter in the same way, and how many messages each of them gets of a storm."""

    steps: tuple[Step, ...]
    share: int
    messages: int


@dataclass(frozen=True, slots=True)
class _Storm:
    """A server, its clients, what every message holds, and how the storm begins: by a client, or by the home."""

    name: str
    port: int
    pid: int
    path: str
    crowds: tuple[_Crowd, ...]
    marker: str
    home: Home | None = None
    send: str = ""


@dataclass(slots=True)
class _Samples:
    cpu: list[float] = field(default_factory=list)
    block: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)


async def measure(
    folder: Path, port: int, program: Path, others: Sequence[Subject], repeats: int, report: Report
) -> None:
    """Measure a home of its own and the `others`, each in turn, and write the tables; without others ours alone."""
    async with homes.running(folder, port, {"switch": _DEVICES}) as home:
        await home.share(["switch"])
        storms = [*await _ours(home), *([_home_assistant(home), *map(_other, others)] if others else [])]
        alone = _Samples()
        results = {(storm.name, count): _Samples() for storm in storms for count in _COUNTS}
        for _ in range(repeats):
            await _without_clients(home, alone)
            for storm in storms:
                for count in _COUNTS:
                    if count >= len(storm.crowds):
                        await _with_clients(program, storm, count, median(alone.cpu), results[storm.name, count])
    _tell(report, results, alone)


async def _ours(home: Home) -> list[_Storm]:
    """Return the storm at websites that see everything, and at ten that each see something else."""
    website = await home.pair()
    devices = [str(device["id"]) for device in (await home.ask("GET", "/devices", website.headers))["devices"]]
    crowds = []
    for number in range(_SCOPES):
        other = await home.pair()
        left_out = devices[number * _LEFT_OUT : (number + 1) * _LEFT_OUT]
        scope = {"devices": sorted(set(devices) - set(left_out))}
        await home.socket.command("interphone/grants/update", grant_id=other.grant_id, scope=scope)
        crowds.append(_Crowd(_steps(other), _SCOPES, _DEVICES - _LEFT_OUT))
    everything = _Storm(
        OURS, home.port, home.pid, _SOCKET_IO, (_Crowd(_steps(website), 1, _DEVICES),), '42["state"', home
    )
    return [everything, replace(everything, name=TEN_SCOPES, crowds=tuple(crowds))]


def _steps(website: Website) -> tuple[Step, ...]:
    return (("0{", website.auth), ('["snapshot"', ""))


def _home_assistant(home: Home) -> _Storm:
    entities = [f"switch.probe_{number}" for number in range(_DEVICES)]
    steps = (
        ("auth_required", json.dumps({"type": "auth", "access_token": home.token})),
        ("auth_ok", json.dumps({"id": 1, "type": "subscribe_entities", "entity_ids": entities})),
        ('"a":{', ""),
    )
    crowds = (_Crowd(steps, 1, _DEVICES),)
    return _Storm(HOME_ASSISTANT, home.port, home.pid, "/api/websocket", crowds, '"c":{', home)


def _other(subject: Subject) -> _Storm:
    crowds = (_Crowd(subject.steps, 1, _DEVICES),)
    send = f'42["storm",{_DEVICES}]'
    return _Storm(subject.name, subject.port, subject.pid, subject.path, crowds, '42["state"', send=send)


async def _without_clients(home: Home, samples: _Samples) -> None:
    for _ in range(_ROUNDS):
        before = cpu_seconds(home.pid)
        await home.socket.command("interphone_probe/storm", seconds=0.0)
        samples.cpu.append(cpu_seconds(home.pid) - before)
        samples.block.append(float((await home.socket.command("interphone_probe/storm", seconds=_WATCH))["seconds"]))


async def _with_clients(program: Path, storm: _Storm, count: int, alone: float, samples: _Samples) -> None:
    """Let the storm happen before so many clients; the CPU is what it takes above that of the home alone."""
    async with Meter.running(program, storm.port, storm.path) as meter:
        for crowd in storm.crowds:
            await meter.open(crowd.steps, count // crowd.share)
        [messages] = {crowd.messages for crowd in storm.crowds}
        rounds = 1 if count >= _ONE_ROUND else _ROUNDS
        for number in range(rounds + 1):
            before = cpu_seconds(storm.pid)
            await meter.gather(messages, storm.marker, storm.send)
            if storm.home is not None:
                await storm.home.socket.command("interphone_probe/storm", seconds=0.0)
            size = await meter.gathered()
            spent = cpu_seconds(storm.pid) - before - (alone if storm.home else 0.0)
            if number:  # the first finds everything cold
                samples.cpu.append(spent / messages / count)
                samples.size.append(size / count)
        if storm.home is not None:
            for _ in range(rounds):
                await meter.gather(messages, storm.marker)
                result = await storm.home.socket.command("interphone_probe/storm", seconds=_WATCH)
                await meter.gathered()
                samples.block.append(float(result["seconds"]))
        await meter.close()
        await asyncio.sleep(0.1)


def _tell(report: Report, results: dict[tuple[str, int], _Samples], alone: _Samples) -> None:
    names = list(dict.fromkeys(name for name, _ in results))
    heads = ["", "server's CPU a delivery, µs", "longest block of the loop, ms", "KiB a client"]
    nobody = ["nobody", "", spread(alone.block, 1e3, 1), ""]
    for count in _COUNTS:
        rows = [[name, *_cells(results[name, count])] for name in names if results[name, count].cpu]
        title = f"{_DEVICES} devices changed by one call before {count:,} WebSocket clients: median (min-max)"
        report.table(title, heads, [*rows, nobody])
    _judge(report, {name: results[name, _LIMIT_COUNT] for name in names}, median(alone.block))


def _cells(samples: _Samples) -> list[str]:
    block = spread(samples.block, 1e3, 1) if samples.block else ""
    return [spread(samples.cpu, 1e6, 3), block, f"{median(samples.size) / 1024:.1f}"]


def _judge(report: Report, samples: dict[str, _Samples], alone: float) -> None:
    report.text("")
    for name in (OURS, TEN_SCOPES):
        cpu, block = median(samples[name].cpu) * 1e6, (median(samples[name].block) - alone) * 1e3
        report.text(f"- {name}, {_LIMIT_COUNT} clients: {target(cpu, _DELIVERY, ' µs a delivery', 3)}")
        report.text(f"- {name}, {_LIMIT_COUNT} clients: {target(block, _BLOCK, ' ms above the block without', 1)}")
    for name, limit in ((HOME_ASSISTANT, _TO_HOME_ASSISTANT), (NODE, None), (STOCK, None)):
        if name in samples:
            ratio = median(samples[OURS].cpu) / median(samples[name].cpu)
            verdict = target(ratio, limit, " times", 3) if limit else f"{ratio:.3f} times"
            report.text(f"- {OURS} to {name}, {_LIMIT_COUNT} clients: {verdict}")
