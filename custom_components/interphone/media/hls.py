"""Streams: addresses of what cameras stream, each good for one grant, one camera, and for as long as it is used."""

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

# A stream's address that nobody used for this long is over: players ask every few seconds, and even a page that opens
# slowly begins within a minute.
STREAM_IDLE_TIMEOUT: Final = 60.0
# One that is used without a pause ends all the same: whoever got hold of it watches no longer than this.
STREAM_LIFETIME: Final = 12 * 3600.0
# Addresses of one grant at once: a household's screens with all their cameras. One more, and the least used is over.
STREAMS_PER_GRANT: Final = 32
# Requests of one address that wait at once: each of a few players waits for a playlist and a part or two.
STREAM_REQUESTS_MAX: Final = 32
# A camera that has streamed nothing by then is given up for now: below the 30 s after which proxies give up.
STREAM_TIMEOUT: Final = 25.0
# A camera that named no source is not asked again for this long, whoever asks: a cloud or a login may be behind it.
STREAM_FAILURE_LIFETIME: Final = 5.0

_LOGGER = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Ticket:
    """What an address stands for. Its secret is known to whoever was given the address, and kept nowhere."""

    key: bytes
    grant_id: str
    device_id: str
    ends: float
    # Whether it was told to whoever asked for it: not before the camera streams.
    told: bool = False
    timer: asyncio.TimerHandle | None = None
    # The patience with each request that waits for the camera.
    patience: set[asyncio.Timeout] = field(default_factory=set)


class Streams:
    """Owns the tickets. One ends when it is not used, with the token it was asked for with, or with its grant's sight.

    The pictures are Home Assistant's: one stream a camera, whoever watches, which ends when nobody does.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog, grants: Grants) -> None:
        """Have given no address yet."""
        self._hass = hass
        self._catalog = catalog
        self._grants = grants
        self._tickets: dict[bytes, _Ticket] = {}  # by the digest of their secrets, the least recently used first
        # Cameras that just failed, by device, each until its timer forgets it.
        self._failed: dict[str, asyncio.TimerHandle] = {}
        self._releases: list[CALLBACK_TYPE] = []
        self._stopped = False

    @callback
    def start(self) -> None:
        """End tickets by what happens to devices and grants from now on."""
        self._releases = [self._catalog.subscribe(self._on_device), self._grants.subscribe(self._on_grant)]

    @callback
    def stop(self) -> None:
        """End every ticket; whoever waits for a camera is told `NotReadyError`."""
        self._stopped = True
        while self._releases:
            self._releases.pop()()
        for ticket in list(self._tickets.values()):
            self._end(ticket)
        while self._failed:
            self._failed.popitem()[1].cancel()

    async def open(self, admission: Admission, device: Device) -> str:
        """Have a camera stream, and return a new ticket's secret: 256 bit, as a part of a path.

        It ends with the token of its admission, and one more than `STREAMS_PER_GRANT` ends the grant's least recently
        used. Raises `UnsupportedStreamError`, `DeviceOfflineError`, `StreamUnavailableError`, `RateLimitedError` when
        `STREAM_REQUESTS_MAX` are asked for already, `ExpiredTokenError`, or what says that the grant no longer sees
        the device; then no other ticket ends.
        """
        left = min(STREAM_LIFETIME, admission.token_expires - time.time())
        if left <= 0:  # let in all the same, for clocks that differ
            raise ExpiredTokenError
        if sum(not ticket.told for ticket in self._of_grant(admission.grant.id)) >= STREAM_REQUESTS_MAX:
            raise RateLimitedError(retry_after=1)
        secret = secrets.token_urlsafe(32)
        ticket = _Ticket(_digest(secret), admission.grant.id, device.id, self._hass.loop.time() + left)
        self._tickets[ticket.key] = ticket
        try:
            await self._serve(ticket, _nothing_more)
        except BaseException:
            self._end(ticket)
            raise
        ticket.told = True
        # Only now: who is refused puts no player out.
        for surplus in [known for known in self._of_grant(ticket.grant_id) if known.told][:-STREAMS_PER_GRANT]:
            self._end(surplus)
        return secret

    async def serve[T](self, secret: str, work: Callable[[Any], Awaitable[T]]) -> T:
        """Return what `work` makes of Home Assistant's stream for the holder of a ticket.

        Raises `UnknownStreamError` for one that is over, `RateLimitedError` when `STREAM_REQUESTS_MAX` wait already,
        `DeviceOfflineError`, `StreamUnavailableError`, or what says that the grant no longer sees the device: also when
        it loses that sight while the camera is waited for.
        """
        ticket = self._tickets.get(_digest(secret))
        if ticket is None:
            raise UnknownStreamError
        return await self._serve(ticket, work)

    async def _serve[T](self, ticket: _Ticket, work: Callable[[Any], Awaitable[T]]) -> T:
        device = self._admit(ticket)
        if len(ticket.patience) >= STREAM_REQUESTS_MAX:
            raise RateLimitedError(retry_after=1)
        try:
            async with asyncio.timeout(STREAM_TIMEOUT) as patience:
                ticket.patience.add(patience)
                try:
                    result = await work(await self._stream(device))
                finally:
                    ticket.patience.discard(patience)
        except InterphoneError:
            raise
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            self._admit(ticket)
            if not isinstance(err, TimeoutError | HomeAssistantError):
                _LOGGER.warning("%s gave no stream: %s", device.entity_id, type(err).__name__)
            raise StreamUnavailableError from None
        # The camera took its time: what was given may have been taken back.
        self._admit(ticket)
        return result

    def _admit(self, ticket: _Ticket) -> Device:
        """Note a ticket's use and return its device, unless it is over, or its grant no longer sees that."""
        if self._stopped:
            raise NotReadyError
        device = self._catalog.seen(ticket.device_id, self._grants.require_active(ticket.grant_id).scope)
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
        """Return Home Assistant's stream of a camera, running."""
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
            raise StreamUnavailableError("the camera names no source")
        # Home Assistant starts this timer with the first segment, and would try a camera that sends none for ever. One
        # that runs goes on as it is.
        stream.add_provider(HLS).idle_timer.start()
        await stream.start()
        return stream

    def _note_failure(self, device_id: str) -> None:
        if device_id not in self._failed and not self._stopped:
            forget = self._failed.pop
            self._failed[device_id] = self._hass.loop.call_later(STREAM_FAILURE_LIFETIME, forget, device_id)

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

    def _is_good(self, ticket: _Ticket) -> bool:
        try:
            self._catalog.seen(ticket.device_id, self._grants.require_active(ticket.grant_id).scope)
        except InterphoneError:
            return False
        return True

    def _end_where(self, ends: Callable[[_Ticket], bool]) -> None:
        for ticket in [ticket for ticket in self._tickets.values() if ends(ticket)]:
            self._end(ticket)

    def _end(self, ticket: _Ticket) -> None:
        """End a ticket; its requests that wait for the camera are answered at once."""
        self._tickets.pop(ticket.key, None)
        if ticket.timer:
            ticket.timer.cancel()
        for patience in ticket.patience:
            if not patience.expired():
                patience.reschedule(self._hass.loop.time())


async def _nothing_more(_stream: Any) -> None:
    """Leave the stream as it is: running."""


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
