"""The Socket.IO events: names, descriptions, and the handlers of those that clients send."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final

import voluptuous as vol

from ... import errors
from ...access.models import Grant
from ...relay import Relay
from ..contract import COUNT, Payload, component, exactly
from ..operation import Errors
from .sessions import Session


class Event(StrEnum):
    """Every event there is, in either direction."""

    # home → website
    SNAPSHOT = "snapshot"
    RESUME = "resume"
    STATE = "state"
    DEVICES = "devices"
    EVENT = "event"
    WEBRTC = "webrtc"
    # home → website or display
    REVOKED = "revoked"
    # home → display
    CODE = "code"
    PAIRING = "pairing"
    # website or display → home
    AUTHENTICATE = "authenticate"
    # website → home
    COMMAND = "command"
    ANSWER = "answer"
    WEBRTC_CONFIG = "webrtc_config"
    WEBRTC_OFFER = "webrtc_offer"
    WEBRTC_CANDIDATE = "webrtc_candidate"
    WEBRTC_CLOSE = "webrtc_close"


class Reason(StrEnum):
    """Why a session is closed, as `revoked` carries it."""

    MISSING_TOKEN = "missing_token"  # noqa: S105 - the name of a reason
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a reason
    NOT_A_DISPLAY = "not_a_display"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of a reason
    REVOKED = "revoked"
    PAUSED = "paused"
    ORIGIN_NOT_ALLOWED = "origin_not_allowed"
    UNLOADED = "unloaded"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class EventCall:
    """An event of an admitted website: its session, its grant, which was active when the event came, its data."""

    relay: Relay
    session: Session
    grant: Grant
    data: Any

    def require_active(self) -> Grant:
        """Return the grant as it is now: it may have been edited, paused or revoked during an await.

        Raises `RevokedGrantError` or `PausedGrantError`.
        """
        return self.relay.grants.require_active(self.grant.id, self.session.bound)


type Handler = Callable[[Any, EventCall], Awaitable[Any]]
# Sends an event to these sessions, by their ids.
type Send = Callable[[Iterable[str], Event, Any], None]


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """Describes an event that clients send; used as a decorator it makes a method its handler.

    `data` validates and describes what the event carries. `ack` describes the acknowledgement of success; an error is
    acknowledged by its body. `errors` are those of the handler.
    """

    name: Event
    summary: str
    data: vol.Schema  # made once: compiling one for each message would cost more than validating by it
    ack: Any
    errors: Errors = ()
    # Validates and describes the data.
    payload: Payload = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the payload once, not for each event."""
        object.__setattr__(self, "payload", Payload(self.data))

    def __call__(self, handler: Handler) -> EventEndpoint:
        """Attach the description to its handler."""
        return EventEndpoint(self, handler)


@dataclass(frozen=True, slots=True)
class EventEndpoint:
    """A handler and its description."""

    event: ClientEvent
    handler: Handler


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """Describes an event that the home sends."""

    name: Event
    summary: str
    data: Any


class EventGroup:
    """Events that websites send about one matter; its endpoints are the methods made by `ClientEvent`."""

    endpoints: ClassVar[Mapping[Event, EventEndpoint]] = {}

    # Errors that any event of a website may be acknowledged with.
    errors: ClassVar[Errors] = (
        errors.MissingTokenError,
        errors.InvalidTokenError,
        errors.RevokedGrantError,
        errors.PausedGrantError,
        errors.InvalidRequestError,
        errors.InternalError,
    )

    def __init_subclass__(cls) -> None:
        """Collect the endpoints by their events."""
        super().__init_subclass__()
        cls.endpoints = {value.event.name: value for value in vars(cls).values() if isinstance(value, EventEndpoint)}

    def __init__(self, relay: Relay) -> None:
        """Handle events with the parts of the relay; `start` begins."""
        self._relay = relay

    def start(self, _send: Send) -> Callable[[], None]:
        """Begin, sending through `send`; the returned function ends it. By default there is nothing to begin."""
        return lambda: None


_CHANGES: Final = [
    vol.Any(*(exactly(event=str(name), payload=component(name)) for name in (Event.STATE, Event.DEVICES, Event.EVENT)))
]

SERVER_EVENTS: Final = (
    ServerEvent(
        Event.SNAPSHOT,
        "All devices that the grant sees, after authentication",
        exactly(epoch=str, seq=COUNT, devices=[component("device")]),
    ),
    ServerEvent(
        Event.RESUME,
        "What changed since the position in `since`, in place of a snapshot",
        exactly(epoch=str, seq=COUNT, changes=_CHANGES),
    ),
    ServerEvent(Event.STATE, "The values of a device's state that changed", component(Event.STATE)),
    ServerEvent(Event.DEVICES, "Devices that were added, changed or removed", component(Event.DEVICES)),
    ServerEvent(Event.EVENT, "An occurrence, such as a ring of the doorbell", component(Event.EVENT)),
    ServerEvent(
        Event.REVOKED,
        "The session is about to be closed, and why",
        exactly(reason=vol.In([str(reason) for reason in Reason])),
    ),
    ServerEvent(Event.CODE, "The code of a pairing that is shown", str),
    ServerEvent(Event.PAIRING, "The full state of a pairing", component(Event.PAIRING)),
)
