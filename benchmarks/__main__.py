"""The command line of `scripts/bench`."""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
import os
from pathlib import Path
import resource
import sys
import tempfile

from demo_home.errors import DemoError
from demo_home.ports import free_ports
from demo_home.signals import until_stopped

from . import devices, fanout, home as homes, idle, roundtrip, storm, subjects
from .errors import BenchError
from .meter import build
from .report import Report

_PARTS = ("fanout", "roundtrip", "idle", "storm", "devices")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these, of: {' '.join(_PARTS)}")
    parser.add_argument("--repeats", type=int, default=3, help="how often each is measured (%(default)s)")
    parser.add_argument("--only-ours", action="store_true", help="leave out what the gateway is compared with")
    parser.add_argument("--output", type=Path, help="write the report to this file, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(_PARTS):
        parser.error(f"no such part: {' '.join(sorted(unknown))}")
    return arguments


async def _run(arguments: argparse.Namespace, report: Report) -> int:
    parts = arguments.parts or _PARTS
    with tempfile.TemporaryDirectory(prefix="interphone-bench-") as name:
        folder = Path(name)
        program = build(folder)
        now, load = datetime.now(UTC), os.getloadavg()[0]
        report.text(f"{now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load before {load:.2f}")
        if {"fanout", "roundtrip", "idle"} & set(parts):
            await _gateway(parts, arguments, folder, program, report)
        if "storm" in parts:
            await _storm(arguments, folder, program, report)
        if "devices" in parts:
            (port,) = free_ports(1)
            await devices.measure(folder / "large", port, program, arguments.repeats, report)
        report.text(f"\nload after {os.getloadavg()[0]:.2f}")
    return 0


async def _gateway(
    parts: Sequence[str], arguments: argparse.Namespace, folder: Path, program: Path, report: Report
) -> None:
    (port,) = free_ports(1)
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(homes.running(folder / "small", port, {}))
        await home.share(["input_number"])
        websites = [await home.pair() for _ in range(4)]
        device_id = await subjects.find_level(home, websites[0])
        ours, api = subjects.ours(home, websites[0], device_id), subjects.home_assistant(home)
        others = {} if arguments.only_ours else await stack.enter_async_context(subjects.others(folder))
        if "idle" in parts:
            await idle.measure(program, [ours, api, *others.values()], report)
        if "fanout" in parts:
            everyone = [ours, *([] if arguments.only_ours else [api, *others.values()])]
            fanout.write_tables(report, await fanout.measure(program, everyone, arguments.repeats))
        if "roundtrip" in parts:
            callers = [subjects.ours(home, website, device_id) for website in websites]
            await roundtrip.measure(program, callers, api, report)


async def _storm(arguments: argparse.Namespace, folder: Path, program: Path, report: Report) -> None:
    (port,) = free_ports(1)
    (servers := folder / "storm_servers").mkdir()
    async with AsyncExitStack() as stack:
        others = {} if arguments.only_ours else await stack.enter_async_context(subjects.others(servers))
        compared = [others[name] for name in (subjects.NODE, subjects.STOCK) if name in others]
        await storm.measure(folder / "storm", port, program, compared, arguments.repeats, report)


def main() -> int:
    """Run, and put what went wrong in one line."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    arguments, report = _arguments(), Report()
    try:
        result = asyncio.run(until_stopped(_run(arguments, report)))
    except (BenchError, DemoError) as err:
        print(f"error: {err}", file=sys.stderr)
        return 1
    if arguments.output and result == 0:
        arguments.output.write_text("\n".join(report.lines) + "\n")
    return result


if __name__ == "__main__":
    sys.exit(main())
