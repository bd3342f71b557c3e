"""The command line of `scripts/demo`."""

import argparse
import asyncio
import sys

from .check import check
from .demo import demo
from .errors import DemoError
from .process import tail
from .signals import until_stopped


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Run Home Assistant with Interphone and demo devices, and the reference website.",
    )
    parser.add_argument("--port", type=int, default=8123, help="port of Home Assistant (%(default)s)")
    parser.add_argument("--website-port", type=int, default=8080, help="port of the website (%(default)s)")
    parser.add_argument("--fresh", action="store_true", help="delete the data of the last run first")
    parser.add_argument(
        "--check",
        action="store_true",
        help="run a scripted resident against a temporary home on free ports; exit with 0 when every step passes",
    )
    arguments = parser.parse_args()
    if arguments.port == arguments.website_port:
        parser.error("Home Assistant and the website cannot share a port")
    return arguments


async def _run(arguments: argparse.Namespace) -> int:
    if arguments.check:
        await check()
    else:
        await demo(arguments.port, arguments.website_port, fresh=arguments.fresh)
    return 0


def main() -> int:
    """Run the command. A `DemoError` is printed as one line, below the end of its log."""
    try:
        return asyncio.run(until_stopped(_run(_arguments())))
    except DemoError as err:
        if err.log is not None and (text := tail(err.log)):
            print(f"\n{err.log}:\n{text}\n", file=sys.stderr)
        print(f"error: {err}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
