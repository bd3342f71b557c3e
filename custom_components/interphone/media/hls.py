"""HLS streams: each has an address that serves one camera to one grant, for as long as it is used.

The address holds a secret, the ticket, because players cannot send an `Authorization` header.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import hashlib
import logging
import secrets
import time
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..access.grants import Admission, GrantChange, Grants
from ..access.models import Bound
from ..devices.catalog import Catalog, Difference
from ..devices.model import Device
from ..devices.traits.camera import HLS
from ..errors import (
    ExpiredTokenError,
    InterphoneError,
    NotReadyError,
    RateLimitedError,
    StreamUnavailableError,
    UnknownStreamError,
)
from .capability import camera_of, require_stream

# A ticket expires after this time without use: players fetch every few seconds, and even a page that opens slowly
# begins within a minute.
STREAM_IDLE_TIMEOUT: Final = 60.0
# A ticket that is used without a pause expires all the same, so that a leaked one does not last.
STREAM_LIFETIME: Final = 12 * 3600.0
# Tickets of one grant: a household's screens with all their cameras. One more ends the least recently used.
STREAMS_PER_GRANT: Final = 32
# Waiting requests of one ticket: each of a few players waits for a playlist and a part or two.
STREAM_REQUESTS_MAX: Final = 32
# Timeout of a waiting request: below the 30 s after which proxies close a connection.
STREAM_TIMEOUT: Final = 25.0
# How long a camera that gave no source is not asked again, by any grant: a cloud or a login may be behind it.
STREAM_FAILURE_LIFETIME: Final = 5.0

_LOGGER = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Ticket:
    """The grant, camera and life of a stream URL. Of its secret only the digest is kept."""

    key: bytes
    grant_id: str
    bound: Bound
    device_id: str
    ends: float
    # Whether `open` has returned it: not before the camera streams.
    issued: bool = False
    timer: asyncio.TimerHandle | None = None
    # The timeouts of the requests that wait for the camera: rescheduling one ends its request.
    timeouts: set[asyncio.Timeout] = field(default_factory=set)


class Streams:
    """Owns the tickets. One expires without use, and with the access token it was requested by.

    It ends when its camera is removed, or when its grant is paused, revoked or loses the camera. The media is Home
    Assistant's: one stream a camera for all viewers, which ends with the last of them.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog, grants: Grants) -> None:
        """Start without tickets."""
        self._hass = hass
        self._catalog = catalog
        self._grants = grants
        self._tickets: dict[bytes, _Ticket] = {}  # by the digest of their secrets, the least recently used first
        # Cameras that just failed, by device id: the timer that removes each.
        self._failed: dict[str, asyncio.TimerHandle] = {}
        self._releases: list[CALLBACK_TYPE] = []
        self._stopped = False

    @callback
    def start(self) -> None:
        """Follow devices and grants."""
        self._releases = [self._catalog.subscribe(self._on_device), self._grants.subscribe(self._on_grant)]

    @callback
    def stop(self) -> None:
        """End every ticket; waiting requests get `NotReadyError`."""
        self._stopped = True
        while self._releases:
            self._releases.pop()()
        for ticket in list(self._tickets.values()):
            self._end(ticket)
        while self._failed:
            self._failed.popitem()[1].cancel()

    async def open(self, admission: Admission, device: Device) -> str:
        """Start a camera's stream, and return a new ticket's secret: 256 bits, URL-safe Base64.

        It expires with the token of its admission. One more than `STREAMS_PER_GRANT` ends the grant's least recently
        used; a refused request ends none. Raises `UnsupportedStreamError`, `DeviceOfflineError`,
        `StreamUnavailableError`, `RateLimitedError` while `STREAM_REQUESTS_MAX` requests wait, `ExpiredTokenError`,
        `NotReadyError`, or, when the grant loses the device meanwhile, `UnknownDeviceError`, `PausedGrantError` or
        `RevokedGrantError`.
        """
        left = min(STREAM_LIFETIME, admission.token_expires - time.time())
        if left <= 0:  # admitted all the same, because clocks differ
            raise ExpiredTokenError
        if sum(not ticket.issued for ticket in self._of_grant(admission.grant.id)) >= STREAM_REQUESTS_MAX:
            raise RateLimitedError(retry_after=1)
        secret = secrets.token_urlsafe(32)
        ticket = _Ticket(_digest(secret), admission.grant.id, admission.bound, device.id, self._hass.loop.time() + left)
        self._tickets[ticket.key] = ticket
        try:
            await self._serve(ticket, _leave)
        except BaseException:
            self._end(ticket)
            raise
        ticket.issued = True
        # Last, so that a refused request ends no other ticket.
        for surplus in [known for known in self._of_grant(ticket.grant_id) if known.issued][:-STREAMS_PER_GRANT]:
            self._end(surplus)
        return secret

    async def serve[T](self, secret: str, work: Callable[[Any], Awaitable[T]]) -> T:
        """Call `work` with Home Assistant's stream for the holder of a ticket, and return its result.

        Raises `UnknownStreamError` for a ticket that has ended, `RateLimitedError` while `STREAM_REQUESTS_MAX` requests
        wait, `DeviceOfflineError`, `StreamUnavailableError`, `NotReadyError`, or `UnknownDeviceError`,
        `PausedGrantError` or `RevokedGrantError` when the grant has lost the device, also while the request waits.
        """
        ticket = self._tickets.get(_digest(secret))
        if ticket is None:
            raise UnknownStreamError
        return await self._serve(ticket, work)

    async def _serve[T](self, ticket: _Ticket, work: Callable[[Any], Awaitable[T]]) -> T:
        device = self._admit(ticket)
        if len(ticket.timeouts) >= STREAM_REQUESTS_MAX:
            raise RateLimitedError(retry_after=1)
        try:
            async with asyncio.timeout(STREAM_TIMEOUT) as timeout:
                ticket.timeouts.add(timeout)
                try:
                    result = await work(await self._stream(device))
                finally:
                    ticket.timeouts.discard(timeout)
        except InterphoneError:
            raise
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            self._admit(ticket)
            if not isinstance(err, TimeoutError | HomeAssistantError):
                _LOGGER.warning("%s gave no stream: %s", device.entity_id, type(err).__name__)
            raise StreamUnavailableError from None
        # Re-check the grant: it may have been revoked while the camera was waited for.
        self._admit(ticket)
        return result

    def _admit(self, ticket: _Ticket) -> Device:
        """Renew a ticket and return its device. Raises when it has ended or its grant has lost the device."""
        if self._stopped:
            raise NotReadyError
        device = self._seen(ticket)
        if self._tickets.pop(ticket.key, None) is None:
            raise UnknownStreamError
        self._tickets[ticket.key] = ticket
        if ticket.timer:
            ticket.timer.cancel()
        loop = self._hass.loop
        left = min(STREAM_IDLE_TIMEOUT, ticket.ends - loop.time())
        ticket.timer = loop.call_later(left, self._end, ticket)
        return device

    async def _stream(self, device: Device) -> Any:
        """Return Home Assistant's stream of a camera, started."""
        require_stream(device, HLS)
        camera = camera_of(self._hass, device)
        if device.id in self._failed:
            raise StreamUnavailableError
        try:
            stream = await camera.async_create_stream()
        except Exception:
            self._note_failure(device.id)
            raise
        if stream is None:
            self._note_failure(device.id)
            raise StreamUnavailableError("the camera has no source")
        # Home Assistant starts this timer with the first segment, and would retry a camera that sends none for ever. A
        # timer that runs is left as it is.
        stream.add_provider(HLS).idle_timer.start()
        await stream.start()
        return stream

    def _note_failure(self, device_id: str) -> None:
        if device_id not in self._failed and not self._stopped:
            self._failed[device_id] = self._hass.loop.call_later(STREAM_FAILURE_LIFETIME, self._failed.pop, device_id)

    def _of_grant(self, grant_id: str) -> list[_Ticket]:
        return [ticket for ticket in self._tickets.values() if ticket.grant_id == grant_id]

    @callback
    def _on_device(self, difference: Difference) -> None:
        if difference.new is None and difference.old is not None:
            gone = difference.old.id
            self._end_where(lambda ticket: ticket.device_id == gone)

    @callback
    def _on_grant(self, change: GrantChange) -> None:
        self._end_where(lambda ticket: ticket.grant_id == change.grant.id and not self._is_good(ticket))

    def _seen(self, ticket: _Ticket) -> Device:
        """Return the camera of a ticket. Raises when its grant, or the token it was requested by, has lost it."""
        return self._catalog.seen(ticket.device_id, self._grants.require_active(ticket.grant_id, ticket.bound).scope)

    def _is_good(self, ticket: _Ticket) -> bool:
        try:
            self._seen(ticket)
        except InterphoneError:
            return False
        return True

    def _end_where(self, ends: Callable[[_Ticket], bool]) -> None:
        for ticket in [ticket for ticket in self._tickets.values() if ends(ticket)]:
            self._end(ticket)

    def _end(self, ticket: _Ticket) -> None:
        """End a ticket; its waiting requests end at once."""
        self._tickets.pop(ticket.key, None)
        if ticket.timer:
            ticket.timer.cancel()
        for timeout in ticket.timeouts:
            if not timeout.expired():
                timeout.reschedule(self._hass.loop.time())


async def _leave(_stream: Any) -> None:
    """Leave the stream as it is: started."""


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
