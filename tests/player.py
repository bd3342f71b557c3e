"""A player: fetches the files of a stream, with nothing but an address."""

from urllib.parse import urljoin

from custom_components.interphone.const import BASE_PATH

from .conftest import Home


async def fetch(home: Home, address: str, media_type: str, **headers: str) -> bytes:
    """Fetch a file of a stream as a player does: without a token."""
    async with home.client.get(BASE_PATH + address, headers=headers) as response:
        assert response.status == 200, (address, response.status, await response.text())
        assert response.content_type == media_type
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        return await response.read()


async def playlist(home: Home, address: str, **headers: str) -> list[str]:
    text = await fetch(home, address, "application/vnd.apple.mpegurl", **headers)
    lines = text.decode().splitlines()
    assert lines[0] == "#EXTM3U"
    return lines


def named(lines: list[str], address: str) -> list[str]:
    """Return the addresses a playlist names, as a player resolves them."""
    return [urljoin(address, line) for line in lines if line and not line.startswith("#")]
