"""Reads the limits that docs/protocol.md and docs/security.md state in their tables."""

from functools import cache
from pathlib import Path
import re
from typing import Final

DOCS: Final = Path(__file__).parents[1] / "docs"
UNITS: Final = {"KiB": 1024, "MiB": 1024**2, "s": 1, "min": 60, "h": 3600, "d": 86400}
ROW: Final = re.compile(r"^\| ([^|]+) \| (\d[^|]*) \|(?: [^|]*\|)?$", re.MULTILINE)
QUANTITY: Final = re.compile(r"([\d,]+)(?: (\w+))?")


@cache
def rows(page: str) -> dict[str, str]:
    """Return the rows of a page's section "Limits", by their first cell."""
    _, _, section = (DOCS / f"{page}.md").read_text().partition("\n## Limits\n")
    found = ROW.findall(section.partition("\n## ")[0])
    assert len(dict(found)) == len(found), "a limit is stated once"
    return dict(found)


def amount(text: str) -> float:
    """Return "64 KiB" in bytes, "10 min" in seconds, "8 digits" as 8."""
    quantity = QUANTITY.fullmatch(text)
    assert quantity, text
    return float(quantity[1].replace(",", "")) * UNITS.get(quantity[2] or "", 1)


def limit(name: str, page: str = "protocol") -> float:
    """Return a limit of one value."""
    return amount(rows(page)[name])


def span(name: str, page: str = "protocol") -> tuple[float, float]:
    """Return both ends of a limit such as "5 to 300 s"."""
    low, _, high = rows(page)[name].partition(" to ")
    return amount(f"{low} {high.partition(' ')[2]}"), amount(high)


def rates(name: str, page: str = "protocol") -> list[tuple[float, float]]:
    """Return a limit such as "6 in 1 h, 20 in 1 d" as counts and seconds."""
    return [
        (amount(count), amount(window))
        for count, _, window in (rate.partition(" in ") for rate in rows(page)[name].split(", "))
    ]
