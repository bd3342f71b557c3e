"""Socket.IO for one loaded entry: the server, its sessions, and the parts that admit, handle events and push."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
import logging
from typing import Any, Final

from aiohttp import web

from ...engineio.settings import Settings as EngineSettings
from ...errors import InternalError, InterphoneError, MissingTokenError
from ...relay import Relay
from ...settings import Settings
from ..view import PEER
from .admission import SessionAdmission
from .answers import Answers
from .commands import SocketCommands
from .credentials import Handshake
from .events import EventCall, EventEndpoint, EventGroup
from .fanout import Fanout
from .push import Push
from .server import SocketIoServer
from .sessions import Session, Sessions
from .webrtc import WebRtcEvents

# Every group of events of websites.
GROUPS: Final[tuple[type[EventGroup], ...]] = (SocketCommands, Answers, WebRtcEvents)

_LOGGER = logging.getLogger(__name__)


class Gateway:
    """Builds the Socket.IO server and its parts, starts and stops them."""

    def __init__(self, relay: Relay) -> None:
        """Serve sessions by the relay; `start` begins."""
        self._relay = relay
        self._server = SocketIoServer(
            handshake=partial(Handshake.of, relay.hass),
            source_of=_source,
            settings=EngineSettings(sessions_per_source=relay.settings.sockets_per_source),
        )
        self._sessions = Sessions()
        self._fanout = Fanout(self._server)
        self._push = Push(relay, self._sessions, self._fanout)
        self._admission = SessionAdmission(relay, self._server, self._sessions, self._fanout, self._push)
        self._groups = tuple(group(relay) for group in GROUPS)
        self._unsubscribe: list[Callable[[], None]] = []
        for group in self._groups:
            for endpoint in group.endpoints.values():
                self._serve(group, endpoint)

    def start(self) -> None:
        """Follow the desk, the grants and the feed, and start the groups of events."""
        self._unsubscribe.extend(self._push.start())
        self._unsubscribe.extend(self._admission.start())
        for group in self._groups:
            self._unsubscribe.append(group.start(self._fanout.send))

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

    def _serve(self, group: EventGroup, endpoint: EventEndpoint) -> None:
        """Register a website's event: validate its data, call the handler, acknowledge its result or error."""

        async def on_event(sid: str, data: Any = None, *_more: Any) -> Any:
            session = self._sessions.get(sid)
            if session is None:  # closed: nobody hears the acknowledgement
                return None
            try:
                return await endpoint.handler(group, self._read(session, endpoint, data))
            except InterphoneError as err:
                return self._relay.messages.body(err, session.language)
            except Exception:
                _LOGGER.exception("Unexpected error at the event %s", endpoint.event.name)
                return self._relay.messages.body(InternalError(), session.language)

        self._server.on(endpoint.event.name, on_event)

    def _read(self, session: Session, endpoint: EventEndpoint, data: Any) -> EventCall:
        """Return the validated call.

        Raises `MissingTokenError`, `RevokedGrantError`, `PausedGrantError`, `InvalidTokenError` or
        `InvalidRequestError`.
        """
        if session.grant_id is None:
            raise MissingTokenError
        grant = self._relay.grants.require_active(session.grant_id, session.bound)
        return EventCall(self._relay, session, grant, endpoint.event.payload.validate(data))


def _source(request: web.Request) -> str:
    """Return what the limit of sessions per source is kept by."""
    return request[PEER].source
