"""The report: titled tables of text, printed as they are measured."""

from collections.abc import Sequence
from statistics import median


class Report:
    """Prints as it goes, and keeps what it printed."""

    def __init__(self) -> None:
        """Begin empty."""
        self.lines: list[str] = []

    def text(self, line: str) -> None:
        """Write a line."""
        self.lines.append(line)
        print(line, flush=True)

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table; it is Markdown as it stands."""
        cells = [list(heads), *(list(row) for row in rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
        self.text(f"\n### {title}\n")
        for number, row in enumerate(cells):
            self.text(_line(row, widths))
            if number == 0:
                self.text(_line(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])], widths))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(row, widths, strict=True)
    return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]) + " |"


def spread(values: Sequence[float], scale: float = 1.0, digits: int = 2) -> str:
    """Return the median and the extremes: `3.10 (2.95-3.40)`."""
    low, middle, high = (f"{value * scale:.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} ({low}-{high})"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def target(value: float, limit: float, unit: str = "", digits: int = 2) -> str:
    """Return a value beside its limit, and whether it was kept."""
    return f"{value:.{digits}f}{unit} (≤ {limit:g}{unit}: {'reached' if value <= limit else 'MISSED'})"
