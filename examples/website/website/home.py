"""The client of one home's Interphone API, as the website's server speaks it."""

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
# A stranger's server may send anything; an honest answer is far below this.
ANSWER_MAX = 64 * 1024
MESSAGE_MAX = 200
STATES = frozenset({"shown", "requested", "waiting"})


class HomeError(Exception):
    """The home refused, or did not answer as a home does.

    `code` is the home's stable error code, or one of ours: `unreachable`, `bad_certificate`, `redirected`,
    `not_interphone`. `message` is the home's own words, if any.
    """

    def __init__(self, code: str, *, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A code was asked for. `state` is "shown", "requested" (waits its turn) or "waiting" (for a tap on a panel)."""

    pairing_id: str
    expires_in: float
    code_length: int
    state: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What lets this website in: a token for `expires_in` seconds, and a refresh token that is good for one use."""

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: float


@asynccontextmanager
async def connect_homes(*, public_only: bool) -> AsyncIterator[ClientSession]:
    """Open the HTTP client for all homes: no cookies, no redirects, short patience."""

    def open_socket(info: AddrInfoType) -> socket.socket:
        # Here the name is resolved for good: checking earlier would let a second answer of the DNS slip in.
        family, kind, protocol, _, address = info
        if public_only and not is_public(str(address[0])):
            raise ConnectionRefusedError("not a public address")
        return socket.socket(family, kind, protocol)

    connector = TCPConnector(limit_per_host=4, socket_factory=open_socket)
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar(), timeout=TIMEOUT) as client:
        yield client


class Home:
    """One home at `address`. Every method raises HomeError."""

    def __init__(self, client: ClientSession, address: str, origin: str) -> None:
        """`origin` is the website's own: the home checks it against its list and binds the grant to it."""
        self._client = client
        self._base = f"{address}/api/interphone"
        self._origin = origin

    async def request_code(self, challenge: str, client_name: str, account_hint: str) -> CodeRequest:
        """Have the panels show a code that only who knows the verifier behind `challenge` can redeem.

        Asking again with the same challenge shows the same code again.
        """
        body = {"challenge": challenge, "client_name": client_name, "account_hint": account_hint}
        answer = await self._post("code", body)
        state = _text(answer, "state")
        return CodeRequest(
            _text(answer, "pairing_id"),
            _number(answer, "expires_in"),
            int(_number(answer, "code_length")),
            state if state in STATES else "requested",
        )

    async def check_code(self, code: str, pairing_id: str, verifier: str) -> tuple[str, Tokens]:
        """Redeem the code: returns the home's serial and the tokens."""
        answer = await self._post("codecheck", {"pairing_id": pairing_id, "verifier": verifier}, {"code": code})
        return _text(answer, "serial"), _tokens(answer)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Trade the refresh token for a new pair. The old one is spent: store the new one at once."""
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
        return _answer(status, content)


async def _read(response: ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(4096):
        content += chunk
        if len(content) > ANSWER_MAX:
            raise HomeError("not_interphone")
    return bytes(content)


def _answer(status: int, content: bytes) -> dict[str, Any]:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise HomeError("redirected")
    try:
        answer = json.loads(content)
    except ValueError, RecursionError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
        # A proxy in front of a home that is down answers in its own words.
        raise HomeError("unreachable" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "not_interphone")
    if answer["success"] and status < HTTPStatus.MULTIPLE_CHOICES:
        return answer
    retry_after = answer.get("retry_after")
    raise HomeError(
        str(answer.get("error"))[:MESSAGE_MAX],
        message=str(answer.get("message") or "")[:MESSAGE_MAX],
        retry_after=retry_after if isinstance(retry_after, int | float) and retry_after >= 0 else None,
    )


def _tokens(answer: Mapping[str, Any]) -> Tokens:
    return Tokens(_text(answer, "token"), _text(answer, "refresh_token"), _number(answer, "expires_in"))


def _text(answer: Mapping[str, Any], key: str) -> str:
    value = answer.get(key)
    if isinstance(value, str) and value:
        return value
    raise HomeError("not_interphone")


def _number(answer: Mapping[str, Any], key: str) -> float:
    value = answer.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise HomeError("not_interphone")
