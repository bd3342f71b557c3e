"""The package stands alone: it can be copied out, and then run with aiohttp only."""

import ast
from dataclasses import fields
from pathlib import Path
import re
import shutil
import subprocess
import sys

import pytest

from custom_components.interphone import engineio
from custom_components.interphone.engineio.settings import Settings

FOLDER = Path(engineio.__file__).parent
README = (FOLDER / "README.md").read_text()
# Bytes in, packets out: these run without an event loop.
PURE = {"codec3.py", "codec4.py", "packet.py", "ready.py", "outbox.py"}
ALLOWED = {"aiohttp"}


def foreign_imports(source: str, allowed: set[str]) -> set[str]:
    """Return the modules that a file imports from outside the package, the standard library and `allowed`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level != 1:
            found.add("." * node.level + (node.module or ""))
    return {name for name in found if name.split(".")[0] not in sys.stdlib_module_names | allowed}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.name)
def test_nothing_but_aiohttp_is_imported(file: Path) -> None:
    source = file.read_text()
    assert not foreign_imports(source, set() if file.name in PURE else ALLOWED)
    if file.name in PURE:
        assert "asyncio" not in source
    assert not re.search(r"interphone|home ?assistant|voluptuous|probatio", source, re.IGNORECASE)


@pytest.mark.parametrize(
    "line",
    [
        "import homeassistant",
        "from homeassistant.core import HomeAssistant",
        "import voluptuous as vol",
        "from ..const import DOMAIN",
        "from .. import errors",
        "from custom_components.interphone.errors import InterphoneError",
        "def late():\n    import homeassistant.util.dt",
        "import socketio",
    ],
)
def test_an_import_from_outside_is_found(line: str) -> None:
    assert foreign_imports(f"import asyncio\nfrom .packet import Packet\nfrom aiohttp import web\n{line}", ALLOWED)


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README, re.DOTALL)


# Runs in a process of its own, in which the package's folder and aiohttp are all there is.
DRIVER = """
import asyncio
import sys

BLOCKED = {"homeassistant", "voluptuous", "probatio", "custom_components", "socketio", "engineio"}


class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is not part of the package")


sys.meta_path.insert(0, Blocker())

from aiohttp import ClientSession, web
from example import make_app


async def main():
    runner = web.AppRunner(make_app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/engine.io/"
    async with ClientSession() as session:
        async with session.ws_connect(url, params={"EIO": "4", "transport": "websocket"}) as socket:
            assert (await socket.receive_str(timeout=5))[0] == "0"
            assert await socket.receive_str(timeout=5) == "4hello"
            await socket.send_str("4back")
            assert await socket.receive_str(timeout=5) == "4back"
        params = {"EIO": "3", "transport": "polling"}
        async with session.get(url, params=params) as response:
            text = await response.text()
        params["sid"] = text.partition('"sid":"')[2].partition('"')[0]
        async with session.get(url, params=params) as response:
            assert await response.text() == "6:4hello"
    await runner.cleanup()
    print("served")


asyncio.run(main())
"""


def test_the_readmes_example_runs_on_a_copy_of_the_folder(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "aiohttp_engineio", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "example.py").write_text(examples()[0])
    (tmp_path / "driver.py").write_text(DRIVER)
    result = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "driver.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "served"
    assert "left: transport close" in result.stdout


def test_the_readmes_table_has_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([\d., ]+) \|", README, re.MULTILINE)
    stated = {
        name.strip("` "): float(value.replace(",", ""))
        for names, values in rows
        for name, value in zip(names.split(", "), values.split(", "), strict=True)
    }
    assert stated == {field.name: float(field.default) for field in fields(Settings)}


def test_the_readme_names_every_file() -> None:
    assert {file.name for file in FOLDER.glob("*.py")} - {"__init__.py"} == set(re.findall(r"`(\w+\.py)`", README))
