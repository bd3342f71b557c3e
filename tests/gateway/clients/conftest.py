"""The JavaScript clients, installed once, and the fixtures of the engine's tests."""

import asyncio
from collections.abc import Awaitable, Callable
import fcntl
import json
import os
from pathlib import Path
import shutil
import subprocess
from typing import Any

import pytest

from ..engineio.conftest import _custom_integrations, make_server, serve  # noqa: F401 - fixtures

HERE = Path(__file__).parent
TOOLS = HERE.parents[2] / ".tools"

type RunNode = Callable[..., Awaitable[list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def node() -> str:
    """A Node with the clients of package.json installed beside their scripts."""
    path = os.pathsep.join([os.environ["PATH"], str(TOOLS / "node" / "bin")])
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    assert node is not None, "Node is missing: run scripts/setup"
    assert npm is not None, "npm is missing: run scripts/setup"
    TOOLS.mkdir(exist_ok=True)
    installed = HERE / "node_modules" / ".installed"
    wanted = (HERE / "package.json").read_text()
    with (TOOLS / "test-clients.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.read_text() != wanted:
            subprocess.run(  # noqa: S603 - npm, found above
                [npm, "install", "--silent", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=HERE,
                env={**os.environ, "PATH": path},
                check=True,
            )
            installed.write_text(wanted)
    return node


@pytest.fixture
def run_node(node: str) -> RunNode:
    """Run one of the scripts to its end: `reports = await run_node("behaviours.js", "sio-4", url)`."""

    async def run(script: str, *arguments: str) -> list[dict[str, Any]]:
        process = await asyncio.create_subprocess_exec(
            node, script, *arguments, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return [json.loads(line) for line in out.splitlines()]

    return run
