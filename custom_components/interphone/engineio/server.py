"""The Engine.IO server: its sessions and their limits, and the interface that applications and python-socketio use."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
import logging
import secrets
from typing import Any

from aiohttp import WSCloseCode, web

from .errors import ForbiddenError
from .packet import Form, PacketError
from .ready import Batch, ReadyMade
from .reason import Reason
from .requests import Requests
from .session import Session
from .settings import Settings
from .timetable import Timetable
from .websocket import WebSocketConnection

_LOGGER = logging.getLogger(__name__)

type Handler = Callable[..., Awaitable[object]]

_SID_BYTES = 15
# Within this time a cancelled handler must end.
_CANCEL_TIMEOUT = 0.3


class Engine:
    """Engine.IO 3 and 4 on one path.

    `handle_request` takes every request of the path, with any method. Checking origins and adding CORS headers is left
    to its caller. `source_of` returns the key under which a request's sessions are limited, by default the address.
    """

    async_mode = "asyncio"

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        source_of: Callable[[web.Request], str] | None = None,
        logger: logging.Logger | bool = False,
        async_handlers: bool = False,
    ) -> None:
        """Make a server without sessions. python-socketio passes `logger`, and `async_handlers=False`."""
        if async_handlers:
            raise ValueError("events of a session are handled in order")
        self.settings = settings or Settings()
        self.timetable = Timetable()
        self.logger = _LOGGER if isinstance(logger, bool) else logger
        self._requests = Requests(self, source_of)
        self._handlers: dict[str, Handler] = {}
        self._sessions: dict[str, Session] = {}
        self._sources: Counter[str] = Counter()
        # By id, the oldest first.
        self._unauthenticated: dict[str, Session] = {}
        self._connections: set[WebSocketConnection] = set()
        self._no_connections = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        # Sessions that are flushed at the end of this turn of the loop, and what the application writes just before.
        self._corked: list[Session] = []
        self.before_flush: Callable[[], object] | None = None
        self._stopping = False

    # --- sessions ---

    def __len__(self) -> int:
        return len(self._sessions)

    def __contains__(self, sid: object) -> bool:
        return sid in self._sessions

    def version(self, sid: str) -> int:
        """Return the protocol version of a session, 3 or 4. Raises KeyError for an unknown one."""
        return self._sessions[sid].form.version

    def transport(self, sid: str) -> str:
        """Return `polling` or `websocket`. Raises KeyError for an unknown session."""
        return "polling" if self._sessions[sid].socket is None else "websocket"

    async def get_session(self, sid: str) -> dict[str, Any]:
        """Return the application's dictionary of a session. Raises KeyError for an unknown one."""
        return self._sessions[sid].data

    async def save_session(self, sid: str, session: dict[str, Any]) -> None:
        """Replace that dictionary. Raises KeyError for an unknown session."""
        self._sessions[sid].data = session

    def authenticated(self, sid: str, *, packet_size: int | None = None) -> None:
        """Mark a session as authenticated.

        It leaves the limit of unauthenticated sessions, its deadline is cancelled, and it may send messages of
        `packet_size` bytes, at most the settings' `packet_size_max`.
        """
        session = self._sessions.get(sid)
        if session is None:
            return
        if not session.authenticated:
            session.authenticated = True
            del self._unauthenticated[sid]
        session.clear_deadline()
        if packet_size is not None:
            session.packet_size = min(packet_size, self.settings.packet_size_max)

    def set_deadline(self, sid: str, seconds: float, reason: str) -> None:
        """Close the session with `reason` unless `clear_deadline` or `authenticated` is called within `seconds`."""
        session = self._sessions.get(sid)
        if session is not None:
            session.set_deadline(seconds, reason)

    def clear_deadline(self, sid: str) -> None:
        """Cancel the deadline of a session."""
        session = self._sessions.get(sid)
        if session is not None:
            session.clear_deadline()

    # --- sending ---

    def write_frame(self, sid: str, item: ReadyMade) -> bool:
        """Send without waiting, in order; False when the session is gone, or ends now because it does not read."""
        session = self._sessions.get(sid)
        return session is not None and session.write(item)

    def write_later(self, sid: str, item: ReadyMade) -> bool:
        """Send at the end of this turn of the loop, in one write with what else the turn brings, in order."""
        session = self._sessions.get(sid)
        return session is not None and session.write_later(item)

    def broadcast(self, sessions: Sequence[Session], items: Sequence[ReadyMade]) -> None:
        """Send packets to sessions, each of which gets all of them in one write unless they are many.

        Sessions for which something waits until the end of this turn of the loop come first, and get it with the same
        write. Sessions that have ended are passed over. One whose write fails is dropped, and never stops the others.
        """
        if not items:
            return
        batch = Batch(items)
        if self._corked:
            waiting = set(self._corked).intersection(sessions)
            self._write_each(waiting, Session.write_batch, batch)
            sessions = [session for session in sessions if session not in waiting]
        if len(items) == 1:
            self._write_each(sessions, Session.write, items[0])
        else:
            self._write_each(sessions, Session.write_batch, batch)

    def _write_each[T](self, sessions: Iterable[Session], write: Callable[[Session, T], bool], what: T) -> None:
        for session in sessions:
            try:
                write(session, what)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are still to be written to
                self._drop(session, error)

    def _drop(self, session: Session, error: Exception) -> None:
        """End a session whose write failed: a gap would go unnoticed, a client that reconnects can resume."""
        self.logger.error("Writing to a session failed", exc_info=error)
        try:
            session.end(Reason.TRANSPORT_ERROR, abrupt=True)
        except Exception:
            self.logger.exception("A session could not be ended")

    async def send(self, sid: str, data: str | bytes) -> None:
        """Send a message; a session that is gone is ignored."""
        self.write_frame(sid, ReadyMade.message(data))

    def close(self, sid: str, reason: str, *, code: int = WSCloseCode.OK) -> bool:
        """Close a session after what was sent to it so far; False when it is gone already. Never waits.

        The application's disconnect handler gets `reason`; so does a WebSocket client, in the close frame.
        """
        session = self._sessions.get(sid)
        if session is None or session.ended is not None:
            return False
        session.end(reason, code=code, linger=True)
        return True

    async def disconnect(self, sid: str | None = None) -> None:
        """Close one session, or all."""
        for each in [sid] if sid is not None else list(self._sessions):
            self.close(each, Reason.SERVER_DISCONNECT)

    async def shutdown(self, reason: str = Reason.SERVER_DISCONNECT) -> None:
        """Close every session with `reason` and admit no new one; when it returns, no task or timer is left.

        Takes at most the settings' `close_timeout` and 0.3 s, whatever the clients do. A handler that ignores its
        cancellation runs on; that is logged.
        """
        self._stopping = True
        for session in list(self._sessions.values()):
            session.end(reason, code=WSCloseCode.GOING_AWAY, linger=True)
            self.forget(session)
        await self._finish(self.settings.close_timeout)
        for connection in self._connections:
            connection.abort()
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks and (stubborn := (await asyncio.wait(tasks, timeout=_CANCEL_TIMEOUT))[1]):
            self.logger.warning("%d handlers run on although they were cancelled", len(stubborn))
        self.timetable.clear()

    async def _finish(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while tasks := self._tasks - {asyncio.current_task()}:
                    await asyncio.wait(tasks)
                if self._connections:
                    await self._no_connections.wait()
        except TimeoutError:
            self.logger.debug("Some sessions did not close in time and are dropped")

    # --- the rest of python-socketio's interface ---

    def on(self, event: str, handler: Handler) -> None:
        """Set the handler of `connect` (sid, environ), `message` (sid, data) or `disconnect` (sid, reason)."""
        self._handlers[event] = handler

    def generate_id(self) -> str:
        """Return an unguessable id."""
        return secrets.token_urlsafe(_SID_BYTES)

    def start_background_task(
        self, target: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **kwargs: Any
    ) -> asyncio.Task[Any]:
        """Run `target` in a task that starts at once and is cancelled by `shutdown`; its failure is logged."""
        return self.spawn(target(*args, **kwargs))

    async def sleep(self, seconds: float = 0) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    # --- for sessions ---

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in a tracked task that starts at once."""
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
        if task.done():
            self._report(task)
        else:
            self._tasks.add(task)
            task.add_done_callback(self._report)
        return task

    def _report(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.logger.error("A background task failed", exc_info=error)

    def flush_later(self, session: Session) -> None:
        """Flush a session at the end of this turn of the loop, with all others that want it."""
        if not self._corked:
            asyncio.get_running_loop().call_soon(self._flush)
        self._corked.append(session)

    def _flush(self) -> None:
        if self.before_flush is not None:
            self.before_flush()
        corked, self._corked = self._corked, []
        for session in corked:
            try:
                session.flush()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are still to be written to
                self._drop(session, error)

    async def deliver(self, session: Session, event: str, argument: Any) -> None:
        """Call the handler of `event`. PacketError ends the session; other exceptions are logged."""
        handler = self._handlers.get(event)
        if handler is None:
            return
        try:
            await handler(session.sid, argument)
        except PacketError:
            session.end(Reason.PARSE_ERROR, code=WSCloseCode.PROTOCOL_ERROR)
        except Exception:
            self.logger.exception("The %s handler failed", event)

    def forget(self, session: Session) -> None:
        """Remove a session: no further request finds it."""
        if self._sessions.pop(session.sid, None) is None:
            return
        self._sources[session.source] -= 1
        if self._sources[session.source] <= 0:
            del self._sources[session.source]
        self._unauthenticated.pop(session.sid, None)

    # --- requests ---

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Respond to any request of the Engine.IO path."""
        return await self._requests.respond(request)

    def find(self, sid: str) -> Session | None:
        """Return the session of this id, or None when there is none or it takes no more requests."""
        return self._sessions.get(sid)

    def admit(self, form: Form, source: str, environ: dict[str, Any]) -> Session:
        """Make a session and count it; the caller opens it. Raises ForbiddenError when there is no room."""
        settings = self.settings
        if self._stopping:
            raise ForbiddenError(503, "Stopping")
        if self._sources[source] >= settings.sessions_per_source:
            raise ForbiddenError(429, "Too many sessions")
        if len(self._sessions) >= settings.sessions or not self._make_room(source):
            raise ForbiddenError(503, "Too many sessions")
        session = Session(self, self.generate_id(), form, source, environ)
        self._sessions[session.sid] = session
        self._sources[source] += 1
        self._unauthenticated[session.sid] = session
        return session

    def _make_room(self, source: str) -> bool:
        """Return whether one more unauthenticated session fits, closing the oldest of the source that has most."""
        if len(self._unauthenticated) < self.settings.sessions_unauthenticated:
            return True
        counts = Counter(session.source for session in self._unauthenticated.values())
        largest, count = counts.most_common(1)[0]
        if counts[source] >= count:
            return False
        oldest = next(session for session in self._unauthenticated.values() if session.source == largest)
        oldest.end(Reason.CROWDED_OUT, abrupt=True)
        self.forget(oldest)  # also when it had ended and only lingered
        return True

    def hold(self, connection: WebSocketConnection) -> None:
        """Count an open WebSocket, for which `shutdown` waits."""
        self._connections.add(connection)
        self._no_connections.clear()

    def release(self, connection: WebSocketConnection) -> None:
        """Count it as closed."""
        self._connections.discard(connection)
        if not self._connections:
            self._no_connections.set()
