"""Socket.IO for one loaded entry: admits sessions, carries the feed to websites and the codes to panels."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from functools import partial
import math
import time
from typing import Any

from aiohttp import hdrs, web
from homeassistant.core import Context
from socketio.exceptions import ConnectionRefusedError as RefusedError

from ...access.grants import Admission, GrantChange, GrantEvent
from ...access.models import Grant, Scope
from ...devices.feed import Change
from ...devices.payloads import missed, snapshot
from ...engineio.ready import ReadyMade
from ...engineio.session import Session as EngineSession
from ...engineio.settings import PACKET_SIZE, PACKET_SIZE_MAX, Settings as EngineSettings
from ...errors import InterphoneError, InvalidRequestError, MissingTokenError
from ...messages import negotiate
from ...pairing.models import Pairing, PairingState
from ...relay import Relay
from ..origin import check_origin
from ..source import request_source
from .credentials import PanelCredential, identify, presented_token
from .events import Event
from .fanout import Fanout, ready
from .server import AUTHENTICATE_TIMEOUT, SocketIoServer
from .sessions import Kind, Session, Sessions
from .topics import Handler, Topic


class Reason(StrEnum):
    """Why a session is closed, as it is told in `revoked`; an event of a grant is one too."""

    MISSING_TOKEN = "missing_token"  # noqa: S105 - the name of a reason
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a reason
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of a reason


class Gateway:
    """Owns the Socket.IO server and its sessions."""

    def __init__(self, relay: Relay, topics: Iterable[Topic] = ()) -> None:
        """Serve the relay's sessions, and for each topic its events; `start` begins."""
        self._relay = relay
        self._server = SocketIoServer(
            source_of=request_source, settings=EngineSettings(sessions_per_source=relay.settings.sockets_per_source)
        )
        self._sessions = Sessions()
        self._fanout = Fanout(self._server)
        self._last_snapshot: tuple[tuple[object, ...], list[ReadyMade]] | None = None
        self._unlisten: list[Callable[[], None]] = []
        self._server.on("connect", self._on_connect)
        self._server.on("disconnect", self._on_disconnect)
        self._server.on(Event.AUTHENTICATE, self._on_authenticate)
        self._serve(Event.COMMAND, self._run)
        self._topics = tuple(topics)
        for topic in self._topics:
            for event, handler in topic.handlers.items():
                self._serve(event, handler)

    def start(self) -> None:
        """Listen to the desk, the grants and the feed, and start the topics."""
        self._unlisten = [
            self._relay.desk.listen(self._tell_panels),
            self._relay.grants.listen(self._follow_grant),
            self._relay.feed.subscribe(self._push),
            *(topic.start(self._fanout.send) for topic in self._topics),
        ]

    async def stop(self, reason: str) -> None:
        """Tell every session why, close it, and leave no task behind."""
        while self._unlisten:
            self._unlisten.pop()()
        self._put_out(self._sessions.all, reason, for_good=False)
        await self._server.shutdown(reason)
        for sid in self._sessions.all:
            self._sessions.close(sid)

    def recheck_origins(self) -> None:
        """Put out the sessions of pages whose origin is no longer on the home's list."""
        for sid in self._sessions.all:
            try:
                check_origin(self._server.get_environ(sid)["aiohttp.request"], self._relay)
            except InterphoneError as err:
                self._put_out((sid,), err.code)

    def limit_sockets(self, per_source: int) -> None:
        """Let so many sockets of one source in from now on; those that are in stay."""
        self._server.eio.settings = replace(self._server.eio.settings, sessions_per_source=per_source)

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve one Engine.IO request whose origin was checked."""
        response: web.StreamResponse = await self._server.handle_request(request)
        return response

    # Coming and going.

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        request: web.Request = environ["aiohttp.request"]
        engine = self._server.engine_session(sid)
        if engine is None:  # left meanwhile
            return
        session = Session(sid, engine, request_source(request), negotiate(request.headers.get(hdrs.ACCEPT_LANGUAGE)))
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
        loop = self._relay.hass.loop
        # From the handshake on: leaving the namespace and coming back wins no time.
        begun = loop.time() if session.engine.authenticated else session.engine.opened
        timer = loop.call_at(begun + AUTHENTICATE_TIMEOUT, self._close_stranger, session)
        session.on_close.append(timer.cancel)

    def _close_stranger(self, session: Session) -> None:
        if session.kind is Kind.STRANGER:
            self._put_out((session.sid,), Reason.MISSING_TOKEN)

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
        session.on_close.append(
            self._relay.hass.auth.async_register_revoke_token_callback(
                credential.refresh_token_id,
                partial(self._put_panel_out, session.sid),
            )
        )
        self._server.authenticated(session.sid, packet_size=PACKET_SIZE_MAX)
        self._after_answer(session, self._enter_panel)

    def _put_panel_out(self, sid: str) -> None:
        """Put a panel out in the next turn: Home Assistant goes through callbacks, and closing takes one away."""
        self._relay.hass.loop.call_soon(self._put_out, (sid,), Reason.TOKEN_REVOKED)

    def _enter_panel(self, session: Session) -> None:
        self._sessions.make_panel(session)
        for pairing in self._relay.desk.live():
            self._send_pairing((session.sid,), pairing)

    def _admit_website(self, session: Session, admission: Admission, since: Any) -> None:
        """Let a website in; or, when it is in already, keep it in for as long as its fresh token lasts."""
        entering = session.kind is Kind.STRANGER
        if not entering and session.grant_id != admission.grant.id:
            raise InvalidRequestError("token: this session belongs to another grant")
        session.run_on_close()
        session.token_expires = admission.token_expires
        self._put_out_at_the_end(session, admission.grant)
        if entering:
            self._server.authenticated(session.sid, packet_size=PACKET_SIZE)
            self._after_answer(session, partial(self._enter_website, admission.grant.id, since))

    def _put_out_at_the_end(self, session: Session, grant: Grant) -> None:
        """Put a website out when its token or its grant ends, whichever is first."""
        ends = min(session.token_expires, grant.expires.timestamp() if grant.expires else math.inf)
        timer = self._relay.hass.loop.call_later(
            max(0.0, ends - time.time()), self._put_out, (session.sid,), Reason.EXPIRED_TOKEN
        )
        session.on_close.append(timer.cancel)

    def _enter_website(self, grant_id: str, since: Any, session: Session) -> None:
        """Send what there is or what was missed; every change from here on follows it."""
        try:
            grant = self._relay.grants.require_active(grant_id)
        except InterphoneError as err:  # put out since its admission, a moment ago
            self._put_out((session.sid,), err.code)
            return
        feed, resumed = self._relay.feed, None
        if isinstance(since, dict) and isinstance(since.get("epoch"), str) and type(since.get("seq")) is int:
            resumed = missed(feed, grant.scope, since["epoch"], since["seq"])
        # Reading the feed tells what is pending to everybody who has entered; this website is told it by the answer.
        answer = ready(Event.RESUME, resumed) if resumed else self._snapshot(grant.scope)
        self._sessions.make_website(session, grant_id)
        self._fanout.write((session.sid,), answer)

    def _snapshot(self, scope: Scope) -> list[ReadyMade]:
        """Return the snapshot; the last one serves all who see the same at the same position."""
        key = (scope.devices, *self._relay.feed.position.values())
        if self._last_snapshot is None or self._last_snapshot[0] != key:
            self._last_snapshot = key, ready(Event.SNAPSHOT, snapshot(self._relay.feed, scope))
        return self._last_snapshot[1]

    def _after_answer(self, session: Session, enter: Callable[[Session], None]) -> None:
        """Let a session enter in the next turn of the loop: clients drop what comes before their admission's answer."""

        def enter_if_open() -> None:
            if self._sessions.get(session.sid) is session:
                enter(session)

        session.on_close.append(self._relay.hass.loop.call_soon(enter_if_open).cancel)

    # Home → sessions.

    def _tell_panels(self, pairing: Pairing) -> None:
        self._send_pairing(self._sessions.panels, pairing)

    def _send_pairing(self, sids: tuple[str, ...], pairing: Pairing) -> None:
        if pairing.state is PairingState.SHOWN:
            self._fanout.send(sids, Event.CODE, pairing.code)
        self._fanout.send(sids, Event.PAIRING, pairing.as_dict())

    def _push(self, change: Change) -> None:
        """Send a change to every website that may see it."""
        whole: list[EngineSession] = []
        for grant_id in self._sessions.grants:
            visible = change.visible(self._relay.grants.get(grant_id).scope)
            if visible is change:
                whole += self._sessions.engines_of_grant(grant_id)
            elif visible:
                self._fanout.broadcast(self._sessions.engines_of_grant(grant_id), visible.event, visible.payload())
        if whole:  # encoded once for all who see all of it
            self._fanout.broadcast(whole, change.event, change.payload())

    def _follow_grant(self, change: GrantChange) -> None:
        """Let a change of a grant reach its sockets at once."""
        sids = self._sessions.of_grant(change.grant.id)
        if change.event in (GrantEvent.REVOKED, GrantEvent.PAUSED):
            self._put_out(sids, change.event)
        elif change.event is GrantEvent.EDITED and change.before:
            self._rescope(sids, change.before, change.grant)

    def _rescope(self, sids: tuple[str, ...], before: Grant, grant: Grant) -> None:
        """Tell what a grant sees more or less of from now on, and mind its new end."""
        if not sids:
            return
        change = self._relay.feed.rescope(before.scope, grant.scope)
        if change.added or change.removed:
            self._fanout.send(sids, change.event, change.payload())
        for session in filter(None, map(self._sessions.get, sids)):
            session.run_on_close()
            self._put_out_at_the_end(session, grant)

    def _put_out(self, sids: tuple[str, ...], reason: str, *, for_good: bool = True) -> None:
        self._fanout.send(sids, Event.REVOKED, {"reason": reason})
        self._fanout.close(sids, reason, for_good=for_good)
        for sid in sids:
            self._sessions.close(sid)

    # Sessions → home.

    def _serve(self, event: Event, handler: Handler) -> None:
        """Answer an event of websites; what its handler refuses is acknowledged as a refusal."""

        async def on_event(sid: str, data: Any = None, *_more: Any) -> Any:
            session = self._sessions.get(sid)
            if session is None:
                return {}
            try:
                if session.grant_id is None:
                    raise MissingTokenError
                return await handler(session, self._relay.grants.require_active(session.grant_id), data)
            except InterphoneError as err:
                return self._relay.messages.body(err, session.language)

        self._server.on(event, on_event)

    async def _run(self, session: Session, grant: Grant, data: Any) -> Any:
        """Carry out one envelope or a list of them; the ack holds the outcome, in the same form."""
        if isinstance(data, list):
            results = await self._relay.commands.run_many(partial(self._relay.grants.require_active, grant.id), data)
            return [self._relay.messages.outcome(result, session.language) for result in results]
        result = await self._relay.commands.run(grant, data, context=Context())
        return self._relay.messages.outcome(result, session.language)
