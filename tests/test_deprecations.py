"""Nothing that Home Assistant is going to remove is used: not while tests run, nor while modules are imported."""

from pathlib import Path
import subprocess
import sys

from homeassistant.core import HomeAssistant
from homeassistant.helpers.frame import report_usage
import pytest

from custom_components import interphone

from .deprecations import is_report

PACKAGE = Path(interphone.__path__[0])


@pytest.mark.slow
def test_nothing_is_imported_that_will_be_removed() -> None:
    root = PACKAGE.parents[1]
    modules = sorted(
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in PACKAGE.rglob("*.py")
    )
    code = f"import logging; logging.basicConfig(); import {', '.join(modules)}"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert [line for line in done.stderr.splitlines() if is_report(line)] == []


async def test_a_reported_use_fails_a_test(hass: HomeAssistant, deprecated_use: list[str]) -> None:
    """As if a module of ours did it."""
    assert hass.config
    exec(compile("report_usage('is old')", str(PACKAGE / "old.py"), "exec"), {"report_usage": report_usage})  # noqa: S102 - the line itself
    [line] = deprecated_use
    assert "'interphone' is old" in line
    deprecated_use.clear()
