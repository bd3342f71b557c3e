"""HTTP requests of the Engine.IO path: which session and transport each is for, and what it is answered."""

import asyncio
from collections.abc import Callable
import json
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from aiohttp import WSCloseCode, web

from . import codec3, codec4
from .body import BodyTooLargeError, let_go_of_broken_body, read_body
from .packet import Form, Packet, PacketError, PacketType
from .ready import ReadyMade
from .reason import Reason
from .session import Host, Session
from .transports import WebSocketLink, is_binary, ok_response, poll_response

_PROBE_PONG = ReadyMade(Packet(PacketType.PONG, "probe"))


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """Answered with `status` and the error `code` of the JavaScript server; clients show the message."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


_UNKNOWN_TRANSPORT = (0, "Transport unknown")
_UNKNOWN_SID = (1, "Session ID unknown")
_BAD_METHOD = (2, "Bad handshake method")
_BAD_REQUEST = (3, "Bad request")
_FORBIDDEN = 4
_UNSUPPORTED_VERSION = (5, "Unsupported protocol version")


class _Ask(NamedTuple):
    """What a request's address says."""

    form: Form
    wants_socket: bool
    sid: str | None


class Registry(Host, Protocol):
    """What requests need of their server: it knows the sessions, and counts the WebSockets."""

    def find(self, sid: str) -> Session | None:
        """Return the session that still answers requests under this id."""

    def refusal(self, source: str) -> tuple[int, str] | None:
        """Return the HTTP status and reason for which `source` may not open a session now."""

    def admit(self, form: Form, source: str, environ: dict[str, Any]) -> Session:
        """Make a session and count it."""

    def hold(self, link: WebSocketLink) -> None:
        """Count an open WebSocket."""

    def release(self, link: WebSocketLink) -> None:
        """Count it as closed."""


