import os
from pathlib import Path
import subprocess
import sys

CHECKOUT = Path(__file__).parents[1]


def test_the_pins_of_the_installed_release_are_those_of_the_development_requirements() -> None:
    """`scripts/newest` installs what this prints for the newest release; for the pinned one the result is known."""
    printed = subprocess.run(
        [sys.executable, "-m", "demo_home.requirements"],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "scripts")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()

    *paragraphs, _ = (CHECKOUT / "requirements" / "dev.in").read_text().split("# Tests, types, style.")
    pinned = [line for line in paragraphs[0].splitlines() if "==" in line and not line.startswith("homeassistant==")]
    assert printed == sorted([*pinned, "python-socketio>=5.18,<6"])
