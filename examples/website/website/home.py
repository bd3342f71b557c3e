"""The website server's client of a home's Interphone API."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
import json
import socket
import ssl
from typing import Any

from aiohttp import (
    AddrInfoType,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)

from .address import is_public

TIMEOUT = ClientTimeout(total=10, connect=5)
# Bounds what an untrusted server can make us read. Real responses are far smaller.
RESPONSE_MAX = 64 * 1024
MESSAGE_MAX = 200
STATES = frozenset({"shown", "requested", "waiting"})


class HomeError(Exception):
    """The home refused the request, or there is no usable response.

    `code` is the home's error code, or one of this client's: `unreachable`, `bad_certificate`, `redirected`,
    `not_interphone`. `message` is the home's message, or empty. `retry_after` is in seconds.
    """

    def __init__(self, code: str, *, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A requested code. `state` is "shown", "requested" (queued behind another) or "waiting" (for a tap on a display).

    `expires_in` is in seconds.
    """

    pairing_id: str
    expires_in: float
    code_length: int
    state: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token, valid for `expires_in` seconds, and a refresh token, valid for one use."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: float


@asynccontextmanager
async def connect_homes(*, public_only: bool) -> AsyncIterator[ClientSession]:
    """Open the HTTP client for all homes, without cookies and with short timeouts.

    With `public_only` it connects to globally routable addresses only.
    """

    def open_socket(info: AddrInfoType) -> socket.socket:
        # The address is checked here, after resolution: an earlier check could be bypassed by DNS rebinding.
        family, kind, protocol, _, address = info
        if public_only and not is_public(str(address[0])):
            raise ConnectionRefusedError("not a public address")
        return socket.socket(family, kind, protocol)

    connector = TCPConnector(limit_per_host=4, socket_factory=open_socket)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar(), timeout=TIMEOUT) as client:
        yield client


class Home:
    """The API of the home at `address`. Every method raises HomeError."""

    def __init__(self, client: ClientSession, address: str, origin: str) -> None:
        """`origin` is the website's own. The home checks it against its allow-list and stores it with the grant."""
        self._client = client
        self._base = f"{address}/api/interphone"
        self._origin = origin

    async def request_code(self, challenge: str, client_name: str, account_hint: str) -> CodeRequest:
        """Request a code that can be redeemed only with the verifier of `challenge` (RFC 7636, S256).

        Repeating the request with the same challenge shows the same code again.
        """
        body = {"challenge": challenge, "client_name": client_name, "account_hint": account_hint}
        response = await self._post("code", body)
        state = _text(response, "state")
        return CodeRequest(
            _text(response, "pairing_id"),
            _number(response, "expires_in"),
            int(_number(response, "code_length")),
            state if state in STATES else "requested",
        )

    async def check_code(self, code: str, pairing_id: str, verifier: str) -> tuple[str, Tokens]:
        """Redeem the code. Returns the home's serial and the tokens."""
        response = await self._post("codecheck", {"pairing_id": pairing_id, "verifier": verifier}, {"code": code})
        return _text(response, "serial"), _tokens(response)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Exchange the refresh token for a new pair. The old token is spent, so store the new one at once."""
        return _tokens(await self._post("token", {"grant_type": "refresh_token", "refresh_token": refresh_token}))

    async def revoke(self, refresh_token: str) -> None:
        """End the grant (RFC 7009)."""
        await self._post("revoke", {"token": refresh_token})

    async def _post(
        self, path: str, body: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        url, headers = f"{self._base}/{path}", {"Origin": self._origin, **(headers or {})}
        try:
            async with self._client.post(url, json=body, headers=headers, allow_redirects=False) as response:
                status, content = response.status, await _read(response)
        except (ClientSSLError, ssl.SSLError) as err:
            raise HomeError("bad_certificate") from err
        except (ClientError, OSError, TimeoutError, ValueError) as err:
            raise HomeError("unreachable") from err
        return _parse(status, content)


async def _read(response: ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(4096):
        content += chunk
        if len(content) > RESPONSE_MAX:
            raise HomeError("not_interphone")
    return bytes(content)


def _parse(status: int, content: bytes) -> dict[str, Any]:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise HomeError("redirected")
    try:
        body = json.loads(content)
    except ValueError, RecursionError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("success"), bool):
        # Not a home's response. A 5xx comes from a proxy in front of a home that is down.
        raise HomeError("unreachable" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "not_interphone")
    if body["success"] and status < HTTPStatus.MULTIPLE_CHOICES:
        return body
    retry_after = body.get("retry_after")
    raise HomeError(
        str(body.get("error"))[:MESSAGE_MAX],
        message=str(body.get("message") or "")[:MESSAGE_MAX],
        retry_after=retry_after if isinstance(retry_after, int | float) and retry_after >= 0 else None,
    )


def _tokens(body: Mapping[str, Any]) -> Tokens:
    return Tokens(_text(body, "token"), _text(body, "refresh_token"), _number(body, "expires_in"))


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if isinstance(value, str) and value:
        return value
    raise HomeError("not_interphone")


def _number(body: Mapping[str, Any], key: str) -> float:
    value = body.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise HomeError("not_interphone")
