"""Pushes without a request: the feed's changes to websites, pairings and their codes to displays."""

from collections.abc import Callable, Iterable
import logging
from typing import Final

from homeassistant.auth.models import User

from ...access.grants import GrantChange, GrantEvent
from ...access.models import Grant, Scope
from ...devices.changes import Batch, Change
from ...devices.payloads import missed, snapshot
from ...devices.views import View
from ...engineio.ready import ReadyMade
from ...engineio.session import Session as EngineSession
from ...pairing.models import Pairing, PairingState
from ...relay import Relay
from .events import Event
from .fanout import Fanout, ready
from .sessions import Session, Sessions

_LOGGER: Final = logging.getLogger(__name__)


class Push:
    """Sends the feed to the sessions of websites and the pairing desk's codes to those of displays."""

    def __init__(self, relay: Relay, sessions: Sessions, fanout: Fanout) -> None:
        """Send to `sessions` through `fanout`; `start` begins."""
        self._relay = relay
        self._sessions = sessions
        self._fanout = fanout
        self._last_snapshot: tuple[View, int, list[ReadyMade]] | None = None

    def start(self) -> tuple[Callable[[], None], ...]:
        """Subscribe to the desk, the grants and the feed; return the functions that unsubscribe."""
        # Reading its number publishes what is pending.
        self._fanout.join_acks(lambda: self._relay.feed.seq)
        return (
            lambda: self._fanout.join_acks(None),
            self._relay.desk.subscribe(self._send_to_displays),
            self._relay.grants.subscribe(self._follow_grant),
            self._relay.feed.subscribe(self._push),
        )

    # Admitted sessions join here, with what they need to begin.

    def join_display(self, session: Session, user: User) -> None:
        """Make the session a display's and send it every live pairing."""
        self._sessions.make_display(session, user)
        session.on_close.append(self._relay.displays.connect(user))
        for pairing in self._relay.desk.live():
            self._send_pairing((session.sid,), pairing)

    def join_website(self, session: Session, grant: Grant, since: tuple[str, int] | None) -> None:
        """Make the session a website's and send it what it missed `since` a position, else a snapshot.

        Every later change of the feed follows.
        """
        feed = self._relay.feed
        resumed = missed(feed, grant.scope, *since) if since else None
        # Reading the feed flushes pending changes to the sessions that have joined; this one gets them in its response.
        view = feed.view(grant.scope)
        response = ready(Event.RESUME, resumed) if resumed else self._snapshot(view)
        self._sessions.make_website(session, grant.id, view)
        self._fanout.write((session.sid,), response)

    def _snapshot(self, view: View) -> list[ReadyMade]:
        """Return the encoded snapshot; the last one is reused for the same view at the same position."""
        feed = self._relay.feed
        seq = feed.seq
        if self._last_snapshot is None or self._last_snapshot[:2] != (view, seq):
            self._last_snapshot = view, seq, ready(Event.SNAPSHOT, snapshot(feed, view.scope))
        return self._last_snapshot[2]

    # Home → sessions.

    def _send_to_displays(self, pairing: Pairing) -> None:
        self._send_pairing(self._sessions.displays, pairing)

    def _send_pairing(self, sids: tuple[str, ...], pairing: Pairing) -> None:
        if pairing.state is PairingState.SHOWN:
            self._fanout.send(sids, Event.CODE, pairing.code)
        self._fanout.send(sids, Event.PAIRING, pairing.as_dict())

    def _push(self, batch: Batch) -> None:
        """Send the changes of a turn to every website: each change encoded once, one write a session."""
        encode = _Encoder().encode
        whole: list[EngineSession] = []
        for view, sessions in self._sessions.audiences:
            visible = view.visible(batch)
            if visible is batch:
                whole += sessions
            elif visible:
                self._fanout.broadcast(sessions, encode(visible))
        if whole:
            self._fanout.broadcast(whole, encode(batch))

    def _follow_grant(self, change: GrantChange) -> None:
        """Give an edited grant's sessions their new view, and send what it adds and removes."""
        sids = self._sessions.of_grant(change.grant.id)
        if change.event is not GrantEvent.EDITED or not change.before or not sids:
            return
        alike: dict[tuple[Scope, Scope], list[Session]] = {}
        for session in filter(None, map(self._sessions.get, sids)):
            scopes = session.bound.narrow(change.before.scope), session.bound.narrow(change.grant.scope)
            alike.setdefault(scopes, []).append(session)
        for (before, after), sessions in alike.items():
            self.rescope(sessions, before, after)

    def rescope(self, sessions: Iterable[Session], before: Scope, after: Scope) -> None:
        """Give websites' sessions another scope, and send what that adds and removes."""
        if before == after:
            return
        feed = self._relay.feed
        difference = feed.rescope(before, after)
        if difference is not None:
            self._fanout.send([session.sid for session in sessions], difference.event, difference.payload())
        view = feed.view(after)
        for session in sessions:
            self._sessions.set_view(session, view)


class _Encoder:
    """Encodes the changes of one batch: each once, whoever sees it."""

    def __init__(self) -> None:
        self._encoded: dict[int, tuple[Change, list[ReadyMade]]] = {}

    def encode(self, changes: Batch) -> list[ReadyMade]:
        """Return the changes as messages, in order. One that cannot be encoded is logged and left out."""
        return [part for change in changes for part in self._parts(change)]

    def _parts(self, change: Change) -> list[ReadyMade]:
        known = self._encoded.get(id(change))
        if known is None:
            # With the change itself, so that no other gets its id meanwhile.
            known = self._encoded[id(change)] = change, _ready(change)
        return known[1]


def _ready(change: Change) -> list[ReadyMade]:
    try:
        return ready(change.event, change.payload())
    except Exception:
        _LOGGER.exception("Change %d (%s) could not be encoded", change.seq, change.event)
        return []
