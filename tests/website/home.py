"""A stand-in for a home: a real server that answers as the published description says, or as a test wants it to."""

import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import hashlib
from http import HTTPStatus
import json
import secrets
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from ..description import check_request, check_response

CODE = "40719326"
SERIAL = "6d1f0a"

type Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refusal(status: int, error: str, **more: Any) -> web.Response:
    return web.json_response({"success": False, "error": error, "message": f"({error})", **more}, status=status)


@dataclass(slots=True)
class StandInHome:
    """Speaks pairing, refresh and revocation; `answers` replaces the answer of a path.

    What the website sends, and what is answered in no test's own way, is held against openapi.json as at a real home.
    """

    server: TestServer | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    challenges: dict[str, str] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)
    # Where a request or a response is not as described; raised at the end of the test.
    faults: list[str] = field(default_factory=list)
    # False for a home that is newer than the description, or broken: its responses may be anything.
    as_described: bool = True
    expires_in: float = 3600
    code_expires_in: int = 300
    state: str = "shown"

    @property
    def address(self) -> str:
        assert self.server is not None
        return str(self.server.make_url("/")).rstrip("/")

    def asked(self, path: str) -> list[tuple[dict[str, str], dict[str, Any]]]:
        """Return headers and bodies of the requests to a path."""
        return [(headers, body) for asked, headers, body in self.requests if asked == path]

    def refuse(self, path: str, status: int, error: str, **more: Any) -> None:
        """Answer a path with an error from now on."""

        async def answer(request: web.Request) -> web.Response:
            response = refusal(status, error, **more)
            self._check_response(request, response)
            return response

        self.answers[path] = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        body = await request.json()
        self.requests.append((path, {key.lower(): value for key, value in request.headers.items()}, body))
        self._check(check_request, request.method, f"/{path}", body)
        if path in self.answers:
            return await self.answers[path](request)
        response: web.Response = getattr(self, f"_{path}")(request, body)
        self._check_response(request, response)
        return response

    def _check_response(self, request: web.Request, response: web.Response) -> None:
        if self.as_described:
            assert isinstance(response.body, bytes)
            path = f"/{request.match_info['path']}"
            self._check(check_response, request.method, path, response.status, json.loads(response.body))

    def _check(self, check: Callable[..., None], *described: Any) -> None:
        try:
            check(*described)
        except AssertionError as fault:
            self.faults.append(str(fault))

    def _code(self, _request: web.Request, body: dict[str, Any]) -> web.Response:
        pairing_id = next((key for key, known in self.challenges.items() if known == body["challenge"]), None)
        if pairing_id is None:
            pairing_id = secrets.token_urlsafe(16)
            self.challenges[pairing_id] = body["challenge"]
        shown = {
            "pairing_id": pairing_id,
            "expires_in": self.code_expires_in,
            "code_length": len(CODE),
            "state": self.state,
        }
        return web.json_response({"success": True, **shown})

    def _codecheck(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(body["verifier"].encode()).digest()).rstrip(b"=").decode()
        if self.challenges.get(body["pairing_id"]) != challenge:
            return refusal(401, "expired_code")
        if request.headers["code"] != CODE:
            return refusal(401, "wrong_code")
        del self.challenges[body["pairing_id"]]
        return web.json_response(
            {"success": True, **self._tokens(), "serial": SERIAL, "grant_id": "g", "home_name": "Home"},
            status=HTTPStatus.CREATED,
        )

    def _token(self, _request: web.Request, body: dict[str, Any]) -> web.Response:
        if body["refresh_token"] not in self.refresh_tokens:
            return refusal(401, "token_reused")
        self.refresh_tokens.remove(body["refresh_token"])
        return web.json_response({"success": True, **self._tokens()})

    def _revoke(self, _request: web.Request, body: dict[str, Any]) -> web.Response:
        self.revoked.append(body["token"])
        self.refresh_tokens.discard(body["token"])
        return web.json_response({"success": True})

    def _tokens(self) -> dict[str, Any]:
        refresh_token = f"refresh-{secrets.token_urlsafe(32)}"
        self.refresh_tokens.add(refresh_token)
        token = f"access-{secrets.token_urlsafe(32)}"
        return {"token": token, "refresh_token": refresh_token, "expires_in": self.expires_in}


@asynccontextmanager
async def stand_in_home() -> AsyncGenerator[StandInHome]:
    home = StandInHome()
    app = web.Application()
    app.router.add_post("/api/interphone/{path}", home.handle)
    async with TestServer(app) as home.server:
        yield home
    assert home.faults == []
