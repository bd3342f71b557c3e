"""`scripts/schema`: writes the descriptions that are made from the code into schema/, or checks them.

Needs the environment that scripts/setup makes: the descriptions are read from the integration itself.
"""

import argparse
from collections.abc import Callable, Mapping
import json
from pathlib import Path
from typing import Any, Final

# First: it puts probatio in the place of voluptuous.
import homeassistant.core  # noqa: F401

from custom_components.interphone import websocket_api
from custom_components.interphone.api import OPENAPI
from custom_components.interphone.api.socketio import asyncapi

SCHEMA: Final = Path(__file__).resolve().parents[1] / "schema"

DOCUMENTS: Final[Mapping[str, Callable[[], Mapping[str, Any]]]] = {
    "asyncapi.json": asyncapi.describe,
    "openapi.json": OPENAPI.describe,
    "websocket.json": websocket_api.describe,
}


def document(name: str) -> str:
    """Return the text of one document, as its file holds it."""
    return json.dumps(DOCUMENTS[name](), indent=2, ensure_ascii=False) + "\n"


def stale() -> list[str]:
    """Return the names of the documents whose files are missing or say something else than the code."""
    return [
        name
        for name in DOCUMENTS
        if not (file := SCHEMA / name).exists() or file.read_text(encoding="utf-8") != document(name)
    ]


def main() -> None:
    """Write the documents, or exit with an error when one is stale."""
    parser = argparse.ArgumentParser(prog="scripts/schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    found = stale()
    if parser.parse_args().check:
        if found:
            raise SystemExit(f"error: stale: {', '.join(found)}\n  Run scripts/schema and commit schema/.")
        return
    SCHEMA.mkdir(exist_ok=True)
    for name in found:
        (SCHEMA / name).write_text(document(name), encoding="utf-8")


if __name__ == "__main__":
    main()
