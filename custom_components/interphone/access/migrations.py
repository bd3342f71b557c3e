"""Earlier versions of the store: how their sections become those of the next version."""

from collections.abc import Callable, Mapping
from typing import Any, Final

type Section = dict[str, Any]
type Sections = dict[str, Section]
# Turns the sections of one version into those of the next.
type Migration = Callable[[Sections], Sections]

VERSION: Final = 2


def _scopes_by_place(sections: Sections) -> Sections:
    """Replace `{devices, control, doors_and_alarms}` of each grant's scope by `{see, types, may}`.

    Version 1 began without the age of signing keys: such a key counts as old, and is renewed at once.
    """
    for grant in sections.get("grants", {}).values():
        grant["scope"] = _scope(grant["scope"])
    for key in sections.get("tokens", {}).get("keys", ()):
        key.setdefault("created", 0.0)
    return sections


def _scope(old: Section) -> Section:
    """Return the scope that permits no more than the old one did."""
    may = "look"
    if old["control"] is True:
        may = "doors_and_alarms" if old["doors_and_alarms"] is True else "control"
    devices = old["devices"]
    empty: Section = {"areas": [], "floors": [], "labels": []}
    return {"see": {"all": True} if devices is None else {**empty, "devices": devices}, "types": None, "may": may}


# The migration at N leads from version N to N + 1.
MIGRATIONS: Final[Mapping[int, Migration]] = {1: _scopes_by_place}
