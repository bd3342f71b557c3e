"""What is written reaches its own client, whole and in order, whichever way it goes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
import json
from pathlib import Path
import socket
import ssl
from typing import Self

from aiohttp import ClientSession, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest

from custom_components.interphone.engineio.ready import ReadyMade
from custom_components.interphone.engineio.server import Engine

from .conftest import NO_TIMEOUTS, Wire, eventually

type MakeWire = Callable[..., Awaitable[Wire]]


class Reluctant:
    """A WebSocket client that reads on request, and never beforehand."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, url: str) -> Self:
        """Shake hands and read OPEN."""
        host, _, path = url.removeprefix("http://").partition("/")
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        raw.settimeout(0)
        client = cls(raw)
        await client._loop.sock_connect(raw, ("127.0.0.1", int(host.partition(":")[2])))
        request = (
            f"GET /{path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: home\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
        await client._loop.sock_sendall(raw, request.encode())
        while not (await client.read()).endswith(b"}"):
            pass
        return client

    async def send_until_stuck(self, frame: bytes) -> int:
        """Send a frame again and again until the server takes no more; return how many went out whole."""
        sent, blocked = 0, 0
        while blocked < 50:
            try:
                size = self._raw.send(frame)
            except BlockingIOError:
                blocked += 1
            else:
                sent, blocked = sent + 1, 0
                if size < len(frame):
                    self._unsent = asyncio.create_task(self._loop.sock_sendall(self._raw, frame[size:]))
                    return sent
            await asyncio.sleep(0)
        return sent

    def read_what_there_is(self) -> bytes:
        """Take what has come, at once."""
        return self._raw.recv(1 << 20)

    async def read(self) -> bytes:
        """Wait for more."""
        async with asyncio.timeout(5):
            return await self._loop.sock_recv(self._raw, 1 << 20)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "home")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "home.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


async def test_home_assistant_with_a_certificate_of_its_own(certificate: Path) -> None:
    engine = Engine(settings=NO_TIMEOUTS)
    app = web.Application()
    app.router.add_route("*", "/engine.io/", engine.handle_request)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    served, trusted = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(cafile=certificate),
    )
    served.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=served).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/engine.io/?EIO=4&transport=websocket"
    try:
        async with ClientSession() as http, http.ws_connect(url, ssl=trusted) as client:
            sid = json.loads((await client.receive_str(timeout=5))[1:])["sid"]
            for text in ("short", "é" * 200_000, "last"):
                await engine.send(sid, text)
            for text in ("short", "é" * 200_000, "last"):
                assert await client.receive_str(timeout=5) == f"4{text}"
    finally:
        await engine.shutdown()
        await runner.cleanup()


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 113, 125])
async def test_answers_to_websocket_pings_are_not_cut_into(make_wire: MakeWire, size: int) -> None:
    """An answer that waits half-written goes first, even if there is room again before the rest of it is sent."""
    wire = await make_wire()
    client = await Reluctant.open(wire.url)
    _, sid, _ = await wire.events.get()
    session = wire.engine.find(sid)
    assert session is not None
    ping = bytes([0x89, 0x80 | size, 0, 0, 0, 0]) + b"p" * size
    sent = await client.send_until_stuck(ping)
    received = client.read_what_there_is()
    session.write(ReadyMade.message("m" * 1000))
    answer, message = bytes([0x8A, size]) + b"p" * size, b"\x81\x7e\x03\xe94" + b"m" * 1000
    while len(received) < sent * len(answer) + len(message):
        received += await client.read()
    before, _, after = received.partition(message)
    assert before + after == answer * sent
    assert len(before) % len(answer) == 0


async def test_a_socket_that_is_gone_is_not_mistaken_for_the_next(make_wire: MakeWire) -> None:
    """The system gives the next connection the number of the one before."""
    wire = await make_wire()
    gone, opened = await wire.open_socket()
    session = wire.engine.find(opened["sid"])
    assert session is not None
    link = session.socket
    assert link is not None
    await gone.close()
    await eventually(lambda: session.ended is not None)
    for _ in range(3):  # whichever of both sides gets the number
        await wire.open_socket()
    link.write(b"\x81\x10not for the next")
    for client in wire.kept[1:]:
        await client.send_str("4hello")
        assert await client.receive_str(timeout=5) == "4hello"
        await client.close()
