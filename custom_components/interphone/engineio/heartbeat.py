"""Heartbeat of one session: finds out when its client is gone.

Version 4: the server sends a PING every `ping_interval`, and the client has `ping_timeout` to answer; anything that it
sends meanwhile counts. Version 3: the client sends the PINGs, and has both times together from one to the next.
"""

import asyncio
from typing import Protocol

from .packet import Form, Packet, PacketType
from .ready import ReadyMade
from .settings import Settings
from .timetable import Timer, Timetable

_PING = ReadyMade(Packet(PacketType.PING))


class Alive(Protocol):
    """The session that a heartbeat belongs to."""

    def write(self, item: ReadyMade) -> bool:
        """Send a packet."""

    def expire(self) -> None:
        """End: the client is gone."""


class Heartbeat:
    """Calls the session's `expire` when its client has been silent for too long."""

    __slots__ = ("_heard", "_pings", "_session", "_settings", "_timer", "_timetable", "_waiting")

    def __init__(self, timetable: Timetable, settings: Settings, form: Form) -> None:
        """Make a heartbeat that is not started yet."""
        self._timetable = timetable
        self._settings = settings
        self._pings = form is Form.V4
        # Whether a PING is unanswered.
        self._waiting = False
        self._heard = 0.0
        self._timer: Timer | None = None
        self._session: Alive | None = None

    def start(self, session: Alive) -> None:
        """Begin with the handshake, which counts as a sign of life."""
        settings = self._settings
        self._session = session
        self._heard = _now()
        self._set(settings.ping_interval if self._pings else settings.ping_interval + settings.ping_timeout)

    def stop(self) -> None:
        """Stop, and hold the session no longer."""
        self._session = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def on_packet(self) -> None:
        """Note that the client sent a packet, whatever it is."""
        if self._pings:
            self._heard = _now()

    def on_ping(self) -> None:
        """Note a PING of a version 3 client."""
        self._heard = _now()

    def on_pong(self) -> None:
        """Note a PONG of a version 4 client: the next PING is due an interval later."""
        if self._waiting:
            self._waiting = False
            self._set(self._settings.ping_interval)

    def _set(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._session is not None:
            self._timer = self._timetable.after(delay, self._on_timer)

    def _on_timer(self) -> None:
        settings = self._settings
        if not self._pings:
            self._expire_at(self._heard + settings.ping_interval + settings.ping_timeout)
        elif self._waiting:
            self._expire_at(self._heard + settings.ping_timeout)
        elif self._session is not None:
            self._waiting = True
            self._heard = _now()
            self._set(settings.ping_timeout)
            self._session.write(_PING)

    def _expire_at(self, due: float) -> None:
        left = due - _now()
        if left > 0:
            self._set(left)
        elif self._session is not None:
            self._session.expire()


def _now() -> float:
    return asyncio.get_running_loop().time()
