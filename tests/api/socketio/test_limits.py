"""What one party may send and hold open, with the bounds as they are at home."""

from aiohttp import ClientSession, TCPConnector
import pytest

from custom_components.interphone.engineio.settings import PACKET_SIZE, PACKET_SIZE_MAX, SESSIONS_PER_SOURCE

from ...conftest import Connect, Home, Socket

pytestmark = pytest.mark.usefixtures("quiet_log")

TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling"])


async def connect_as(connect: Connect, home: Home, who: str, display_token: str, transport: str) -> Socket:
    """Join without a token, as a website, or as a display."""
    if who == "website":
        website = await connect((await home.pair_from_display()).token, transports=[transport])
        await website.receive("snapshot")
        return website
    return await connect(display_token if who == "display" else None, transports=[transport])


def message(size: int) -> str:
    """Return what makes an `authenticate` of this many bytes in all, when it asks for an answer."""
    return "x" * (size - len('421["authenticate",""]'))


@TRANSPORTS
@pytest.mark.parametrize(
    ("who", "most"),
    [("unauthenticated", PACKET_SIZE), ("website", PACKET_SIZE), ("display", PACKET_SIZE_MAX)],
)
async def test_a_message_has_a_size(
    home: Home, connect: Connect, hass_access_token: str, who: str, most: int, transport: str
) -> None:
    socket = await connect_as(connect, home, who, hass_access_token, transport)
    assert (await socket.call("authenticate", message(most - 1)))["error"] == "invalid_request"
    await socket.client.emit("authenticate", message(most + 8))
    await socket.closed()


async def status(home: Home, source: str, transport: str) -> int:
    """Shake hands from an address and return the status; a session that is opened stays."""
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    headers["Sec-WebSocket-Key"] = "MDEyMzQ1Njc4OWFiY2RlZg=="
    url = home.client.make_url(f"/socket.io/?EIO=4&transport={transport}")
    async with (
        ClientSession(connector=TCPConnector(local_addr=(source, 0))) as http,
        http.get(url, headers=headers if transport == "websocket" else {}) as response,
    ):
        return response.status


async def test_one_source_holds_so_many_sessions_and_others_come_as_ever(home: Home, connect: Connect) -> None:
    answers = [await status(home, "127.0.0.2", "polling") for _ in range(SESSIONS_PER_SOURCE)]
    assert answers == [200] * SESSIONS_PER_SOURCE
    assert [await status(home, "127.0.0.2", transport) for transport in ("polling", "websocket")] == [429, 429]
    assert [await status(home, "127.0.0.3", transport) for transport in ("polling", "websocket")] == [200, 101]
    website = await connect((await home.pair_from_display()).token)
    await website.receive("snapshot")
