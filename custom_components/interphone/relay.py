"""The relay: what one loaded entry owns, its start and its stop."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
import time
from typing import Final, Protocol, Self

from aiohttp import web
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_track_time_interval

from . import audit_trail
from .access.audit import Audit
from .access.grants import Grants
from .access.records import FAILURE_GATE, HOME, TOKENS, Records, dump_tokens
from .access.store import PrivateStore
from .access.tokens import AccessTokens, RefreshTokens
from .const import DOMAIN
from .devices.catalog import Catalog
from .devices.commands import Commands
from .devices.feed import Feed
from .devices.forecasts import Forecasts
from .devices.history import History
from .devices.polls import Polls
from .devices.rings import Rings
from .errors import NotReadyError, StorageError
from .media.hls import Streams
from .media.stills import Pictures
from .media.webrtc import WebRtc
from .messages import Messages
from .pairing.desk import PairingDesk, Surroundings
from .pairing.limits import FailureGate
from .pairing.models import Pairing
from .settings import Settings

# How often its age is looked at.
SIGNING_KEY_CHECK: Final = 24 * 3600.0

type InterphoneConfigEntry = ConfigEntry[Relay]

_LOGGER = logging.getLogger(__name__)

STORE_KEY: Final = DOMAIN
AUDIT_STORE_KEY: Final = f"{DOMAIN}.audit"


class SocketServer(Protocol):
    """What the relay asks of the gateway, which lies beyond it."""

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve one Engine.IO request."""

    def recheck_origins(self) -> None:
        """Close the sessions of origins that are no longer allowed."""

    def limit_sockets(self, per_source: int) -> None:
        """Let so many sockets of one source in from now on."""

    async def stop(self, reason: str) -> None:
        """Close every session, telling why."""


@dataclass(slots=True)
class Relay:
    """Everything one home's interphone consists of, wired; each part owns its own state."""

    hass: HomeAssistant
    settings: Settings
    messages: Messages
    store: PrivateStore
    serial: str
    grants: Grants
    desk: PairingDesk
    catalog: Catalog
    feed: Feed
    commands: Commands
    rings: Rings
    polls: Polls
    history: History
    forecasts: Forecasts
    pictures: Pictures
    streams: Streams
    webrtc: WebRtc
    audit: Audit
    gateway: SocketServer | None = None
    releases: list[Callable[[], None]] = field(default_factory=list)

    @classmethod
    async def open(cls, hass: HomeAssistant, entry: InterphoneConfigEntry) -> Self:
        """Read the store and build the parts. Raises `StorageError` when the store cannot be read or written."""
        settings = Settings.of(dict(entry.options))
        store = PrivateStore(hass, STORE_KEY)
        kept = await store.load()
        records = Records.read(kept) if kept else Records.make()
        grants = _open_access(store, records, entry)
        gate = _open_gate(store, records)
        if not kept:
            await store.save()
        desk = PairingDesk(settings.desk, gate, Surroundings(timer=_timer(hass), is_known=grants.knows_source))
        desk.subscribe(_gate_saver(store, gate))
        audit = Audit(PrivateStore(hass, AUDIT_STORE_KEY))
        await audit.load()
        catalog = Catalog(hass, settings.exposure)
        feed = Feed(hass, catalog)
        return cls(
            hass=hass,
            settings=settings,
            messages=await Messages.load(hass),
            store=store,
            serial=records.serial,
            grants=grants,
            desk=desk,
            catalog=catalog,
            feed=feed,
            commands=Commands(hass, catalog),
            rings=Rings(hass, catalog, feed, settings.doorbells),
            polls=Polls(hass, feed),
            history=History(hass, catalog),
            forecasts=Forecasts(hass, catalog),
            pictures=Pictures(hass),
            streams=Streams(hass, catalog, grants),
            webrtc=WebRtc(hass, catalog, grants),
            audit=audit,
        )

    async def start(self, gateway: SocketServer) -> None:
        """Follow the home's devices, write the audit, renew keys that are old, and serve sockets through `gateway`."""
        await self.grants.tend_keys()
        self.catalog.start()
        self.feed.start()
        self.rings.start()
        self.polls.start()
        self.streams.start()
        self.webrtc.start()
        self.gateway = gateway
        self.releases = [
            audit_trail.start(self.hass, self.audit, self.desk, self.grants),
            self.grants.subscribe(lambda change: self.polls.wake(change.grant.id)),
            async_track_time_interval(self.hass, self._tend_keys, timedelta(seconds=SIGNING_KEY_CHECK)),
        ]

    def apply(self, settings: Settings) -> None:
        """Take changed options over at once: sockets stay, save those of origins that are no longer allowed."""
        before, self.settings = self.settings, settings
        self.desk.settings = settings.desk
        self.rings.set_doorbells(settings.doorbells)
        if settings.exposure != before.exposure:
            self.catalog.set_exposure(settings.exposure)
        if self.gateway:
            self.gateway.limit_sockets(settings.sockets_per_source)
            if not before.origins <= settings.origins:
                self.gateway.recheck_origins()

    async def _tend_keys(self, _now: datetime) -> None:
        try:
            await self.grants.tend_keys()
        except StorageError as err:
            _LOGGER.warning("The signing key could not be renewed: %s", err)

    async def stop(self, reason: str) -> None:
        """Close every session, forget every live pairing, and write what waits to be written."""
        if self.gateway:
            await self.gateway.stop(reason)
            self.gateway = None
        self.desk.close()
        while self.releases:
            self.releases.pop()()
        self.pictures.stop()
        self.forecasts.stop()
        self.webrtc.stop()
        self.streams.stop()
        self.polls.stop()
        self.rings.stop()
        self.feed.stop()
        self.catalog.stop()
        await self.audit.close()
        await self.store.close()


def loaded_relay(hass: HomeAssistant) -> Relay:
    """Return the relay of the loaded entry. Raises `NotReadyError` when there is none."""
    entries: list[InterphoneConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise NotReadyError
    return entries[0].runtime_data


def _timer(hass: HomeAssistant) -> Callable[[float, Callable[[], None]], Callable[[], None]]:
    def call_later(delay: float, callback: Callable[[], None]) -> Callable[[], None]:
        return hass.loop.call_later(max(0.0, delay), callback).cancel

    return call_later


def _open_access(store: PrivateStore, records: Records, entry: InterphoneConfigEntry) -> Grants:
    """Bring the grants and their tokens back, and have every save write them."""

    def token_lifetime() -> float:
        return Settings.of(dict(entry.options)).token_lifetime

    access = AccessTokens(records.serial, records.keys, time.time)
    refresh = RefreshTokens(records.pepper, records.families, time.time)
    store.bind(HOME, lambda: {"serial": records.serial})
    store.bind(TOKENS, lambda: dump_tokens(access, refresh))
    return Grants(store, access, refresh, records.grants, token_lifetime)


def _open_gate(store: PrivateStore, records: Records) -> FailureGate:
    gate = FailureGate(records.failures)
    store.bind(FAILURE_GATE, lambda: {"failures": gate.failures})
    return gate


def _gate_saver(store: PrivateStore, gate: FailureGate) -> Callable[[Pairing], None]:
    """Have the failures written whenever they have changed; each costs the guesser far more than it costs the disk."""
    written = gate.failures

    def save(_pairing: Pairing) -> None:
        nonlocal written
        if gate.failures != written:
            written = gate.failures
            store.save_later(0)

    return save
