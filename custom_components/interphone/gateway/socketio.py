"""Socket.IO for one loaded entry: admits sessions, carries the feed to websites and the codes to panels."""

import asyncio
from collections.abc import Callable
import logging
import time
from typing import Any, Final

from aiohttp import hdrs, web
import engineio
from engineio.async_drivers import aiohttp as _driver  # noqa: F401 - here, or its import would block the loop later
from homeassistant.core import Context
import socketio
from socketio.exceptions import ConnectionRefusedError as RefusedError

from ..access.grants import Admission, GrantChange, GrantEvent
from ..const import AUTHENTICATE_TIMEOUT, BODY_SIZE_MAX
from ..devices.feed import Change
from ..errors import InterphoneError, InvalidRequestError, MissingTokenError
from ..http.devices import run_batch
from ..messages import negotiate
from ..pairing.models import Pairing, PairingState
from ..relay import Relay, request_source
from . import events
from .credentials import PanelCredential, identify, presented_token
from .events import Event
from .fanout import Fanout
from .sessions import Kind, Session, Sessions

# Packets hold codes and tokens, and the libraries log packets at INFO: nothing below a warning leaves them.
_WIRE_LOGGER: Final = logging.getLogger(f"{__name__}.wire")
_WIRE_LOGGER.addFilter(lambda record: record.levelno >= logging.WARNING)

# Names the library uses for its own calls of our handlers; a client that sends them is up to no good.
RESERVED_EVENTS: Final = frozenset({"connect", "disconnect", "connect_error", "*"})


