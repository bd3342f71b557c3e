"""One client's session, from its handshake to its end. Everything in it runs on the engine's loop."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from aiohttp import WSCloseCode

from .heartbeat import Heartbeat
from .inbox import Inbox
from .outbox import Outbox
from .packet import Form, Packet, PacketError, PacketType
from .ready import Batch, ReadyMade, payload
from .reason import Reason
from .repetition import Fingerprint
from .settings import Settings
from .timetable import Timer, Timetable
from .websocket import WebSocketConnection

# The outbox of a slow client is written in portions of about this size.
_PORTION = 64 * 1024

_NOOP = ReadyMade(Packet(PacketType.NOOP))
_CLOSE = ReadyMade(Packet(PacketType.CLOSE))


class Host(Protocol):
    """The engine, as its sessions use it."""

    timetable: Timetable
    settings: Settings

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in a tracked task that starts at once."""

    async def deliver(self, session: Session, event: str, argument: Any) -> None:
        """Call the application's handler of an event. Never raises."""

    def forget(self, session: Session) -> None:
        """Remove the session: no further request finds it."""

    def flush_later(self, session: Session) -> None:
        """Call the session's `flush` at the end of this turn of the loop."""


class Session:
    """A session over polling or a WebSocket.

    Writing is synchronous and keeps order: with nothing waiting, a frame goes straight to the socket; else it waits in
    the outbox, which is bounded. What the client sends is handed to the application one by one, in order.
    """

    # There may be thousands, and a broadcast goes through all of them.
    __slots__ = (
        "_corked",
        "_deadline",
        "_direct",
        "_final_packet",
        "_heartbeat",
        "_host",
        "_inbox",
        "_last_poll",
        "_linger",
        "_outbox",
        "_poll",
        "authenticated",
        "body_timeout",
        "data",
        "ended",
        "environ",
        "form",
        "last_post",
        "opened",
        "packet_size",
        "posting",
        "probed",
        "sid",
        "socket",
        "source",
        "upgrading",
    )

    def __init__(self, host: Host, sid: str, form: Form, source: str, environ: dict[str, Any]) -> None:
        """Make a session that is not open yet: it has no heartbeat, and the application does not know it."""
        self.sid = sid
        self.form = form
        self.source = source
        self.environ = environ
        self.data: dict[str, Any] = {}
        self.packet_size = host.settings.packet_size
        self.authenticated = False
        # The loop's time of `open`.
        self.opened = 0.0
        # The reason of the end.
        self.ended: str | None = None
        self.socket: WebSocketConnection | None = None
        # The socket again, while frames go straight to it: nothing waits, and the session has not ended.
        self._direct: WebSocketConnection | None = None
        # A WebSocket that has not proven itself, and whether its probe was answered.
        self.upgrading: WebSocketConnection | None = None
        self.probed = False
        # Whether a POST is being handled, the timeout of its body, and the last one that was taken.
        self.posting = False
        self.body_timeout: asyncio.Timeout | None = None
        self.last_post: Fingerprint | None = None
        # The waiting poll; the last one that got its response, with the packets in it.
        self._poll: asyncio.Future[None] | None = None
        self._last_poll: tuple[Fingerprint, list[ReadyMade]] | None = None
        self._host = host
        self._inbox = Inbox(host)
        self._outbox = Outbox(form)
        # Whether the outbox waits for the end of this turn of the loop, and not for a slow client.
        self._corked = False
        self._heartbeat = Heartbeat(host.timetable, host.settings, form)
        self._deadline: Timer | None = None
        # Runs while an ended polling session may still be polled; what the last poll gets.
        self._linger: Timer | None = None
        self._final_packet = _CLOSE

    # --- life ---

    def open(self) -> None:
        """Start the heartbeat and call the application's connect handler."""
        self.opened = asyncio.get_running_loop().time()
        self._heartbeat.start(self)
        # The environment holds a request, which does not outlive its response here.
        environ, self.environ = self.environ, {}
        self._inbox.put(self, "connect", environ)

    def set_deadline(self, seconds: float, reason: str) -> None:
        """End with `reason` unless `clear_deadline` is called within `seconds`; replaces an earlier deadline."""
        self.clear_deadline()
        if self.ended is None:
            self._deadline = self._host.timetable.after(
                seconds, lambda: self.end(reason, code=WSCloseCode.POLICY_VIOLATION, linger=True)
            )

    def clear_deadline(self) -> None:
        """Cancel the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def expire(self) -> None:
        """End, because the client is silent."""
        self.end(Reason.PING_TIMEOUT)

    def end(self, reason: str, *, code: int = WSCloseCode.OK, linger: bool = False, abrupt: bool = False) -> None:
        """End, at once for the application; later calls do nothing.

        A WebSocket is sent the outbox and a close frame with `code` and `reason`, or is dropped when `abrupt`.
        A waiting poll gets its response. With `linger`, a polling client may fetch the outbox for a while, then CLOSE.
        With either, packets of the client that the application has not handled yet are dropped.
        """
        if self.ended is not None:
            return
        self.ended = reason
        self._direct = None
        self._heartbeat.stop()
        self.clear_deadline()
        if self.body_timeout is not None and not self.body_timeout.expired():
            self.body_timeout.reschedule(0)
        if linger or abrupt:
            self._inbox.clear()
        if abrupt:
            self._outbox.clear()
        if self.upgrading is not None:
            self.upgrading.close(code, reason)
        if self.socket is not None:
            self._end_socket(self.socket, code, reason, abrupt=abrupt)
            self._forget()
        else:
            self._end_polling(linger=linger)
        self._inbox.put(self, "disconnect", reason)

    def _end_socket(self, socket: WebSocketConnection, code: int, reason: str, *, abrupt: bool) -> None:
        if self._outbox:
            socket.write(self._outbox.portion(None))
        if abrupt:
            socket.abort()
        else:
            socket.close(code, reason)

    def _end_polling(self, *, linger: bool) -> None:
        # A waiting poll gets CLOSE, unless the outbox goes first.
        closed = self._poll is not None and not self._outbox
        self._wake_poll()
        timeout = self._host.settings.linger_timeout
        if linger and not closed and timeout > 0:
            self._linger = self._host.timetable.after(timeout, self._forget)
        else:
            self._forget()

    def _forget(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        self._host.forget(self)

    # --- out ---

    def write(self, item: ReadyMade) -> bool:
        """Send without waiting; False when the session has ended, or ends now because its client does not read."""
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

    def attach(self, connection: WebSocketConnection) -> None:
        """Continue over a WebSocket, which first gets the outbox."""
        self.socket = connection
        self._last_poll = None
        if self._outbox and not connection.write(self._outbox.portion(None)):
            self._fall_behind(connection)
        else:
            self._direct = connection

    def _fall_behind(self, socket: WebSocketConnection) -> None:
        """Let what comes wait in the outbox until the client has taken what it was sent."""
        self._direct = None
        self._host.spawn(self._catch_up(socket))

    async def _catch_up(self, socket: WebSocketConnection) -> None:
        while await socket.drained():
            if not self._outbox:
                if self.ended is None:
                    self._direct = socket
                return
            socket.write(self._outbox.portion(_PORTION))

    # --- polling ---

    @property
    def polled(self) -> bool:
        """Whether a poll is waiting."""
        return self._poll is not None

    async def wait_for_packets(self) -> None:
        """Hold a poll until there is something to send. Only one may wait."""
        if self._outbox or self.ended is not None or self.probed:
            return
        self._poll = asyncio.get_running_loop().create_future()
        try:
            await self._poll
        finally:
            self._poll = None

    def repeated_payload(self, poll: Fingerprint) -> tuple[bytes, bool] | None:
        """Return the response body of the last poll when `poll` repeats it, else None."""
        if self._last_poll is None or not poll.repeats(self._last_poll[0]):
            return None
        return payload(self._last_poll[1], self.form)

    def take_payload(self, poll: Fingerprint | None = None) -> tuple[bytes, bool]:
        """Return the response body of a poll and whether it is binary; a lone NOOP when the outbox is empty.

        CLOSE goes alone: clients of Socket.IO 4 drop what came in the same payload.
        """
        last = self.ended is not None and self._linger is None
        items = self._outbox.take(len(self._outbox) if last else self._host.settings.poll_packets)
        if not items and self.ended is not None:
            items.append(self._final_packet)
            self._forget()
        items = items or [_NOOP]
        self._last_poll = None if poll is None else (poll, items)
        return payload(items, self.form)

    def _wake_poll(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    # --- upgrade ---

    def begin_upgrade(self, connection: WebSocketConnection) -> bool:
        """Let a WebSocket prove itself; False when the session has one, or another one is about to replace polling."""
        if self.ended is not None or self.socket is not None or self.upgrading is not None:
            return False
        self.upgrading = connection
        return True

    def probe(self) -> None:
        """Note that the WebSocket's probe was answered. Polls return at once from now on."""
        self.probed = True
        self._wake_poll()

    def finish_upgrade(self, connection: WebSocketConnection, form: Form) -> None:
        """Continue over a WebSocket, which first gets the outbox."""
        self.form = self._outbox.form = form
        self.attach(connection)
        self._wake_poll()

    def drop_upgrade(self) -> None:
        """Continue with polling. Nothing was lost: the outbox waited."""
        self.upgrading = None
        self.probed = False

    # --- in ---

    def receive(self, packet: Packet) -> None:
        """Handle one packet of the client. Raises PacketError for one that a client may not send."""
        if self.ended is not None:
            return
        self._heartbeat.on_packet()
        match packet.type:
            case PacketType.MESSAGE:
                self._inbox.put(self, "message", packet.data, len(packet.data))
            case PacketType.PING if self.form is not Form.V4:
                self._heartbeat.on_ping()
                self.write(ReadyMade(Packet(PacketType.PONG, packet.data)))
            case PacketType.PONG if self.form is Form.V4:
                self._heartbeat.on_pong()
            case PacketType.CLOSE:
                self._final_packet = _NOOP
                self.end(Reason.CLIENT_DISCONNECT)
            case PacketType.PING | PacketType.PONG:
                raise PacketError("a heartbeat in the wrong direction")
            case _:
                pass

    @property
    def backlogged(self) -> bool:
        """Whether the client must not be read further before the application has caught up."""
        return len(self._inbox) >= self._host.settings.inbox_packets or self._inbox.size > self.packet_size

    async def caught_up(self) -> None:
        """Wait until the application has handled everything received. Cancelling the wait cancels nothing else."""
        await self._inbox.emptied()
