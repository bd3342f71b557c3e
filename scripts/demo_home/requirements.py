"""`python -m demo_home.requirements`: the demo home's packages, pinned as the installed Home Assistant pins them.

The home runs with `--skip-pip`, so these have to be installed beforehand. `requirements/dev.in` names them; the
versions come from the manifests of Home Assistant's integrations, and from Interphone's own.
"""

from collections.abc import Iterator
import json
from pathlib import Path
import re

from homeassistant import components

_CHECKOUT = Path(__file__).parents[2]
_SECTION = re.compile(r"^# Integrations of the demo home.*?\n(?=\w)(.*?)^#", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"[\w.-]+")


def pins() -> list[str]:
    """Return the requirements, sorted. Raises `SystemExit` for a package that no integration requires any more."""
    wanted = set(_names(_section()))
    required = {name: requirement for requirement in _of_home_assistant() for name in _names(requirement)}
    if gone := sorted(wanted - required.keys()):
        raise SystemExit(f"error: no integration of this Home Assistant requires {', '.join(gone)}")
    interphone = _CHECKOUT / "custom_components" / "interphone" / "manifest.json"
    return sorted([*(required[name] for name in wanted), *_manifest(interphone)])


def _section() -> str:
    found = _SECTION.search((_CHECKOUT / "requirements" / "dev.in").read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit("error: requirements/dev.in has no section of the demo home")
    return found[1]


def _of_home_assistant() -> Iterator[str]:
    for folder in components.__path__:
        for path in Path(folder).glob("*/manifest.json"):
            yield from _manifest(path)


def _manifest(path: Path) -> list[str]:
    requirements: list[str] = json.loads(path.read_text(encoding="utf-8")).get("requirements", [])
    return requirements


def _names(requirements: str) -> Iterator[str]:
    """Yield the package name at the start of each line."""
    for line in requirements.splitlines():
        if found := _NAME.match(line):
            yield found[0]


if __name__ == "__main__":
    print("\n".join(pins()))
