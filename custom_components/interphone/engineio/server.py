"""The Engine.IO server: requests of both transports in, events out, with the methods python-socketio calls."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
import logging
import secrets
from typing import Any

from aiohttp import WSCloseCode, web

from .packet import Form, PacketError
from .ready import Batch, ReadyMade
from .reason import Reason
from .requests import Requests
from .session import Session
from .settings import Settings
from .timetable import Timetable
from .transports import WebSocketLink

_LOGGER = logging.getLogger(__name__)

type Handler = Callable[..., Awaitable[object]]

_SID_BYTES = 15
# How long a cancelled handler has to end.
_LAST_CALL = 0.3


class Engine:
    """Engine.IO 3 and 4, side by side, for one Socket.IO server.

    Give `handle_request` every request of the path, whatever its method. Origins and CORS are for whoever
    calls it. `source_of` names the party a request comes from, for the bound on sessions per source.
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
        """Start nothing; the first session does. python-socketio passes `logger` and `async_handlers=False`."""
        if async_handlers:
            raise ValueError("events are handed on in order")
        self.settings = settings or Settings()
        self.timetable = Timetable()
        self.logger = _LOGGER if isinstance(logger, bool) else logger
        self._requests = Requests(self, source_of)
        self._handlers: dict[str, Handler] = {}
        self._sessions: dict[str, Session] = {}
        self._sources: Counter[str] = Counter()
        # Who is not known yet, the oldest first.
        self._strangers: dict[str, Session] = {}
        self._links: set[WebSocketLink] = set()
        self._no_links = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        # Sessions that are flushed at the end of this turn of the loop.
        self._corked: list[Session] = []
        self._stopping = False

    # --- what the application may ask ---

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
        """Return the dictionary the application keeps with a session. Raises KeyError for an unknown one."""
        return self._sessions[sid].data

    async def save_session(self, sid: str, session: dict[str, Any]) -> None:
        """Replace that dictionary. Raises KeyError for an unknown session."""
        self._sessions[sid].data = session

    def authenticated(self, sid: str, *, packet_size: int | None = None) -> None:
        """Note that the application knows who this is: it no longer counts as unauthenticated, nor is expected to
        present itself, and may send messages of `packet_size` bytes, at most the settings' `packet_size_max`.
        """  # noqa: D205 - one sentence
        session = self._sessions.get(sid)
        if session is None:
            return
        if not session.authenticated:
            session.authenticated = True
            del self._strangers[sid]
        session.relieve()
        if packet_size is not None:
            session.packet_size = min(packet_size, self.settings.packet_size_max)

    def expect(self, sid: str, seconds: float, reason: str) -> None:
        """Close the session with `reason` unless `relieve` or `authenticated` is called within `seconds`."""
        session = self._sessions.get(sid)
        if session is not None:
            session.expect(seconds, reason)

    def relieve(self, sid: str) -> None:
        """Take the last `expect` back."""
        session = self._sessions.get(sid)
        if session is not None:
            session.relieve()

    # --- sending ---

    def write_frame(self, sid: str, item: ReadyMade) -> bool:
        """Send without waiting, in order; False when the session is gone, or ends now because it does not read."""
        session = self._sessions.get(sid)
        return session is not None and session.write(item)

    def write_later(self, sid: str, item: ReadyMade) -> bool:
        """Send at the end of this turn of the loop, in one write with what else the turn brings, in order."""
        session = self._sessions.get(sid)
        return session is not None and session.write_later(item)

    def broadcast(self, sessions: Iterable[Session], items: Sequence[ReadyMade]) -> None:
        """Send packets to sessions, each of which gets all of them in one write unless they are many.

        Sessions that have ended are passed over. One whose write fails is dropped, and never stops the others.
        """
        if not items:
            return
        batch = Batch(items) if len(items) > 1 else None
        for session in sessions:
            try:
                if batch is None:
                    session.write(items[0])
                else:
                    session.write_batch(batch)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are still to be written to
                self._drop(session, error)

    def _drop(self, session: Session, error: Exception) -> None:
        """End a session whose write failed: a gap would go unnoticed, a client that comes back resumes."""
        self.logger.error("Writing to a session failed", exc_info=error)
        try:
            session.end(Reason.TRANSPORT_ERROR, abrupt=True)
        except Exception:
            self.logger.exception("A session could not be ended")

    async def send(self, sid: str, data: str | bytes) -> None:
        """Send a message; a session that is gone is ignored."""
        self.write_frame(sid, ReadyMade.message(data))

    def close(self, sid: str, reason: str, *, code: int = WSCloseCode.OK) -> bool:
        """Close a session: what is queued is still delivered, then the client is told. Never waits.

        The application's disconnect handler gets `reason`; so does a WebSocket client, in the close frame.
        """
        session = self._sessions.get(sid)
        if session is None or session.ended is not None:
            return False
        session.end(reason, code=code, farewell=True)
        return True

    async def disconnect(self, sid: str | None = None) -> None:
        """Close one session, or all."""
        for each in [sid] if sid is not None else list(self._sessions):
            self.close(each, Reason.SERVER_DISCONNECT)

    async def shutdown(self, reason: str = Reason.SERVER_DISCONNECT) -> None:
        """Close every session with `reason` and admit no new one; when it returns, no task or timer is left.

        Takes little more than the settings' `close_timeout`, whatever the clients do. Only a handler that ignores its
        cancellation goes on; that is logged.
        """
        self._stopping = True
        for session in list(self._sessions.values()):
            session.end(reason, code=WSCloseCode.GOING_AWAY, farewell=True)
            self.gone(session)
        await self._finish(self.settings.close_timeout)
        for link in self._links:
            link.abort()
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks and (stubborn := (await asyncio.wait(tasks, timeout=_LAST_CALL))[1]):
            self.logger.warning("%d handlers go on although they were cancelled", len(stubborn))
        self.timetable.clear()

    async def _finish(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while tasks := self._tasks - {asyncio.current_task()}:
                    await asyncio.wait(tasks)
                if self._links:
                    await self._no_links.wait()
        except TimeoutError:
            self.logger.debug("Some sessions did not close in time and are dropped")

    # --- what python-socketio needs besides ---

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

    # --- what sessions need ---

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work` in a task of this server's, at once up to its first wait."""
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
        corked, self._corked = self._corked, []
        for session in corked:
            try:
                session.flush()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are still to be written to
                self._drop(session, error)

    async def deliver(self, session: Session, event: str, argument: Any) -> None:
        """Call the handler of `event`; a malformed message ends the session, a failing handler is logged."""
        handler = self._handlers.get(event)
        if handler is None:
            return
        try:
            await handler(session.sid, argument)
        except PacketError:
            session.end(Reason.PARSE_ERROR, code=WSCloseCode.PROTOCOL_ERROR)
        except Exception:
            self.logger.exception("The %s handler failed", event)

    def gone(self, session: Session) -> None:
        """Forget a session."""
        if self._sessions.pop(session.sid, None) is None:
            return
        self._sources[session.source] -= 1
        if self._sources[session.source] <= 0:
            del self._sources[session.source]
        self._strangers.pop(session.sid, None)

    # --- requests ---

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Answer any request of the Engine.IO path."""
        return await self._requests.answer(request)

    def find(self, sid: str) -> Session | None:
        """Return the session that still answers requests under this id."""
        return self._sessions.get(sid)

    def refusal(self, source: str) -> tuple[int, str] | None:
        """Return the HTTP status and reason for which `source` may not open a session now."""
        settings = self.settings
        if self._stopping:
            return 503, "Stopping"
        if self._sources[source] >= settings.sessions_per_source:
            return 429, "Too many sessions"
        if len(self._sessions) >= settings.sessions or not self._has_room_for_stranger(source):
            return 503, "Too many sessions"
        return None

    def _has_room_for_stranger(self, source: str) -> bool:
        """Make room, when there is none, at the cost of the source that takes up most of it."""
        if len(self._strangers) < self.settings.sessions_unauthenticated:
            return True
        crowds = Counter(stranger.source for stranger in self._strangers.values())
        crowd, size = crowds.most_common(1)[0]
        if crowds[source] >= size:
            return False
        oldest = next(each for each in self._strangers.values() if each.source == crowd)
        oldest.end(Reason.CROWDED_OUT, abrupt=True)
        self.gone(oldest)  # also when it had ended and only waited to be told so
        return True

    def admit(self, form: Form, source: str, environ: dict[str, Any]) -> Session:
        """Make a session and count it; it still has to be opened."""
        session = Session(self, self.generate_id(), form, source, environ)
        self._sessions[session.sid] = session
        self._sources[source] += 1
        self._strangers[session.sid] = session
        return session

    def hold(self, link: WebSocketLink) -> None:
        """Count an open WebSocket, so that `shutdown` waits for it."""
        self._links.add(link)
        self._no_links.clear()

    def release(self, link: WebSocketLink) -> None:
        """Count it as closed."""
        self._links.discard(link)
        if not self._links:
            self._no_links.set()
