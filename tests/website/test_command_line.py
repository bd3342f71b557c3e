import asyncio
import os
from pathlib import Path
import signal
import socket
import sys

from aiohttp import ClientSession
from aiohttp.test_utils import unused_port
import pytest

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "examples" / "website"


async def start(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "website", *arguments),
        cwd=FOLDER,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_it_serves_says_where_and_stops_when_told(tmp_path: Path) -> None:
    port = unused_port()
    data = tmp_path / "made" / "by" / "it"
    process = await start("--port", str(port), "--data", str(data), WEBSITE_NAME="Lakeside & Sons")
    assert process.stdout is not None
    assert await process.stdout.readline() == f"Serving http://localhost:{port}\n".encode()

    async with (
        ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/", headers={"Host": f"localhost:{port}"}) as response,
    ):
        assert "Lakeside &amp; Sons" in await response.text()
    process.send_signal(signal.SIGTERM)

    assert await process.wait() == 0
    assert await process.stdout.read() == b""
    assert (data / "website.db").exists()


async def test_what_prevents_a_start_is_said_in_a_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await start("--port", str(port), "--data", str(tmp_path))
        output = (await process.communicate())[0].decode()
    assert process.returncode == 1
    assert output.startswith("error: ")
    assert str(port) in output
    assert "Traceback" not in output

    process = await start("--origin", "example.org", "--data", str(tmp_path))
    output = (await process.communicate())[0].decode()
    assert process.returncode == 1
    assert "is not an origin" in output
