"""What the home sends by itself: the feed's changes to websites, pairings and their codes to displays."""

from collections.abc import Callable
from typing import Any

from ...access.grants import GrantChange, GrantEvent
from ...access.models import Grant, Scope
from ...devices.feed import Change
from ...devices.payloads import missed, snapshot
from ...engineio.ready import ReadyMade
from ...engineio.session import Session as EngineSession
from ...pairing.models import Pairing, PairingState
from ...relay import Relay
from .events import Event
from .fanout import Fanout, ready
from .sessions import Session, Sessions


class Push:
    """Sends the feed to the sessions of websites and the pairing desk's codes to those of displays."""

    def __init__(self, relay: Relay, sessions: Sessions, fanout: Fanout) -> None:
        """Send to `sessions` through `fanout`; `start` begins."""
        self._relay = relay
        self._sessions = sessions
        self._fanout = fanout
        self._last_snapshot: tuple[tuple[object, ...], list[ReadyMade]] | None = None

    def start(self) -> tuple[Callable[[], None], ...]:
        """Subscribe to the desk, the grants and the feed; return the functions that unsubscribe."""
        return (
            self._relay.desk.subscribe(self._send_to_displays),
            self._relay.grants.subscribe(self._follow_grant),
            self._relay.feed.subscribe(self._push),
        )

    # Admitted sessions join here, with what they need to begin.

    def join_display(self, session: Session) -> None:
        """Make the session a display's and send it every live pairing."""
        self._sessions.make_panel(session)
        for pairing in self._relay.desk.live():
            self._send_pairing((session.sid,), pairing)

    def join_website(self, session: Session, grant: Grant, since: Any) -> None:
        """Make the session a website's and send it what it missed `since` a position, else a snapshot.

        Every later change of the feed follows.
        """
        feed, resumed = self._relay.feed, None
        if isinstance(since, dict) and isinstance(since.get("epoch"), str) and type(since.get("seq")) is int:
            resumed = missed(feed, grant.scope, since["epoch"], since["seq"])
        # Reading the feed flushes pending changes to the sessions that have joined; this one gets them in its answer.
        answer = ready(Event.RESUME, resumed) if resumed else self._snapshot(grant.scope)
        self._sessions.make_website(session, grant.id)
        self._fanout.write((session.sid,), answer)

    def _snapshot(self, scope: Scope) -> list[ReadyMade]:
        """Return the encoded snapshot; the last one is reused for the same devices at the same position."""
        key = (scope.devices, *self._relay.feed.position.values())
        if self._last_snapshot is None or self._last_snapshot[0] != key:
            self._last_snapshot = key, ready(Event.SNAPSHOT, snapshot(self._relay.feed, scope))
        return self._last_snapshot[1]

    # Home → sessions.

    def _send_to_displays(self, pairing: Pairing) -> None:
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
        """Send an edited grant's sessions the devices that it sees more or less of from now on."""
        sids = self._sessions.of_grant(change.grant.id)
        if change.event is not GrantEvent.EDITED or not change.before or not sids:
            return
        difference = self._relay.feed.rescope(change.before.scope, change.grant.scope)
        if difference.added or difference.removed:
            self._fanout.send(sids, difference.event, difference.payload())
