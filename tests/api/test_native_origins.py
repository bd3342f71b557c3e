"""Origins that clients other than browsers send. They write the header themselves: the address that they dialled."""

import socket
import ssl
from typing import Any, Final

from aiohttp import ClientSession, TCPConnector, web
import pytest
import pytest_socket

from custom_components.interphone.const import BASE_PATH

from ..conftest import ORIGIN, Home
from ..engineio.test_writing import certificate  # noqa: F401 - a fixture
from ..test_config_flow import save_options

SOCKET: Final = "/socket.io/?EIO=4&transport=polling"


async def statuses(base: str, origin: str, **headers: str) -> tuple[int, int]:
    """Send REST and Socket.IO requests with this `Origin`; 401 and 200 mean that it is allowed, 403 that it is not."""
    async with (
        ClientSession(connector=TCPConnector(ssl=False), headers={"Origin": origin, **headers}) as session,
        session.get(f"{base}{BASE_PATH}/grant") as rest,
        session.get(f"{base}{SOCKET}") as engine,
    ):
        return rest.status, engine.status


ALLOWED, REFUSED = (401, 200), (403, 403)


async def serve(home: Home, host: str, *, dual: bool = False, context: ssl.SSLContext | None = None) -> int:
    """Serve the home at another address as well; return the port."""
    runner = home.client.server.runner
    assert runner is not None
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if ":" in host:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual)
    sock.bind((host, 0))
    await web.SockSite(runner, sock, ssl_context=context).start()
    port: int = sock.getsockname()[1]
    return port


async def test_the_address_and_port_at_which_the_connection_arrived(home: Home) -> None:
    port = home.client.port
    base = f"http://127.0.0.1:{port}"
    for origin in (base, f"ws://127.0.0.1:{port}"):  # Python's websocket-client; Swift's Starscream
        assert await statuses(base, origin) == ALLOWED, origin
    for origin in (
        f"https://127.0.0.1:{port}",
        f"wss://127.0.0.1:{port}",
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        f"http://127.0.0.2:{port}",
        f"http://[::1]:{port}",
        f"http://localhost:{port}",
        f"http://127.0.0.1.evil.example:{port}",
        f"http://127.1:{port}",
        f"http://2130706433:{port}",
        f"http://0177.0.0.1:{port}",
        f"http://evil.example@127.0.0.1:{port}",
        f"ftp://127.0.0.1:{port}",
        f"//127.0.0.1:{port}",
        f"127.0.0.1:{port}",
        f"http://127.0.0.1:{port}x",
        f"http://[127.0.0.1]:{port}",
    ):
        assert await statuses(base, origin) == REFUSED, origin


async def test_a_name_rebound_to_the_address_is_not_the_address(home: Home) -> None:
    port = home.client.port
    base, evil = f"http://127.0.0.1:{port}", f"evil.example:{port}"
    assert await statuses(base, f"http://{evil}", Host=evil) == REFUSED
    # What the page claims in `Host` changes nothing either.
    assert await statuses(base, f"http://127.0.0.1:{port}", Host=evil) == ALLOWED
    assert await statuses(base, f"http://192.0.2.7:{port}", Host=f"192.0.2.7:{port}") == REFUSED


async def test_literals_of_ipv6(home: Home) -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"])  # until the next test's set-up
    port = await serve(home, "::1")
    base = f"http://[::1]:{port}"
    for origin in (base, f"ws://[::1]:{port}", f"http://[0:0:0:0:0:0:0:1]:{port}"):
        assert await statuses(base, origin) == ALLOWED, origin
    for origin in (f"http://[::2]:{port}", f"http://127.0.0.1:{port}", f"http://::1:{port}", f"http://[::1:{port}"):
        assert await statuses(base, origin) == REFUSED, origin


async def test_ipv4_over_a_socket_of_both_families(home: Home) -> None:
    port = await serve(home, "::", dual=True)
    base = f"http://127.0.0.1:{port}"
    for origin in (base, f"http://[::ffff:127.0.0.1]:{port}"):
        assert await statuses(base, origin) == ALLOWED, origin
    assert await statuses(base, f"http://[::1]:{port}") == REFUSED


async def test_the_scheme_is_the_connections(home: Home, certificate: Any) -> None:  # noqa: F811 - the fixture
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    port = await serve(home, "127.0.0.1", context=context)
    base = f"https://127.0.0.1:{port}"
    for origin in (base, f"wss://127.0.0.1:{port}"):
        assert await statuses(base, origin) == ALLOWED, origin
    for origin in (f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}", "https://127.0.0.1"):
        assert await statuses(base, origin) == REFUSED, origin


async def test_a_session_stays_when_the_list_changes(home: Home) -> None:
    """The connection that the session was opened over may be gone by then."""
    base = f"http://127.0.0.1:{home.client.port}"
    async with ClientSession(headers={"Origin": base}) as session:
        async with session.get(f"{base}{SOCKET}") as response:
            sid = (await response.text()).partition('"sid":"')[2].partition('"')[0]
        async with session.post(f"{base}{SOCKET}&sid={sid}", data="40") as response:
            assert response.status == 200
    await save_options(home.hass, home.entry.entry_id, origins=[])
    async with (
        ClientSession(headers={"Origin": base}) as session,
        session.get(f"{base}{SOCKET}&sid={sid}") as response,
    ):
        assert (await response.text()).startswith('40{"sid":')


class TestTrustedProxy:
    @pytest.fixture
    def http_config(self) -> dict[str, Any]:
        return {"use_x_forwarded_for": True, "trusted_proxies": ["127.0.0.1"]}

    async def test_where_the_connection_arrived_at_the_proxy_nothing_is_the_homes_own(self, home: Home) -> None:
        base = f"http://127.0.0.1:{home.client.port}"
        assert await statuses(base, base) == ALLOWED
        for sender in ("203.0.113.1", "127.0.0.1"):
            assert await statuses(base, base, **{"X-Forwarded-For": sender}) == REFUSED
        for header in ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto"):
            assert await statuses(base, base, **{header: "for=203.0.113.1"}) in (REFUSED, (400, 400)), header


class TestListed:
    @pytest.fixture
    def options(self) -> dict[str, list[str]]:
        return {"origins": [ORIGIN, "file://"], "domains": ["light"]}

    async def test_websocket_schemes_count_as_http(self, home: Home) -> None:
        base = f"http://127.0.0.1:{home.client.port}"
        host = ORIGIN.removeprefix("https://")
        assert await statuses(base, f"wss://{host}") == ALLOWED
        for origin in (f"ws://{host}", f"wss://{host}/", f"wss://{host}:443", f"wss//{host}", f"WSS://{host}"):
            assert await statuses(base, origin) == REFUSED, origin

    async def test_file_may_be_listed(self, home: Home) -> None:
        """What clients for Arduino send."""
        base = f"http://127.0.0.1:{home.client.port}"
        assert await statuses(base, "file://") == ALLOWED
        for origin in ("file:///", "file:", "file://x", "null"):
            assert await statuses(base, origin) == REFUSED, origin


async def test_file_is_refused_unless_listed(home: Home) -> None:
    assert await statuses(f"http://127.0.0.1:{home.client.port}", "file://") == REFUSED
