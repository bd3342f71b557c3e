"""Where Home Assistant's decoder of films cannot be had, Interphone loads all the same."""

from pathlib import Path
import subprocess
import sys

import pytest

import custom_components.interphone as package

pytestmark = pytest.mark.slow

PROGRAM = """
import importlib, pkgutil, sys
sys.modules["av"] = None
import custom_components.interphone as package
for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    importlib.import_module(module.name)
"""


def test_no_module_needs_the_decoder() -> None:
    root = Path(package.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - a program of ours
    assert done.returncode == 0, done.stderr