class _Engine(engineio.AsyncServer):
    """The stock engine, with its background tasks in our hands so that an unload leaves none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tasks: set[asyncio.Task[Any]] = set()

    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        """Start a task and keep it until it is done."""
        task: asyncio.Task[Any] = asyncio.create_task(target(*args, **kwargs), name="interphone engine")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


class _Server(socketio.AsyncServer):
    """The stock server on our engine, deaf to forged events."""

    def _engineio_server_class(self) -> type[_Engine]:
        return _Engine

    async def _handle_event(self, eio_sid: str, namespace: str | None, packet_id: int | None, data: list[Any]) -> None:
        if data and data[0] in RESERVED_EVENTS:
            await self.eio.disconnect(eio_sid)
            return
        await super()._handle_event(eio_sid, namespace, packet_id, data)


class Gateway:
    """Owns the Socket.IO server and its sessions."""

    def __init__(self, relay: Relay) -> None:
        """Serve the relay's sessions; `start` begins."""
        self._relay = relay
        self._server = _Server(
            async_mode="aiohttp",
            cors_allowed_origins=[],  # the view checks origins, with the list that REST has
            max_http_buffer_size=BODY_SIZE_MAX,
            http_compression=False,
            logger=_WIRE_LOGGER,
            engineio_logger=_WIRE_LOGGER,
        )
        self._sessions = Sessions()
        self._fanout = Fanout(self._server)
        self._unlisten: list[Callable[[], None]] = []
        self._server.on("connect", self._on_connect)
        self._server.on("disconnect", self._on_disconnect)
        self._server.on(Event.AUTHENTICATE, self._on_authenticate)
        self._server.on(Event.COMMAND, self._on_command)

    def start(self) -> None:
        """Listen to the desk, the grants and the feed."""
        self._fanout.start()
        self._unlisten = [
            self._relay.desk.listen(self._tell_panels),
            self._relay.grants.listen(self._follow_grant),
            self._relay.feed.subscribe(self._push),
        ]

    async def stop(self, reason: str) -> None:
        """Tell every session why, close it, and leave no task behind."""
        while self._unlisten:
            self._unlisten.pop()()
        self._put_out(self._sessions.all, reason)
        await self._fanout.stop()
        await self._server.shutdown()
        tasks = tuple(self._server.eio.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for sid in self._sessions.all:
            self._sessions.close(sid)

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve one Engine.IO request whose origin was checked."""
        response: web.StreamResponse = await self._server.handle_request(request)
        return response

    # Coming and going.

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        request: web.Request = environ["aiohttp.request"]
        session = Session(sid, request_source(request), negotiate(request.headers.get(hdrs.ACCEPT_LANGUAGE)))
        token = presented_token(request, auth)
        self._sessions.open(session)
        if token is None:
            self._expect_token(session)
            return
        try:
            self._admit(session, token, request, auth.get("since") if isinstance(auth, dict) else None)
        except InterphoneError as err:
            self._sessions.close(sid)
            raise RefusedError(err.code, self._relay.messages.body(err, session.language)) from None

    async def _on_disconnect(self, sid: str, _reason: str) -> None:
        self._sessions.close(sid)

    def _expect_token(self, session: Session) -> None:
        """Close a stranger that stays one."""
        timer = self._relay.hass.loop.call_later(AUTHENTICATE_TIMEOUT, self._close_stranger, session)
        session.on_close.append(timer.cancel)

    def _close_stranger(self, session: Session) -> None:
        if session.kind is Kind.STRANGER:
            self._put_out((session.sid,), MissingTokenError.code)

    async def _on_authenticate(self, sid: str, data: Any = None, *_more: Any) -> dict[str, Any]:
        """Admit a stranger by the event, the way of clients without `auth`; or take a website's fresh token."""
        session = self._sessions.get(sid)
        if session is None:
            return {}
        try:
            if not isinstance(data, dict) or not isinstance(token := data.get("token"), str):
                raise InvalidRequestError("token: required")
            environ = self._server.get_environ(sid)
            self._admit(session, token, environ["aiohttp.request"], data.get("since"))
        except InterphoneError as err:
            return self._relay.messages.body(err, session.language)
        return {"success": True}

    def _admit(self, session: Session, token: str, request: web.Request, since: Any) -> None:
        credential = identify(self._relay, token, session.source, request)
        if isinstance(credential, PanelCredential):
            self._admit_panel(session, credential)
        else:
            self._admit_website(session, credential, since)

    def _admit_panel(self, session: Session, credential: PanelCredential) -> None:
        if session.kind is not Kind.STRANGER:
            raise InvalidRequestError("token: this session is already authenticated")
        session.run_on_close()
        self._sessions.make_panel(session)
        session.on_close.append(
            self._relay.hass.auth.async_register_revoke_token_callback(
                credential.refresh_token_id, lambda: self._put_out((session.sid,), "token_revoked")
            )
        )
        for pairing in self._relay.desk.live():
            self._send_pairing((session.sid,), pairing)

    def _admit_website(self, session: Session, admission: Admission, since: Any) -> None:
        grant = admission.grant
        entering = session.kind is Kind.STRANGER
        if not entering and session.grant_id != grant.id:
            raise InvalidRequestError("token: this session belongs to another grant")
        session.run_on_close()
        timer = self._relay.hass.loop.call_later(
            admission.until - time.time(), self._put_out, (session.sid,), "expired_token"
        )
        session.on_close.append(timer.cancel)
        if entering:
            self._sessions.make_website(session, grant.id)
            self._send_entry(session, admission, since)

    def _send_entry(self, session: Session, admission: Admission, since: Any) -> None:
        feed, scope = self._relay.feed, admission.grant.scope
        missed = None
        if isinstance(since, dict) and isinstance(since.get("epoch"), str) and type(since.get("seq")) is int:
            missed = feed.since(since["epoch"], since["seq"])
        if missed is None:
            self._fanout.send((session.sid,), Event.SNAPSHOT, events.snapshot(feed, scope))
        else:
            self._fanout.send((session.sid,), Event.RESUME, events.resume(feed, missed, scope))

    # Home → sessions.

    def _tell_panels(self, pairing: Pairing) -> None:
        self._send_pairing(self._sessions.panels, pairing)

    def _send_pairing(self, sids: tuple[str, ...], pairing: Pairing) -> None:
        if pairing.state is PairingState.SHOWN:
            self._fanout.send(sids, Event.CODE, pairing.code)
        self._fanout.send(sids, Event.PAIRING, pairing.as_dict())

    def _push(self, change: Change) -> None:
        """Send a change to every website that may see it."""
        for grant_id in self._sessions.grants:
            visible = change.visible(self._relay.grants.get(grant_id).scope)
            if visible:
                self._fanout.send(self._sessions.of_grant(grant_id), visible.event, visible.payload())

    def _follow_grant(self, change: GrantChange) -> None:
        """Let a change of a grant reach its sockets at once."""
        sids = self._sessions.of_grant(change.grant.id)
        if change.event in (GrantEvent.REVOKED, GrantEvent.PAUSED):
            self._put_out(sids, change.event)
        elif change.event is GrantEvent.EDITED:
            scope = change.grant.scope
            self._fanout.send(sids, Event.SNAPSHOT, events.snapshot(self._relay.feed, scope))

    def _put_out(self, sids: tuple[str, ...], reason: str) -> None:
        self._fanout.send(sids, Event.REVOKED, {"reason": reason})
        self._fanout.close(sids)

    # Sessions → home.

    async def _on_command(self, sid: str, data: Any = None, *_more: Any) -> Any:
        """Carry out one envelope or a list of them; the ack holds the outcome, in the same form."""
        session = self._sessions.get(sid)
        if session is None:
            return {}
        try:
            if session.grant_id is None:
                raise MissingTokenError
            grant = self._relay.grants.require_active(session.grant_id)
            if isinstance(data, list):
                return await run_batch(self._relay, grant.id, data, session.language)
            result = await self._relay.commands.run(grant, data, context=Context())
        except InterphoneError as err:
            return self._relay.messages.body(err, session.language)
        text = self._relay.messages.text(result.error, session.language) if result.error else None
        return result.as_dict(text)
