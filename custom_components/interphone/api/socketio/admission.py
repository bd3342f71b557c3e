"""Coming and going of sessions: connect, authenticate, the end of a token or a grant, close."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
import math
import time
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from socketio.exceptions import ConnectionRefusedError as RefusedError
import voluptuous as vol

from ... import errors
from ...access.grants import Admission, GrantChange, GrantEvent
from ...access.models import Grant
from ...engineio.settings import PACKET_SIZE, PACKET_SIZE_MAX
from ...errors import InterphoneError, InvalidRequestError
from ...relay import Relay
from ..contract import Payload, Validator
from ..operation import Errors, success
from ..origin import is_allowed
from .credentials import DisplayCredential, Handshake, identify
from .events import ClientEvent, Event, Reason
from .fanout import Fanout
from .push import Push
from .server import AUTHENTICATE_TIMEOUT, SocketIoServer
from .sessions import Kind, Session, Sessions

# Why a token is refused.
TOKEN_ERRORS: Final[Errors] = (
    errors.InvalidTokenError,
    errors.ExpiredTokenError,
    errors.RevokedGrantError,
    errors.PausedGrantError,
    errors.InvalidRequestError,
    errors.NotADisplayError,
)


# Why a session of a token that is refused is closed.
_REASONS: Final[Mapping[type[InterphoneError], Reason]] = {
    errors.PausedGrantError: Reason.PAUSED,
    errors.InvalidTokenError: Reason.TOKEN_REVOKED,
}

# Seconds between two looks at the wall clock, by which sessions end.
END_CHECK: Final = 60.0


def _position(value: Any) -> tuple[str, int] | None:
    match value:
        case {"epoch": str(epoch), "seq": seq} if type(seq) is int:
            return epoch, seq
    return None


_SINCE: Final = Validator(
    _position,
    {
        "description": "The position that is known. Without one that the feed still reaches, a snapshot is sent.",
        "anyOf": [
            {
                "type": "object",
                "properties": {"epoch": {"type": "string"}, "seq": {"type": "integer"}},
                "required": ["epoch", "seq"],
            },
            {"description": "Anything else is no position."},
        ],
    },
)
_TOKEN: Final = Validator(
    lambda value: value if isinstance(value, str) and value else None,
    {"description": "An access token; anything but a string is none.", "anyOf": [{"type": "string"}, {}]},
)

# `auth` of a CONNECT packet. Without a token there, the one of the handshake's Authorization header counts.
CONNECT_AUTH: Final = Payload(
    vol.Schema(
        {vol.Optional("token", default=None): _TOKEN, vol.Optional("since", default=None): _SINCE},
        extra=vol.REMOVE_EXTRA,
    )
)
AUTHENTICATE: Final = ClientEvent(
    Event.AUTHENTICATE,
    "Authenticate a session that has no token yet, or keep a website's for as long as its new token lasts",
    data=vol.Schema({vol.Required("token"): str, vol.Optional("since", default=None): _SINCE}, extra=vol.REMOVE_EXTRA),
    ack=success(),
    errors=TOKEN_ERRORS,
)


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

    def start(self) -> tuple[Callable[[], None], ...]:
        """Follow the grants, who may be a display, and the wall clock; return the functions that stop it."""
        return (
            self._relay.grants.subscribe(self._follow_grant),
            self._relay.displays.subscribe(self._recheck_displays),
            async_track_time_interval(self._relay.hass, self._close_ended, timedelta(seconds=END_CHECK)),
        )

    def recheck_origins(self) -> None:
        """Close the sessions of pages whose origin is no longer allowed."""
        for session in filter(None, map(self._sessions.get, self._sessions.all)):
            if session.peer.origin is not None and not is_allowed(session.peer, self._relay):
                self.close((session.sid,), Reason.ORIGIN_NOT_ALLOWED)

    def close(self, sids: tuple[str, ...], reason: str, *, for_good: bool = True) -> None:
        """Send `revoked` with the reason, then close; `for_good` keeps clients from reconnecting by themselves."""
        self._fanout.send(sids, Event.REVOKED, {"reason": reason})
        self._fanout.close(sids, reason, for_good=for_good)
        for sid in sids:
            self._sessions.close(sid)

    # Connecting and authenticating.

    async def _on_connect(self, sid: str, handshake: Handshake, auth: Any) -> None:
        engine = self._server.engine_session(sid)
        if engine is None:  # left meanwhile
            return
        session = Session(sid, engine, handshake)
        self._sessions.open(session)
        presented = CONNECT_AUTH.validate(auth if isinstance(auth, dict) else {})
        token = presented["token"] or handshake.token
        if token is None:
            self._expect_token(session)
            return
        try:
            self._admit(session, token, presented["since"])
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
        session.on_readmission.append(timer.cancel)

    def _close_unauthenticated(self, session: Session) -> None:
        if session.kind is Kind.UNAUTHENTICATED:
            self.close((session.sid,), Reason.MISSING_TOKEN)

    async def _on_authenticate(self, sid: str, data: Any = None, *_more: Any) -> Any:
        """Admit a session by the event, for clients without `auth`; or take a website's fresh token."""
        session = self._sessions.get(sid)
        if session is None:  # closed: nobody hears the acknowledgement
            return None
        try:
            presented = AUTHENTICATE.payload.validate(data)
            self._admit(session, presented["token"], presented["since"])
        except InterphoneError as err:
            return self._relay.messages.body(err, session.language)
        return {"success": True}

    def _admit(self, session: Session, token: str, since: tuple[str, int] | None) -> None:
        credential = identify(self._relay, token, session.handshake)
        if isinstance(credential, DisplayCredential):
            self._admit_display(session, credential)
        else:
            self._admit_website(session, credential, since)

    def _admit_display(self, session: Session, credential: DisplayCredential) -> None:
        if session.kind is not Kind.UNAUTHENTICATED:
            raise InvalidRequestError("token: this session is already authenticated")
        session.end_admission()
        session.on_readmission.append(
            self._relay.hass.auth.async_register_revoke_token_callback(
                credential.refresh_token_id,
                partial(self._close_display, session.sid),
            )
        )
        self._server.authenticated(session.sid, packet_size=PACKET_SIZE_MAX)
        self._after_response(session, partial(self._join_display, credential.user))

    def _join_display(self, user: User, session: Session) -> None:
        if self._relay.displays.admits(user):
            self._push.join_display(session, user)
        else:  # since the admission, a turn ago
            self.close((session.sid,), Reason.NOT_A_DISPLAY)

    def _recheck_displays(self, _change: None) -> None:
        """Close the sessions of users who may not be displays any more."""
        for session in filter(None, map(self._sessions.get, self._sessions.displays)):
            if session.user is None or not self._relay.displays.admits(session.user):
                self.close((session.sid,), Reason.NOT_A_DISPLAY)

    def _close_display(self, sid: str) -> None:
        """Close a display in the next turn: Home Assistant iterates its callbacks, and closing removes one."""
        self._relay.hass.loop.call_soon(self.close, (sid,), Reason.TOKEN_REVOKED)

    def _admit_website(self, session: Session, admission: Admission, since: tuple[str, int] | None) -> None:
        """Admit a website; a session that is admitted already is kept for as long as its fresh token lasts.

        A fresh token never widens what the session is bound to; a narrower one narrows it.
        """
        entering = session.kind is Kind.UNAUTHENTICATED
        if not entering and session.grant_id != admission.grant.id:
            raise InvalidRequestError("token: this session belongs to another grant")
        session.end_admission()
        session.token_expires = admission.token_expires
        before, session.bound = session.bound, admission.bound if entering else admission.bound.within(session.bound)
        self._close_at_end(session, admission.grant)
        if entering:
            self._server.authenticated(session.sid, packet_size=PACKET_SIZE)
            self._after_response(session, partial(self._join_website, admission.grant.id, since))
        else:
            grant = self._relay.grants.require_active(admission.grant.id)
            self._push.rescope([session], before.narrow(grant.scope), session.bound.narrow(grant.scope))
            self._relay.webrtc.recheck(grant)

    def _close_at_end(self, session: Session, grant: Grant) -> None:
        """Close a website's session when its token or its grant ends, whichever is first."""
        ends = min(session.token_expires, grant.expires.timestamp() if grant.expires else math.inf)
        timer = self._relay.hass.loop.call_later(
            max(0.0, ends - time.time()), self.close, (session.sid,), Reason.EXPIRED_TOKEN
        )
        session.on_readmission.append(timer.cancel)

    @callback
    def _close_ended(self, _now: datetime) -> None:
        """Close the sessions that are past their end: no timer notices that the clock was set forward."""
        for session in filter(None, map(self._sessions.get, self._sessions.all)):
            if session.grant_id is not None and self._is_over(session, session.grant_id):
                self.close((session.sid,), Reason.EXPIRED_TOKEN)

    def _is_over(self, session: Session, grant_id: str) -> bool:
        expires = self._relay.grants.get(grant_id).expires
        return session.token_expires <= time.time() or (expires is not None and expires <= dt_util.utcnow())

    def _join_website(self, grant_id: str, since: tuple[str, int] | None, session: Session) -> None:
        try:
            grant = self._relay.grants.require_active(grant_id, session.bound)
        except InterphoneError as err:  # since the admission, a turn ago
            self.close((session.sid,), _REASONS.get(type(err), Reason.REVOKED))
            return
        self._push.join_website(session, grant, since)

    def _after_response(self, session: Session, join: Callable[[Session], None]) -> None:
        """Let a session join in the next turn of the loop: clients drop what precedes the response to CONNECT."""

        def join_if_open() -> None:
            if self._sessions.get(session.sid) is session:
                join(session)

        session.on_readmission.append(self._relay.hass.loop.call_soon(join_if_open).cancel)

    # Changes of grants.

    def _follow_grant(self, change: GrantChange) -> None:
        """Close a revoked or paused grant's sessions; keep an edited grant's to its new end."""
        sids = self._sessions.of_grant(change.grant.id)
        if change.event is GrantEvent.REVOKED:
            self.close(sids, Reason.REVOKED)
        elif change.event is GrantEvent.PAUSED:
            self.close(sids, Reason.PAUSED)
        elif change.event is GrantEvent.TOKEN_ENDED:
            sessions = filter(None, map(self._sessions.get, sids))
            ended = tuple(session.sid for session in sessions if session.bound.token_id == change.token_id)
            self.close(ended, Reason.TOKEN_REVOKED)
        elif change.event is GrantEvent.EDITED:
            for session in filter(None, map(self._sessions.get, sids)):
                session.end_admission()
                self._close_at_end(session, change.grant)
