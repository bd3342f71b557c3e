"""Socket.IO for one loaded entry: the server, its sessions, and who admits, answers and pushes."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from aiohttp import web

from ...engineio.settings import Settings as EngineSettings
from ...errors import InterphoneError, MissingTokenError
from ...relay import Relay
from ...settings import Settings
from ..view import PEER
from .admission import SessionAdmission
from .events import Event
from .fanout import Fanout
from .push import Push
from .server import SocketIoServer
from .sessions import Sessions
from .topics import Handler, Topic


class Gateway:
    """Builds the Socket.IO server and its parts, starts and stops them."""

    def __init__(self, relay: Relay, topics: Iterable[Topic] = ()) -> None:
        """Serve the relay's sessions, and for each topic its events; `start` begins."""
        self._relay = relay
        self._server = SocketIoServer(
            source_of=lambda request: request[PEER].source,
            settings=EngineSettings(sessions_per_source=relay.settings.sockets_per_source),
        )
        self._sessions = Sessions()
        self._fanout = Fanout(self._server)
        self._push = Push(relay, self._sessions, self._fanout)
        self._admission = SessionAdmission(relay, self._server, self._sessions, self._fanout, self._push)
        self._topics = tuple(topics)
        self._unsubscribe: list[Callable[[], None]] = []
        for topic in self._topics:
            for event, handler in topic.handlers.items():
                self._serve(event, handler)

    def start(self) -> None:
        """Follow the desk, the grants and the feed, and start the topics."""
        self._unsubscribe.extend(self._push.start())
        self._unsubscribe.append(self._admission.start())
        for topic in self._topics:
            self._unsubscribe.append(topic.start(self._fanout.send))

    async def stop(self, reason: str) -> None:
        """Close every session with the reason, and leave no task behind."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        self._admission.close(self._sessions.all, reason, for_good=False)
        await self._server.shutdown(reason)
        for sid in self._sessions.all:
            self._sessions.close(sid)

    def apply(self, settings: Settings) -> None:
        """Put changed options into effect: close the sessions of pages whose origin is no longer allowed.

        A lower number of sessions per source holds for new ones; open ones stay.
        """
        self._server.eio.settings = replace(self._server.eio.settings, sessions_per_source=settings.sockets_per_source)
        self._admission.recheck_origins()

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve one Engine.IO request whose origin was checked."""
        response: web.StreamResponse = await self._server.handle_request(request)
        return response

    def _serve(self, event: Event, handler: Handler) -> None:
        """Answer an event of websites; an error of its handler becomes the acknowledgement."""

        async def on_event(sid: str, data: Any = None, *_more: Any) -> Any:
            session = self._sessions.get(sid)
            if session is None:
                return {}
            try:
                if session.grant_id is None:
                    raise MissingTokenError
                return await handler(session, self._relay.grants.require_active(session.grant_id), data)
            except InterphoneError as err:
                return self._relay.messages.body(err, session.language)

        self._server.on(event, on_event)
