"""The live sessions: who each socket turned out to be."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from ...engineio.session import Session as EngineSession


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
    source: str
    language: str
    kind: Kind = Kind.STRANGER
    grant_id: str | None = None
    # When the token it showed ends, in seconds since the epoch.
    token_expires: float = 0.0
    on_close: list[Callable[[], None]] = field(default_factory=list)
    # What lasts as long as the socket does, whatever tokens it shows.
    on_leave: list[Callable[[], None]] = field(default_factory=list)

    def run_on_close(self) -> None:
        """Undo what was done for this session's admission, once."""
        while self.on_close:
            self.on_close.pop()()


class Sessions:
    """Owns the sessions, found by socket, by grant, or by kind."""

    def __init__(self) -> None:
        """Start with none."""
        self._sessions: dict[str, Session] = {}
        self._websites: dict[str, dict[str, EngineSession]] = {}
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

    def make_website(self, session: Session, grant_id: str) -> None:
        """Note that a stranger is a website with this grant."""
        session.kind = Kind.WEBSITE
        session.grant_id = grant_id
        self._websites.setdefault(grant_id, {})[session.sid] = session.engine

    def close(self, sid: str) -> None:
        """Forget a socket that is gone."""
        session = self._sessions.pop(sid, None)
        if session is None:
            return
        self._panels.discard(sid)
        if session.grant_id is not None and (sids := self._websites.get(session.grant_id)):
            sids.pop(sid, None)
            if not sids:
                del self._websites[session.grant_id]
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

    def engines_of_grant(self, grant_id: str) -> list[EngineSession]:
        """The Engine.IO sessions of one website: a change goes to all of them, and each look-up would cost as much."""
        return list(self._websites.get(grant_id, {}).values())

    @property
    def grants(self) -> Iterable[str]:
        """The grants that have sockets."""
        return tuple(self._websites)
