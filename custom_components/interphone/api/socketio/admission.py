"""Coming and going of sessions: connect, authenticate, the end of a token or a grant, close."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
import math
import time
from typing import Any

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as RefusedError

from ...access.grants import Admission, GrantChange, GrantEvent
from ...access.models import Grant
from ...engineio.settings import PACKET_SIZE, PACKET_SIZE_MAX
from ...errors import InterphoneError, InvalidRequestError
from ...relay import Relay
from ..origin import check_origin
from ..view import PEER
from .credentials import PanelCredential, identify, presented_token
from .events import Event
from .fanout import Fanout
from .push import Push
from .server import AUTHENTICATE_TIMEOUT, SocketIoServer
from .sessions import Kind, Session, Sessions


class Reason(StrEnum):
    """Why a session is closed, as `revoked` carries it; the event of a grant is one too."""

    MISSING_TOKEN = "missing_token"  # noqa: S105 - the name of a reason
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a reason
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of a reason


class SessionAdmission:
    """Admits displays and websites by their tokens, and closes their sessions when the right to be there ends."""

    def __init__(self, relay: Relay, server: SocketIoServer, sessions: Sessions, fanout: Fanout, push: Push) -> None:
        """Keep `sessions`; those that are admitted join `push`."""
        self._relay = relay
        self._server = server
        self._sessions = sessions
        self._fanout = fanout
        self._push = push
        server.on("connect", self._on_connect)
        server.on("disconnect", self._on_disconnect)
        server.on(Event.AUTHENTICATE, self._on_authenticate)

    def start(self) -> Callable[[], None]:
        """Follow the grants; return the function that stops it."""
        return self._relay.grants.subscribe(self._follow_grant)

    def recheck_origins(self) -> None:
        """Close the sessions of pages whose origin is no longer allowed."""
        for sid in self._sessions.all:
            request = self._server.get_environ(sid)["aiohttp.request"]
            try:
                check_origin(request[PEER], request, self._relay)
            except InterphoneError as err:
                self.close((sid,), err.code)

    def close(self, sids: tuple[str, ...], reason: str, *, for_good: bool = True) -> None:
        """Send `revoked` with the reason, then close; `for_good` keeps clients from reconnecting by themselves."""
        self._fanout.send(sids, Event.REVOKED, {"reason": reason})
        self._fanout.close(sids, reason, for_good=for_good)
        for sid in sids:
            self._sessions.close(sid)

    # Connecting and authenticating.

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        request: web.Request = environ["aiohttp.request"]
        engine = self._server.engine_session(sid)
        if engine is None:  # left meanwhile
            return
        session = Session(sid, engine, request[PEER].source, request[PEER].language)
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
        """Close the session unless it authenticates in time."""
        loop = self._relay.hass.loop
        # From the handshake on: leaving the namespace and coming back wins no time.
        begun = loop.time() if session.engine.authenticated else session.engine.opened
        timer = loop.call_at(begun + AUTHENTICATE_TIMEOUT, self._close_unauthenticated, session)
        session.on_close.append(timer.cancel)

    def _close_unauthenticated(self, session: Session) -> None:
        if session.kind is Kind.STRANGER:
            self.close((session.sid,), Reason.MISSING_TOKEN)

    async def _on_authenticate(self, sid: str, data: Any = None, *_more: Any) -> dict[str, Any]:
        """Admit a session by the event, for clients without `auth`; or take a website's fresh token."""
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
            self._admit_display(session, credential)
        else:
            self._admit_website(session, credential, since)

    def _admit_display(self, session: Session, credential: PanelCredential) -> None:
        if session.kind is not Kind.STRANGER:
            raise InvalidRequestError("token: this session is already authenticated")
        session.run_on_close()
        session.on_close.append(
            self._relay.hass.auth.async_register_revoke_token_callback(
                credential.refresh_token_id,
                partial(self._close_display, session.sid),
            )
        )
        self._server.authenticated(session.sid, packet_size=PACKET_SIZE_MAX)
        self._after_answer(session, self._push.join_display)

    def _close_display(self, sid: str) -> None:
        """Close a display in the next turn: Home Assistant iterates its callbacks, and closing removes one."""
        self._relay.hass.loop.call_soon(self.close, (sid,), Reason.TOKEN_REVOKED)

    def _admit_website(self, session: Session, admission: Admission, since: Any) -> None:
        """Admit a website; a session that is admitted already is kept for as long as its fresh token lasts."""
        entering = session.kind is Kind.STRANGER
        if not entering and session.grant_id != admission.grant.id:
            raise InvalidRequestError("token: this session belongs to another grant")
        session.run_on_close()
        session.token_expires = admission.token_expires
        self._close_at_end(session, admission.grant)
        if entering:
            self._server.authenticated(session.sid, packet_size=PACKET_SIZE)
            self._after_answer(session, partial(self._join_website, admission.grant.id, since))

    def _close_at_end(self, session: Session, grant: Grant) -> None:
        """Close a website's session when its token or its grant ends, whichever is first."""
        ends = min(session.token_expires, grant.expires.timestamp() if grant.expires else math.inf)
        timer = self._relay.hass.loop.call_later(
            max(0.0, ends - time.time()), self.close, (session.sid,), Reason.EXPIRED_TOKEN
        )
        session.on_close.append(timer.cancel)

    def _join_website(self, grant_id: str, since: Any, session: Session) -> None:
        try:
            grant = self._relay.grants.require_active(grant_id)
        except InterphoneError as err:  # revoked or paused since the admission, a turn ago
            self.close((session.sid,), err.code)
            return
        self._push.join_website(session, grant, since)

    def _after_answer(self, session: Session, join: Callable[[Session], None]) -> None:
        """Let a session join in the next turn of the loop: clients drop what precedes the answer to their CONNECT."""

        def join_if_open() -> None:
            if self._sessions.get(session.sid) is session:
                join(session)

        session.on_close.append(self._relay.hass.loop.call_soon(join_if_open).cancel)

    # Changes of grants.

    def _follow_grant(self, change: GrantChange) -> None:
        """Close a revoked or paused grant's sessions; keep an edited grant's to its new end."""
        sids = self._sessions.of_grant(change.grant.id)
        if change.event in (GrantEvent.REVOKED, GrantEvent.PAUSED):
            self.close(sids, change.event)
        elif change.event is GrantEvent.EDITED:
            for session in filter(None, map(self._sessions.get, sids)):
                session.run_on_close()
                self._close_at_end(session, change.grant)