class Requests:
    """Answers requests for the sessions of an engine."""

    def __init__(self, engine: Registry, source_of: Callable[[web.Request], str] | None) -> None:
        """Answer for the sessions of `engine`; `source_of` names the party a request comes from."""
        self._engine = engine
        self._source_of = source_of or _remote

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer any request. Never raises, save when the request is cancelled or its client has left."""
        if request.method == "OPTIONS":
            return web.Response(status=204)
        try:
            return await self._route(request)
        except Refused as refused:
            body = {"code": refused.code, "message": str(refused)}
            response = web.json_response(body, status=refused.status)
            let_go_of_broken_body(request, response)
            return response

    async def _route(self, request: web.Request) -> web.StreamResponse:
        ask = _parse(request)
        if ask.sid is None:
            if request.method != "GET":
                raise Refused(*_BAD_METHOD)
            return await (self._open_socket if ask.wants_socket else self._open_polling)(request, ask.form)
        session = self._engine.find(ask.sid)
        if session is None:
            raise Refused(*_UNKNOWN_SID)
        if session.form.version != ask.form.version:
            raise Refused(*_BAD_REQUEST)
        if ask.wants_socket:
            return await self._upgrade(request, session, ask.form)
        if session.socket is not None:
            raise Refused(*_BAD_REQUEST)
        if request.method == "GET":
            return await self._answer_poll(request, session)
        if request.method == "POST":
            return await self._take_post(request, session)
        raise Refused(*_BAD_METHOD)

    # --- opening ---

    def _admit(self, request: web.Request, form: Form) -> Session:
        source = self._source_of(request)
        if refusal := self._engine.refusal(source):
            status, message = refusal
            raise Refused(_FORBIDDEN, message, status)
        return self._engine.admit(form, source, _environ(request))

    async def _open_polling(self, request: web.Request, form: Form) -> web.StreamResponse:
        session = self._admit(request, form)
        session.write(self._hello(session, ["websocket"]))
        body, binary = session.take_payload()
        session.open()
        return poll_response(body, binary=binary)

    async def _open_socket(self, request: web.Request, form: Form) -> web.StreamResponse:
        session = self._admit(request, form)
        try:
            link = await self._accept(request)
        except BaseException:  # no socket, no session
            self._engine.gone(session)
            raise
        try:
            session.attach(link)
            session.write(self._hello(session, []))
            session.open()
            await self._converse(session, link)
        finally:
            self._engine.release(link)
        return link.response

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

    async def _answer_poll(self, request: web.Request, session: Session) -> web.StreamResponse:
        mark = request.query.get("t")
        if session.polled:
            session.end(Reason.TRANSPORT_ERROR)
            raise Refused(*_BAD_REQUEST)
        if (again := session.answer_again(mark)) is not None:
            return poll_response(again[0], binary=again[1])
        try:
            await session.wait_for_packets()
        except asyncio.CancelledError:
            session.end(Reason.TRANSPORT_CLOSE)
            raise
        if request.transport is None:
            session.end(Reason.TRANSPORT_CLOSE)
        body, binary = session.take_payload(mark)
        return poll_response(body, binary=binary)

    async def _take_post(self, request: web.Request, session: Session) -> web.Response:
        if session.posting:
            session.end(Reason.TRANSPORT_ERROR)
            raise Refused(*_BAD_REQUEST)
        mark = request.query.get("t")
        if mark is not None and mark == session.posted:  # taken, but the client's HTTP stack lost the answer
            return ok_response()
        session.posting = True
        try:
            body = await self._read_body(request, session)
            packets = _codec(session.form).decode_payload(
                body, binary=is_binary(request), most=self._engine.settings.payload_packets
            )
            session.posted = mark
            for packet in packets:
                session.receive(packet)
            if session.backlogged:
                await session.caught_up()
        except PacketError:
            session.end(Reason.PARSE_ERROR)
            raise Refused(*_BAD_REQUEST) from None
        except web.RequestPayloadError:
            session.end(Reason.TRANSPORT_ERROR)
            raise Refused(*_BAD_REQUEST) from None
        except BodyTooLargeError:
            session.end(Reason.TOO_LARGE)
            raise Refused(*_BAD_REQUEST, status=413) from None
        except TimeoutError:
            session.end(Reason.TRANSPORT_ERROR)
            raise Refused(*_BAD_REQUEST, status=408) from None
        except BaseException:  # whatever cut the body short, and a cancelled request
            session.end(Reason.TRANSPORT_ERROR)
            raise
        finally:
            session.posting = False
        return ok_response()

    async def _read_body(self, request: web.Request, session: Session) -> bytes:
        """Read a body for as long as the session lives, and no longer than a body may take."""
        async with asyncio.timeout(self._engine.settings.body_timeout) as limit:
            session.body_limit = limit
            try:
                return await read_body(request, session.packet_size)
            finally:
                session.body_limit = None

    # --- WebSocket ---

    async def _accept(self, request: web.Request) -> WebSocketLink:
        settings = self._engine.settings
        try:
            link = await WebSocketLink.accept(
                request, largest=settings.packet_size_max, patience=settings.close_timeout
            )
        except web.HTTPException, ConnectionError:
            raise Refused(*_BAD_REQUEST) from None
        self._engine.hold(link)
        return link

    async def _converse(self, session: Session, link: WebSocketLink) -> None:
        """Read the socket until it closes; then the session is over, whatever closed it."""
        decode = _codec(session.form).decode
        try:
            while (content := await link.receive()) is not None:
                if _weight(content) > session.packet_size:
                    session.end(Reason.TOO_LARGE, code=WSCloseCode.MESSAGE_TOO_BIG)
                    continue
                session.receive(decode(content))
                if session.backlogged:
                    await session.caught_up()
        except PacketError:
            session.end(Reason.PARSE_ERROR, code=WSCloseCode.PROTOCOL_ERROR)
        finally:
            session.end(Reason.TRANSPORT_ERROR if link.failed else Reason.TRANSPORT_CLOSE)

    async def _upgrade(self, request: web.Request, session: Session, form: Form) -> web.StreamResponse:
        link = await self._accept(request)
        try:
            if session.begin_upgrade(link) and await self._prove(session, link):
                session.finish_upgrade(link, form)
                await self._converse(session, link)
            else:
                await link.close(WSCloseCode.OK, "")
        finally:
            self._engine.release(link)
        return link.response

    async def _prove(self, session: Session, link: WebSocketLink) -> bool:
        """Return whether the client wants to go on over `link`. Whatever happens to it, polling goes on till then."""
        engine = self._engine
        late = engine.timetable.after(
            engine.settings.upgrade_timeout,
            lambda: engine.spawn(link.close(WSCloseCode.POLICY_VIOLATION, "the upgrade took too long")),
        )
        try:
            if await link.receive() != "2probe":
                return False
            link.write(_PROBE_PONG.frame(Form.V4))
            session.probe()
            return await link.receive() == "5" and session.ended is None
        finally:
            late.cancel()
            session.drop_upgrade()


def _parse(request: web.Request) -> _Ask:
    query = request.query
    version, transport = query.get("EIO"), query.get("transport")
    if version not in ("3", "4"):
        raise Refused(*_UNSUPPORTED_VERSION)
    # JSONP goes round the origin check, and nosniff keeps browsers from running it.
    if transport not in ("polling", "websocket") or "j" in query:
        raise Refused(*_UNKNOWN_TRANSPORT)
    wants_socket = request.headers.get("Upgrade", "").lower() == "websocket"
    if wants_socket != (transport == "websocket") or (wants_socket and request.method != "GET"):
        raise Refused(*_BAD_REQUEST)
    form = Form.V4 if version == "4" else Form.V3_BASE64 if query.get("b64") else Form.V3
    return _Ask(form, wants_socket, query.get("sid") or None)


def _codec(form: Form) -> ModuleType:
    return codec4 if form is Form.V4 else codec3


def _weight(content: str | bytes) -> int:
    return len(content) if isinstance(content, bytes) or content.isascii() else len(content.encode())


def _remote(request: web.Request) -> str:
    return request.remote or ""


def _environ(request: web.Request) -> dict[str, Any]:
    """Return what python-socketio's handlers know of a client; `remote` already sees through a trusted proxy."""
    return {
        "aiohttp.request": request,
        "REMOTE_ADDR": request.remote,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
    }
