"""One client's session: its outgoing queue, its inbox, its heartbeat and its end. Owned by the engine's loop."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from aiohttp import WSCloseCode

from .outbox import Outbox
from .packet import Form, Packet, PacketError, PacketType
from .ready import Batch, ReadyMade, payload
from .reason import Reason
from .repetition import Fingerprint
from .settings import Settings
from .timetable import Entry, Timetable
from .transports import WebSocketLink

# Frames waiting for a slow reader are handed over in portions of about this size.
_PORTION = 64 * 1024

_PING = ReadyMade(Packet(PacketType.PING))
_NOOP = ReadyMade(Packet(PacketType.NOOP))
_CLOSE = ReadyMade(Packet(PacketType.CLOSE))


class Host(Protocol):
    """What a session needs of its server."""

    timetable: Timetable
    settings: Settings

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in a tracked task that starts at once."""

    async def deliver(self, session: Session, event: str, argument: Any) -> None:
        """Hand one event to the application. Never raises."""

    def gone(self, session: Session) -> None:
        """Forget the session: it answers no further request."""

    def flush_later(self, session: Session) -> None:
        """Call the session's `flush` at the end of this turn of the loop."""


class Session:
    """A session from its handshake to its end, over polling or a WebSocket.

    Writing is synchronous and keeps order: with nothing waiting, a ready-made frame goes straight to the socket; else
    it waits in the outbox, which is bounded. What comes in is handed to the application one by one, in order, by a
    task that exists only while there is something to hand over and that no cancelled request can cut short.
    """

    # There may be two thousand, and a change goes through all of them: small, and quick to look into.
    __slots__ = (
        "_answered",
        "_beat",
        "_corked",
        "_direct",
        "_expected",
        "_farewell",
        "_heard",
        "_host",
        "_inbox",
        "_inbox_size",
        "_last_words",
        "_outbox",
        "_ping_sent",
        "_poll",
        "_pump_task",
        "_pumping",
        "authenticated",
        "body_limit",
        "data",
        "ended",
        "environ",
        "form",
        "opened",
        "packet_size",
        "posted",
        "posting",
        "probed",
        "sid",
        "socket",
        "source",
        "upgrading",
    )

    def __init__(self, host: Host, sid: str, form: Form, source: str, environ: dict[str, Any]) -> None:
        """Make a session that is not open yet: no heartbeat, nothing told to the application."""
        self.sid = sid
        self.form = form
        self.source = source
        self.environ = environ
        self.data: dict[str, Any] = {}
        self.packet_size = host.settings.packet_size
        self.authenticated = False
        self.opened = 0.0
        self.ended: str | None = None
        self.socket: WebSocketLink | None = None
        # The socket again, while frames go straight to it: nothing waits, and the session has not ended.
        self._direct: WebSocketLink | None = None
        self.upgrading: WebSocketLink | None = None
        self.probed = False
        self.posting = False
        # The last POST that was taken.
        self.posted: Fingerprint | None = None
        # The time limit of the body that is being read.
        self.body_limit: asyncio.Timeout | None = None
        self._host = host
        self._outbox = Outbox(form)
        # Whether the outbox waits for the end of this turn of the loop, and not for a slow client.
        self._corked = False
        self._poll: asyncio.Future[None] | None = None
        # The last poll that was answered, and the packets of its response.
        self._answered: tuple[Fingerprint, list[ReadyMade]] | None = None
        self._last_words = _CLOSE
        self._inbox: deque[tuple[str, Any, int]] = deque()
        self._inbox_size = 0
        self._pump_task: asyncio.Task[None] | None = None
        self._pumping = False
        self._beat: Entry | None = None
        self._expected: Entry | None = None
        self._farewell: Entry | None = None
        self._ping_sent: float | None = None
        self._heard = 0.0

    # --- life ---

    def open(self) -> None:
        """Start the heartbeat and tell the application."""
        settings = self._host.settings
        self._heard = self.opened = _now()
        wait = settings.ping_interval if self.form is Form.V4 else settings.ping_interval + settings.ping_timeout
        self._beat = self._host.timetable.after(wait, self._on_beat)
        self._hand_on("connect", self.environ, 0)

    def expect(self, seconds: float, reason: str) -> None:
        """End with `reason` unless `relieve` is called within `seconds`; replaces an earlier expectation."""
        self.relieve()
        if self.ended is None:
            self._expected = self._host.timetable.after(
                seconds, lambda: self.end(reason, code=WSCloseCode.POLICY_VIOLATION, farewell=True)
            )

    def relieve(self) -> None:
        """Take the expectation back."""
        if self._expected is not None:
            self._expected.cancel()
            self._expected = None

    def end(self, reason: str, *, code: int = WSCloseCode.OK, farewell: bool = False, abrupt: bool = False) -> None:
        """End once, at once for the application; later calls do nothing.

        A WebSocket is sent what is queued and a close frame with `code` and `reason`, or is dropped when `abrupt`.
        A waiting poll is answered. With `farewell`, a polling client may still fetch what is queued, and then the
        goodbye. A server's end drops what the client sent and nobody has looked at yet.
        """
        if self.ended is not None:
            return
        self.ended = reason
        self._direct = None
        for entry in (self._beat, self._expected):
            if entry is not None:
                entry.cancel()
        self._beat = self._expected = None
        if self.body_limit is not None and not self.body_limit.expired():
            self.body_limit.reschedule(0)
        if farewell or abrupt:
            self._inbox.clear()
            self._inbox_size = 0
        self._release(code, reason, farewell=farewell, abrupt=abrupt)
        self._hand_on("disconnect", reason, 0)

    def _release(self, code: int, reason: str, *, farewell: bool, abrupt: bool) -> None:
        if self.upgrading is not None:
            self.upgrading.close(code, reason)
        if abrupt:
            self._outbox.clear()
        if self.socket is not None:
            if self._outbox:
                self.socket.write(self._outbox.portion(None))
            if abrupt:
                self.socket.abort()
            else:
                self.socket.close(code, reason)
        else:
            answered = self._poll is not None and not self._outbox
            self._wake_poll()
            if farewell and not answered and self._host.settings.farewell_timeout > 0:
                self._farewell = self._host.timetable.after(self._host.settings.farewell_timeout, self._leave)
                return
        self._leave()

    def _leave(self) -> None:
        if self._farewell is not None:
            self._farewell.cancel()
            self._farewell = None
        self._host.gone(self)

    # --- out ---

    def write(self, item: ReadyMade) -> bool:
        """Send, without waiting; False when the session has ended, or ends now because its client does not read."""
        direct = self._direct
        if direct is not None:
            if not direct.write(item.shared_frame or item.frame(self.form)):
                self._fall_behind(direct)
            return True
        return self._enqueue((item,))

    def write_batch(self, batch: Batch) -> bool:
        """Send all packets of a batch, in one write unless it is large, and with what was to be written later."""
        before = b""
        if self._corked and self._uncork():
            before = self._outbox.portion(None)
        direct = self._direct
        if direct is None:
            return self._enqueue(batch.items)
        for taken, frames in batch.portions(self.form):
            if not direct.write(before + frames if before else frames):
                self._fall_behind(direct)
                return self._enqueue(batch.items[taken:])
            before = b""
        return True

    def write_later(self, item: ReadyMade) -> bool:
        """Send at the end of this turn of the loop, or with what is written before that, in order."""
        if self._direct is not None:
            self._direct = None
            self._corked = True
            self._host.flush_later(self)
        return self._enqueue((item,))

    def flush(self) -> None:
        """Send what was to be written later."""
        direct = self.socket
        if not self._corked or direct is None or not self._uncork():
            return
        while self._outbox:
            if not direct.write(self._outbox.portion(_PORTION)):
                self._fall_behind(direct)
                return

    def _uncork(self) -> bool:
        """Let frames go straight to the socket again; False when the session has ended meanwhile."""
        self._corked = False
        if self.ended is None:
            self._direct = self.socket
        return self.ended is None

    def _enqueue(self, items: Sequence[ReadyMade]) -> bool:
        """Let packets wait. Those of one batch count as one packet: no client had time to read in between."""
        if self.ended is not None:
            return False
        settings = self._host.settings
        full = len(self._outbox) >= settings.queue_packets
        for position, item in enumerate(items):
            if full or self._outbox.size >= settings.queue_size:
                if self._corked:  # not a slow client: this turn has much to say
                    self.flush()
                    return self.write_batch(Batch(items[position:]))
                self.end(Reason.TOO_SLOW, code=WSCloseCode.POLICY_VIOLATION, abrupt=True)
                return False
            self._outbox.append(item)
        if self.socket is None:
            self._wake_poll()
        return True

    def attach(self, link: WebSocketLink) -> None:
        """Go on over `link`, which first gets everything that waits."""
        self.socket = link
        self._answered = None
        if self._outbox and not link.write(self._outbox.portion(None)):
            self._fall_behind(link)
        else:
            self._direct = link

    def _fall_behind(self, socket: WebSocketLink) -> None:
        """Let what comes wait in the outbox until the client has taken what it was sent."""
        self._direct = None
        self._host.spawn(self._catch_up(socket))

    async def _catch_up(self, socket: WebSocketLink) -> None:
        while await socket.drained():
            if not self._outbox:
                if self.ended is None:
                    self._direct = socket
                return
            socket.write(self._outbox.portion(_PORTION))

    # --- polling ---

    @property
    def polled(self) -> bool:
        """Whether a poll is waiting now."""
        return self._poll is not None

    async def wait_for_packets(self) -> None:
        """Hold a poll until there is something to say. Only one may wait."""
        if self._outbox or self.ended is not None or self.probed:
            return
        self._poll = asyncio.get_running_loop().create_future()
        try:
            await self._poll
        finally:
            self._poll = None

    def repeated_payload(self, poll: Fingerprint) -> tuple[bytes, bool] | None:
        """Return the response body of the last poll when `poll` repeats it, else None."""
        if self._answered is None or not poll.repeats(self._answered[0]):
            return None
        return payload(self._answered[1], self.form)

    def take_payload(self, poll: Fingerprint | None = None) -> tuple[bytes, bool]:
        """Return the body for a poll and whether it is binary; a lone NOOP when there is nothing else to say.

        CLOSE goes alone: clients of Socket.IO 4 drop what came in the same payload.
        """
        last = self.ended is not None and self._farewell is None
        items = self._outbox.take(len(self._outbox) if last else self._host.settings.poll_packets)
        if not items and self.ended is not None:
            items.append(self._last_words)
            self._leave()
        items = items or [_NOOP]
        self._answered = None if poll is None else (poll, items)
        return payload(items, self.form)

    def _wake_poll(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    # --- upgrade ---

    def begin_upgrade(self, link: WebSocketLink) -> bool:
        """Let `link` try; False when this session has a WebSocket already, or another one is trying."""
        if self.ended is not None or self.socket is not None or self.upgrading is not None:
            return False
        self.upgrading = link
        return True

    def probe(self) -> None:
        """Note that the new WebSocket works: polls are sent home from now on."""
        self.probed = True
        self._wake_poll()

    def finish_upgrade(self, link: WebSocketLink, form: Form) -> None:
        """Go on over `link`, which first gets everything that waits."""
        self.form = self._outbox.form = form
        self.attach(link)
        self._wake_poll()

    def drop_upgrade(self) -> None:
        """Stay with polling; nothing was lost, because everything waited in the queue."""
        self.upgrading = None
        self.probed = False

    # --- in ---

    def receive(self, packet: Packet) -> None:
        """Act on one packet of the client. Raises PacketError for one that a client may not send."""
        if self.ended is not None:
            return
        self._heard = _now() if self.form is Form.V4 else self._heard
        match packet.type:
            case PacketType.MESSAGE:
                self._hand_on("message", packet.data, len(packet.data))
            case PacketType.PING if self.form is not Form.V4:
                self._heard = _now()
                self.write(ReadyMade(Packet(PacketType.PONG, packet.data)))
            case PacketType.PONG if self.form is Form.V4:
                self._on_pong()
            case PacketType.CLOSE:
                self._last_words = _NOOP
                self.end(Reason.CLIENT_DISCONNECT)
            case PacketType.PING | PacketType.PONG:
                raise PacketError("a heartbeat in the wrong direction")
            case _:
                pass

    @property
    def backlogged(self) -> bool:
        """Whether the client should not be read further before the application has caught up."""
        return len(self._inbox) >= self._host.settings.inbox_packets or self._inbox_size > self.packet_size

    async def caught_up(self) -> None:
        """Wait until everything received was handed on. Cancelling the wait cancels nothing else."""
        if self._pump_task is not None and not self._pump_task.done():
            await asyncio.wait([self._pump_task])

    def _hand_on(self, event: str, argument: Any, size: int) -> None:
        self._inbox.append((event, argument, size))
        self._inbox_size += size
        if not self._pumping:
            self._pumping = True
            task = self._host.spawn(self._pump())
            self._pump_task = None if task.done() else task

    async def _pump(self) -> None:
        try:
            while self._inbox:
                event, argument, size = self._inbox.popleft()
                self._inbox_size -= size
                await self._host.deliver(self, event, argument)
        finally:
            self._pumping = False
            self._pump_task = None

    # --- heartbeat ---

    def _on_beat(self) -> None:
        settings = self._host.settings
        if self.form is not Form.V4:
            self._expect_sign(self._heard + settings.ping_interval + settings.ping_timeout)
        elif self._ping_sent is None:
            self._ping_sent = self._heard = _now()
            self._beat = self._host.timetable.after(settings.ping_timeout, self._on_beat)
            self.write(_PING)
        else:
            self._expect_sign(self._heard + settings.ping_timeout)

    def _expect_sign(self, due: float) -> None:
        left = due - _now()
        if left > 0:
            self._beat = self._host.timetable.after(left, self._on_beat)
        else:
            self.end(Reason.PING_TIMEOUT)

    def _on_pong(self) -> None:
        if self._ping_sent is None:
            return
        self._ping_sent = None
        if self._beat is not None:
            self._beat.cancel()
        self._beat = self._host.timetable.after(self._host.settings.ping_interval, self._on_beat)


def _now() -> float:
    return asyncio.get_running_loop().time()
