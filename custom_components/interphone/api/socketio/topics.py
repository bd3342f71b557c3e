"""What a class beside the gateway needs to answer events of websites, and to send them some."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from ...access.models import Grant
from .events import Event
from .sessions import Session

# Answers an event: the session it came over, that session's live grant, and what was sent. It may raise any
# `InterphoneError`.
type Handler = Callable[[Session, Grant, Any], Awaitable[Any]]
# Sends an event to these sockets.
type Send = Callable[[Iterable[str], Event, Any], None]


class Topic(Protocol):
    """Some events of websites, and who answers them."""

    @property
    def handlers(self) -> Mapping[Event, Handler]:
        """The handler of each event; what it returns is the acknowledgement."""

    def start(self, send: Send) -> Callable[[], None]:
        """Begin, sending through `send`; what is returned ends it."""
