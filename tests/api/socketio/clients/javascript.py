"""Node, with the JavaScript clients of package.json installed beside their scripts."""

import asyncio
import fcntl
from functools import cache
import json
import os
from pathlib import Path
import shutil
import subprocess
from typing import Any

HERE = Path(__file__).parent
TOOLS = HERE.parents[3] / ".tools"
# What behaviours.js reports: this many behaviours over each of these transports.
WAYS = ("polling", "websocket", "upgrade")
BEHAVIOURS = 21
_LINE = 4 * 1024 * 1024


@cache
def installed_node() -> str:
    """Return the path of a Node whose clients are installed, once however many ask at the same time."""
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


async def start_process(program: str, script: str, *arguments: str) -> asyncio.subprocess.Process:
    """Start a script of this folder, with its three streams in the caller's hands."""
    pipe = subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        program, script, *arguments, cwd=HERE, stdin=pipe, stdout=pipe, stderr=pipe, limit=_LINE
    )


async def run_script(script: str, *arguments: str) -> list[dict[str, Any]]:
    """Run one of the scripts to its end and return its lines: `await run_script("mixed.js", url, "12")`."""
    process = await start_process(installed_node(), script, *arguments)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return [json.loads(line) for line in out.splitlines()]
