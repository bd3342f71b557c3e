"""The open sessions, and what each is: a display, a website, or not authenticated yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
import logging

from homeassistant.auth.models import User

from ...access.models import UNBOUND, Bound
from ...devices.views import View
from ...engineio.session import Session as EngineSession
from ..peer import Peer
from .credentials import Handshake

_LOGGER = logging.getLogger(__name__)


class Kind(StrEnum):
    """Kind of client of a session."""

    UNAUTHENTICATED = "unauthenticated"
    DISPLAY = "display"
    WEBSITE = "website"


@dataclass(eq=False, slots=True)
class Session:
    """One Socket.IO session: who opened it, what it is, and what is undone at its end."""

    sid: str
    engine: EngineSession
    handshake: Handshake
    kind: Kind = Kind.UNAUTHENTICATED
    # Of a display: who logged in there.
    user: User | None = None
    grant_id: str | None = None
    # The most that its token permits, within the grant.
    bound: Bound = UNBOUND
    # View of a website's session; set with `grant_id`.
    view: View | None = None
    # When its token expires, in seconds since the epoch.
    token_expires: float = 0.0
    # Called when the session closes, and before it is admitted again with another token.
    on_readmission: list[Callable[[], None]] = field(default_factory=list)
    # Called when the session closes.
    on_close: list[Callable[[], None]] = field(default_factory=list)

    @property
    def peer(self) -> Peer:
        """Return the peer that opened the session."""
        return self.handshake.peer

    @property
    def language(self) -> str:
        """The language of messages to this session."""
        return self.handshake.peer.language

    def end_admission(self) -> None:
        """Undo what the last admission did: timers, subscriptions."""
        _call_all(self.on_readmission)

    def end(self) -> None:
        """Undo everything that was done for this session."""
        self.end_admission()
        _call_all(self.on_close)


def _call_all(callbacks: list[Callable[[], None]]) -> None:
    """Call and remove callbacks, the last first. One that fails is logged and never stops the others."""
    while callbacks:
        try:
            callbacks.pop()()
        except Exception:
            _LOGGER.exception("A session could not be cleaned up after")


class Sessions:
    """Owns the sessions, and finds them by id, by grant, by kind and by what they see."""

    def __init__(self) -> None:
        """Start with none."""
        self._sessions: dict[str, Session] = {}
        self._websites: dict[str, set[str]] = {}
        self._audiences: dict[View, dict[str, EngineSession]] = {}
        self._displays: set[str] = set()

    def open(self, session: Session) -> None:
        """Add a session that is not authenticated yet."""
        self._sessions[session.sid] = session

    def get(self, sid: str) -> Session | None:
        """Return a session by its id, None when it is closed."""
        return self._sessions.get(sid)

    def make_display(self, session: Session, user: User) -> None:
        """Make a session a display's, with its user."""
        session.kind = Kind.DISPLAY
        session.user = user
        self._displays.add(session.sid)

    def make_website(self, session: Session, grant_id: str, view: View) -> None:
        """Make a session a website's, with its grant and what that sees."""
        session.kind = Kind.WEBSITE
        session.grant_id = grant_id
        self._websites.setdefault(grant_id, set()).add(session.sid)
        self.set_view(session, view)

    def set_view(self, session: Session, view: View) -> None:
        """Replace what a website's session sees."""
        self._leave_audience(session)
        session.view = view
        self._audiences.setdefault(view, {})[session.sid] = session.engine

    def _leave_audience(self, session: Session) -> None:
        if session.view is not None and (audience := self._audiences.get(session.view)):
            audience.pop(session.sid, None)
            if not audience:
                del self._audiences[session.view]
        session.view = None

    def close(self, sid: str) -> None:
        """Remove a session and end it; one that is closed already is ignored."""
        session = self._sessions.pop(sid, None)
        if session is None:
            return
        self._displays.discard(sid)
        if session.grant_id is not None and (sids := self._websites.get(session.grant_id)):
            sids.discard(sid)
            if not sids:
                del self._websites[session.grant_id]
        self._leave_audience(session)
        session.end()

    @property
    def all(self) -> tuple[str, ...]:
        """The ids of all sessions."""
        return tuple(self._sessions)

    @property
    def displays(self) -> tuple[str, ...]:
        """The ids of the displays' sessions."""
        return tuple(self._displays)

    def of_grant(self, grant_id: str) -> tuple[str, ...]:
        """Return the ids of the sessions of one website."""
        return tuple(self._websites.get(grant_id, ()))

    @property
    def audiences(self) -> list[tuple[View, list[EngineSession]]]:
        """Every view that websites have, with the Engine.IO sessions that have it."""
        return [(view, list(engines.values())) for view, engines in self._audiences.items()]
