"""HTTP requests of the Engine.IO path: routes each to its session and transport, and makes the response."""

import asyncio
from collections.abc import Callable
import json
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from aiohttp import WSCloseCode, hdrs, web

from . import codec3, codec4
from .body import BodyTooLargeError, abandon_broken_body, read_body
from .errors import (
    BadMethodError,
    BadRequestError,
    RequestError,
    UnknownSessionError,
    UnknownTransportError,
    UnsupportedVersionError,
)
from .packet import Form, Packet, PacketError, PacketType
from .ready import ReadyMade
from .reason import Reason
from .repetition import fingerprint
from .session import Host, Session
from .websocket import WebSocketConnection

_PROBE, _UPGRADE = "2probe", "5"
_PROBE_PONG = ReadyMade(Packet(PacketType.PONG, "probe"))


class _Query(NamedTuple):
    """The parameters of a request that decide where it goes."""

    form: Form
    wants_socket: bool
    sid: str | None


class Registry(Host, Protocol):
    """The interface of the engine that requests use: its sessions, and its count of open WebSockets."""

    def find(self, sid: str) -> Session | None:
        """Return the session of this id, or None when there is none or it takes no more requests."""

    def admit(self, form: Form, source: str, environ: dict[str, Any]) -> Session:
        """Make a session and count it; the caller opens it. Raises ForbiddenError when there is no room."""

    def hold(self, connection: WebSocketConnection) -> None:
        """Count an open WebSocket, for which `shutdown` waits."""

    def release(self, connection: WebSocketConnection) -> None:
        """Count it as closed."""


