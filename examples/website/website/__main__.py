"""`python -m website`: reads the command line and the environment, and serves until stopped."""

import argparse
import os
from pathlib import Path

from aiohttp import web

from .app import create_app
from .settings import Settings
from .vault import VaultError


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line. Defaults come from the environment variables `WEBSITE_…`."""

    def default(name: str, otherwise: str) -> str:
        return os.environ.get(f"WEBSITE_{name}", otherwise)

    parser = argparse.ArgumentParser(prog="python -m website", description="A reference website for Interphone.")
    parser.add_argument("--host", default=default("HOST", "127.0.0.1"), help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=default("PORT", "8080"), help="port to listen on (%(default)s)")
    parser.add_argument(
        "--origin",
        default=default("ORIGIN", ""),
        help="the website's address as visitors and homes know it (http://localhost:PORT)",
    )
    parser.add_argument(
        "--data", type=Path, default=default("DATA", "data"), help="folder of the database and the key (./%(default)s)"
    )
    parser.add_argument("--name", default=default("NAME", "My places"), help="name of the website (%(default)s)")
    parser.add_argument(
        "--public-homes-only",
        action="store_true",
        default=default("PUBLIC_HOMES_ONLY", "") in {"1", "true", "yes"},
        help="never connect to a home at a private address",
    )
    return parser.parse_args(arguments)


def main() -> None:
    """Serve the website."""
    arguments = parse_arguments()
    try:
        settings = Settings(
            origin=arguments.origin or f"http://localhost:{arguments.port}",
            data=arguments.data,
            name=arguments.name,
            public_homes_only=arguments.public_homes_only,
        )
        app = create_app(settings)
        web.run_app(
            app,
            host=arguments.host,
            port=arguments.port,
            print=lambda _: print(f"Serving {settings.origin}", flush=True),  # noqa: T201 - a command prints its address
        )
    except (OSError, ValueError, VaultError) as err:
        raise SystemExit(f"error: {err}") from err


if __name__ == "__main__":
    main()
