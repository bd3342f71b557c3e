"""The live sessions: who each socket turned out to be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ...devices.views import View
from ...engineio.session import Session as EngineSession
from ..peer import Peer
from .credentials import Handshake


class Kind(StrEnum):
    """What a session is."""

    STRANGER = "stranger"  # has not shown a token yet
    PANEL = "panel"
    WEBSITE = "website"


@dataclass(eq=False, slots=True)
class Session:
    """One socket: where it comes from, what it is, and what must be undone when it goes."""

    sid: str
    engine: EngineSession
    handshake: Handshake
    kind: Kind = Kind.STRANGER
    grant_id: str | None = None
    # What a website's session sees; set with `grant_id`.
    view: View | None = None
    # When the token it showed ends, in seconds since the epoch.
    token_expires: float = 0.0
    on_close: list[Callable[[], None]] = field(default_factory=list)
    # What lasts as long as the socket does, whatever tokens it shows.
    on_leave: list[Callable[[], None]] = field(default_factory=list)

    @property
    def peer(self) -> Peer:
        """Who opened the session."""
        return self.handshake.peer

    @property
    def language(self) -> str:
        """The language of messages to this session."""
        return self.handshake.peer.language

    def run_on_close(self) -> None:
        """Undo what was done for this session's admission, once."""
        while self.on_close:
            self.on_close.pop()()


class Sessions:
    """Owns the sessions, found by socket, by grant, or by kind."""

    def __init__(self) -> None:
        """Start with none."""
        self._sessions: dict[str, Session] = {}
        self._websites: dict[str, set[str]] = {}
        self._audiences: dict[View, dict[str, EngineSession]] = {}
        self._panels: set[str] = set()

    def open(self, session: Session) -> None:
        """Take in a socket that is a stranger yet."""
        self._sessions[session.sid] = session

    def get(self, sid: str) -> Session | None:
        """Return the session of a socket."""
        return self._sessions.get(sid)

    def make_panel(self, session: Session) -> None:
        """Note that a stranger is a panel."""
        session.kind = Kind.PANEL
        self._panels.add(session.sid)

    def make_website(self, session: Session, grant_id: str, view: View) -> None:
        """Note that a stranger is a website with this grant, and what it sees."""
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
        """Forget a socket that is gone."""
        session = self._sessions.pop(sid, None)
        if session is None:
            return
        self._panels.discard(sid)
        if session.grant_id is not None and (sids := self._websites.get(session.grant_id)):
            sids.discard(sid)
            if not sids:
                del self._websites[session.grant_id]
        self._leave_audience(session)
        session.run_on_close()
        while session.on_leave:
            session.on_leave.pop()()

    @property
    def all(self) -> tuple[str, ...]:
        """Every socket."""
        return tuple(self._sessions)

    @property
    def panels(self) -> tuple[str, ...]:
        """The sockets of panels."""
        return tuple(self._panels)

    def of_grant(self, grant_id: str) -> tuple[str, ...]:
        """The sockets of one website."""
        return tuple(self._websites.get(grant_id, ()))

    @property
    def audiences(self) -> list[tuple[View, list[EngineSession]]]:
        """Every view that websites have, with the Engine.IO sessions that have it."""
        return [(view, list(engines.values())) for view, engines in self._audiences.items()]