class Requests:
    """The request handler of an engine."""

    def __init__(self, engine: Registry, source_of: Callable[[web.Request], str] | None) -> None:
        """Serve the sessions of `engine`; `source_of` returns the key under which a request's sessions are counted."""
        self._engine = engine
        self._source_of = source_of or _remote

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Return the response to any request. Raises only CancelledError, and ConnectionError when the client left."""
        if request.method == "OPTIONS":
            return web.Response(status=204)
        try:
            return await self._route(request)
        except RequestError as error:
            response = web.json_response({"code": error.code, "message": str(error)}, status=error.status)
            abandon_broken_body(request, response)
            return response

    async def _route(self, request: web.Request) -> web.StreamResponse:
        query = _parse(request)
        if query.sid is None:
            if request.method != "GET":
                raise BadMethodError
            return await (self._open_socket if query.wants_socket else self._open_polling)(request, query.form)
        session = self._engine.find(query.sid)
        if session is None:
            raise UnknownSessionError
        if session.form.version != query.form.version:
            raise BadRequestError
        if query.wants_socket:
            return await self._upgrade(request, session, query.form)
        if session.socket is not None:
            raise BadRequestError
        if request.method == "GET":
            return await self._respond_to_poll(request, session)
        if request.method == "POST":
            return await self._take_post(request, session)
        raise BadMethodError

    # --- opening ---

    def _admit(self, request: web.Request, form: Form) -> Session:
        return self._engine.admit(form, self._source_of(request), _environ(request))

    async def _open_polling(self, request: web.Request, form: Form) -> web.StreamResponse:
        session = self._admit(request, form)
        session.write(self._hello(session, ["websocket"]))
        body, binary = session.take_payload()
        session.open()
        return _poll_response(body, binary=binary)

    async def _open_socket(self, request: web.Request, form: Form) -> web.StreamResponse:
        session = self._admit(request, form)
        try:
            connection = await self._accept(request)
        except BaseException:
            self._engine.forget(session)
            raise
        try:
            session.attach(connection)
            session.write(self._hello(session, []))
            session.open()
            await self._converse(session, connection)
            await connection.finish()
        except asyncio.CancelledError:
            connection.abort()
            raise
        finally:
            self._engine.release(connection)
        return connection.response

    def _hello(self, session: Session, upgrades: list[str]) -> ReadyMade:
        settings = self._engine.settings
        hello = {
            "sid": session.sid,
            "upgrades": upgrades,
            "pingInterval": round(settings.ping_interval * 1000),
            "pingTimeout": round(settings.ping_timeout * 1000),
            "maxPayload": session.packet_size,
        }
        return ReadyMade(Packet(PacketType.OPEN, json.dumps(hello, separators=(",", ":"))))

    # --- polling ---

    async def _respond_to_poll(self, request: web.Request, session: Session) -> web.StreamResponse:
        poll = fingerprint(request)
        if session.polled:
            session.end(Reason.TRANSPORT_ERROR)
            raise BadRequestError
        if poll is not None and (again := session.repeated_payload(poll)) is not None:
            return _poll_response(again[0], binary=again[1])
        try:
            await session.wait_for_packets()
        except asyncio.CancelledError:
            session.end(Reason.TRANSPORT_CLOSE)
            raise
        if request.transport is None:
            session.end(Reason.TRANSPORT_CLOSE)
        body, binary = session.take_payload(poll)
        return _poll_response(body, binary=binary)

    async def _take_post(self, request: web.Request, session: Session) -> web.Response:
        if session.posting:
            session.end(Reason.TRANSPORT_ERROR)
            raise BadRequestError
        session.posting = True
        try:
            body = await self._read_body(request, session)
            post = fingerprint(request, body)
            if post is None or not post.repeats(session.last_post):
                self._receive(session, body, binary=_is_binary(request))
                session.last_post = post
            if session.backlogged:
                await session.caught_up()
        except PacketError:
            session.end(Reason.PARSE_ERROR)
            raise BadRequestError from None
        except web.RequestPayloadError:
            session.end(Reason.TRANSPORT_ERROR)
            raise BadRequestError from None
        except BodyTooLargeError:
            session.end(Reason.TOO_LARGE)
            raise BadRequestError(413) from None
        except TimeoutError:
            session.end(Reason.TRANSPORT_ERROR)
            raise BadRequestError(408) from None
        except BaseException:  # whatever cut the body short, and a cancelled request
            session.end(Reason.TRANSPORT_ERROR)
            raise
        finally:
            session.posting = False
        return _ok_response()

    def _receive(self, session: Session, body: bytes, *, binary: bool) -> None:
        packets = _codec(session.form).decode_payload(body, binary=binary, most=self._engine.settings.payload_packets)
        for packet in packets:
            session.receive(packet)

    async def _read_body(self, request: web.Request, session: Session) -> bytes:
        """Read the body; TimeoutError when it takes longer than `body_timeout`, or the session ends meanwhile."""
        async with asyncio.timeout(self._engine.settings.body_timeout) as limit:
            session.body_timeout = limit
            try:
                return await read_body(request, session.packet_size)
            finally:
                session.body_timeout = None

    # --- WebSocket ---

    async def _accept(self, request: web.Request) -> WebSocketConnection:
        settings = self._engine.settings
        try:
            connection = await WebSocketConnection.accept(
                request, largest=settings.packet_size_max, close_timeout=settings.close_timeout
            )
        except web.HTTPException, ConnectionError:
            raise BadRequestError from None
        self._engine.hold(connection)
        return connection

    async def _converse(self, session: Session, connection: WebSocketConnection) -> None:
        """Read the socket until it closes, then end the session."""
        decode = _codec(session.form).decode
        try:
            while (content := await connection.receive()) is not None:
                if _byte_length(content) > session.packet_size:
                    session.end(Reason.TOO_LARGE, code=WSCloseCode.MESSAGE_TOO_BIG)
                    continue
                session.receive(decode(content))
                if session.backlogged:
                    await session.caught_up()
        except PacketError:
            session.end(Reason.PARSE_ERROR, code=WSCloseCode.PROTOCOL_ERROR)
        finally:
            session.end(Reason.TRANSPORT_ERROR if connection.failed else Reason.TRANSPORT_CLOSE)

    async def _upgrade(self, request: web.Request, session: Session, form: Form) -> web.StreamResponse:
        connection = await self._accept(request)
        try:
            if session.begin_upgrade(connection) and await self._probe(session, connection):
                session.finish_upgrade(connection, form)
                await self._converse(session, connection)
            await connection.finish()
        except asyncio.CancelledError:
            connection.abort()
            raise
        finally:
            self._engine.release(connection)
        return connection.response

    async def _probe(self, session: Session, connection: WebSocketConnection) -> bool:
        """Return whether the client upgrades to `connection`; until it does, the session stays with polling.

        Small clients send the upgrade packet without a probe; the reference server takes that.
        """
        engine = self._engine
        late = engine.timetable.after(
            engine.settings.upgrade_timeout,
            lambda: connection.close(WSCloseCode.POLICY_VIOLATION, "the upgrade took too long"),
        )
        try:
            content = await connection.receive()
            if content == _PROBE:
                connection.write(_PROBE_PONG.frame(Form.V4))
                session.probe()
                content = await connection.receive()
            return content == _UPGRADE and session.ended is None
        finally:
            late.cancel()
            session.drop_upgrade()


def _parse(request: web.Request) -> _Query:
    query = request.query
    # Clients of the third version were written before there was a parameter for it.
    version, transport = query.get("EIO", "3"), query.get("transport")
    if version not in ("3", "4"):
        raise UnsupportedVersionError
    # JSONP bypasses the origin check, and browsers do not run it where `nosniff` is sent.
    if transport not in ("polling", "websocket") or "j" in query:
        raise UnknownTransportError
    wants_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    if wants_socket != (transport == "websocket") or (wants_socket and request.method != "GET"):
        raise BadRequestError
    form = Form.V4 if version == "4" else Form.V3_BASE64 if query.get("b64") else Form.V3
    return _Query(form, wants_socket, query.get("sid") or None)


def _codec(form: Form) -> ModuleType:
    return codec4 if form is Form.V4 else codec3


def _byte_length(content: str | bytes) -> int:
    return len(content) if isinstance(content, bytes) or content.isascii() else len(content.encode())


def _is_binary(request: web.Request) -> bool:
    """Return whether the body is declared as bytes; the default is text."""
    return request.headers.get(hdrs.CONTENT_TYPE, "").lower().startswith("application/octet-stream")


def _poll_response(body: bytes, *, binary: bool) -> web.Response:
    """Return the response to a poll. It names the charset, because some pages are not UTF-8."""
    kind = "application/octet-stream" if binary else "text/plain; charset=UTF-8"
    return web.Response(body=body, headers={"Cache-Control": "no-store", "Content-Type": kind})


def _ok_response() -> web.Response:
    """Return the response to a POST that was taken. Not text/plain, which some browsers offer as a download."""
    return web.Response(body=b"ok", headers={"Cache-Control": "no-store", "Content-Type": "text/html; charset=UTF-8"})


def _remote(request: web.Request) -> str:
    return request.remote or ""


def _environ(request: web.Request) -> dict[str, Any]:
    """Return the environment of the connect handler, with the keys that python-socketio reads."""
    return {
        "aiohttp.request": request,
        "REMOTE_ADDR": request.remote,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
    }
