"""The relay: what one loaded entry owns."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
import time
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from . import audit_trail
from .access.audit import Audit
from .access.generation import Generation
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
from .devices.provenance import Provenance
from .devices.rings import Rings
from .displays import Displays
from .errors import NotReadyError, StorageError
from .media.hls import Streams
from .media.stills import Stills
from .media.webrtc import WebRtc
from .messages import Messages
from .pairing.desk import Environment, PairingDesk
from .pairing.gate import FailureGate
from .pairing.polls import StatusPolls
from .settings import Settings

# How often the age of the signing key is checked: it is renewed after months.
SIGNING_KEY_CHECK: Final = 24 * 3600.0
# How often the failure gate observes that the home is up: what a restart forgets of the day at most.
GATE_OBSERVATION: Final = 3600.0

STORE_KEY: Final = DOMAIN
AUDIT_STORE_KEY: Final = f"{DOMAIN}.audit"

type InterphoneConfigEntry = ConfigEntry[Relay]

_LOGGER: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Relay:
    """The running parts of one home; each owns its own state. What is built upon them, such as sockets, is not here."""

    hass: HomeAssistant
    settings: Settings
    messages: Messages
    serial: str
    grants: Grants
    displays: Displays
    desk: PairingDesk
    status_polls: StatusPolls
    catalog: Catalog
    feed: Feed
    commands: Commands
    rings: Rings
    polls: Polls
    provenance: Provenance
    history: History
    forecasts: Forecasts
    stills: Stills
    streams: Streams
    webrtc: WebRtc
    audit: Audit

    @property
    def home_name(self) -> str:
        """The name that its owner gave the home."""
        entries = self.hass.config_entries.async_entries(DOMAIN)
        return entries[0].title if entries else self.hass.config.location_name

    def apply(self, settings: Settings) -> None:
        """Put changed options into effect."""
        before, self.settings = self.settings, settings
        self.displays.set_policy(settings.displays)
        self.desk.settings = settings.desk
        self.grants.token_lifetime = settings.token_lifetime
        self.rings.set_doorbells(settings.doorbells)
        if settings.exposure != before.exposure:
            self.catalog.set_exposure(settings.exposure)


async def open_relay(
    hass: HomeAssistant, settings: Settings, exit_stack: AsyncExitStack, *, restored: bool = False
) -> Relay:
    """Read the store, build the parts and start them, each of which `exit_stack` stops.

    Grants of a store that was `restored` from a backup, or that is found to be, are paused before anybody is admitted.
    Raises `StorageError` when the store cannot be read or written; `exit_stack` then stops what was started.
    """
    store = PrivateStore(hass, STORE_KEY)
    exit_stack.push_async_callback(store.close)
    sections = await store.load()
    records = Records.read(sections) if sections else Records.make()
    generation = Generation(hass, records.generation)
    grants = _build_grants(store, records, settings, generation)
    gate = _build_gate(store, records)
    restored = await generation.load() or (restored and bool(sections))
    if not restored:
        await generation.begin()
    if generation.number != records.generation:
        await store.save()
    await grants.tend_keys()
    audit = Audit(PrivateStore(hass, AUDIT_STORE_KEY))
    exit_stack.push_async_callback(audit.close)
    await audit.load()
    desk = PairingDesk(settings.desk, gate, Environment(timer=_timer(hass)))
    catalog = Catalog(hass, settings.exposure)
    feed = Feed(hass, catalog)
    relay = Relay(
        hass=hass,
        settings=settings,
        messages=await Messages.load(hass),
        serial=records.serial,
        grants=grants,
        displays=await Displays.load(hass, settings.displays),
        desk=desk,
        status_polls=StatusPolls(desk),
        catalog=catalog,
        feed=feed,
        commands=Commands(hass, catalog),
        rings=Rings(hass, catalog, feed, settings.doorbells),
        polls=Polls(hass, feed),
        provenance=Provenance(hass),
        history=History(hass, catalog),
        forecasts=Forecasts(hass, catalog),
        stills=Stills(hass),
        streams=Streams(hass, catalog, grants),
        webrtc=WebRtc(hass, catalog, grants),
        audit=audit,
    )
    exit_stack.callback(_tend_gate(hass, store, gate))
    exit_stack.callback(relay.status_polls.stop)
    _start(relay, exit_stack)
    if restored:
        _LOGGER.warning("A backup was restored: every website is paused until an administrator lets it in again")
        await grants.distrust()
    return relay


def _start(relay: Relay, exit_stack: AsyncExitStack) -> None:
    """Start the parts, each after those that it follows."""
    for start, stop in (
        (relay.displays.start, relay.displays.stop),
        (relay.catalog.start, relay.catalog.stop),
        (relay.feed.start, relay.feed.stop),
        (relay.rings.start, relay.rings.stop),
        (relay.polls.start, relay.polls.stop),
        (relay.provenance.start, relay.provenance.stop),
        (relay.streams.start, relay.streams.stop),
        (relay.webrtc.start, relay.webrtc.stop),
    ):
        exit_stack.callback(stop)  # before the start, which may fail half-way
        start()
    # These work on request: there is nothing to start.
    exit_stack.push_async_callback(relay.commands.stop)
    exit_stack.callback(relay.forecasts.stop)
    exit_stack.callback(relay.stills.stop)
    exit_stack.callback(relay.grants.subscribe(lambda change: relay.polls.wake(change.grant.id)))
    exit_stack.callback(audit_trail.start(relay.hass, relay.audit, relay.desk, relay.grants))
    exit_stack.callback(_renew_keys_daily(relay.hass, relay.grants))


def loaded_relay(hass: HomeAssistant) -> Relay:
    """Return the relay of the loaded entry. Raises `NotReadyError` when there is none."""
    entries: list[InterphoneConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise NotReadyError
    return entries[0].runtime_data


def _renew_keys_daily(hass: HomeAssistant, grants: Grants) -> Callable[[], None]:
    """Renew the signing key when it is old; the returned function ends that."""

    async def renew(_now: datetime) -> None:
        try:
            await grants.tend_keys()
        except StorageError as err:
            _LOGGER.warning("The signing key could not be renewed: %s", err)

    return async_track_time_interval(hass, renew, timedelta(seconds=SIGNING_KEY_CHECK))


def _timer(hass: HomeAssistant) -> Callable[[float, Callable[[], None]], Callable[[], None]]:
    def call_later(delay: float, callback: Callable[[], None]) -> Callable[[], None]:
        return hass.loop.call_later(max(0.0, delay), callback).cancel

    return call_later


def _build_grants(store: PrivateStore, records: Records, settings: Settings, generation: Generation) -> Grants:
    """Restore the grants and their tokens; every save of the store includes them."""
    access = AccessTokens(records.serial, records.keys, time.time, records.retired, records.ended)
    refresh = RefreshTokens(records.pepper, records.families, time.time)
    store.bind(HOME, lambda: {"serial": records.serial, "generation": generation.number})
    store.bind(TOKENS, lambda: dump_tokens(access, refresh))
    return Grants(store, access, refresh, records.grants, settings.token_lifetime, generation)


def _build_gate(store: PrivateStore, records: Records) -> FailureGate:
    """Restore the failure gate; every save of the store includes its count."""
    gate = FailureGate(records.failures, records.observed)
    store.bind(FAILURE_GATE, lambda: {"failures": gate.failures, "observed": gate.observed})
    return gate


def _tend_gate(hass: HomeAssistant, store: PrivateStore, gate: FailureGate) -> Callable[[], None]:
    """Let failures fade while the home is up, and save the gate when it has changed; the returned function ends that.

    A change of the count is saved at once, without batching: a guess costs the guesser far more than its write costs
    the disk.
    """

    @callback
    def observe(_now: datetime) -> None:
        before = gate.observed
        gate.observe(time.monotonic())
        if gate.observed != before:
            store.save_later(0)

    unsubscribe = gate.subscribe(lambda _gate: store.save_later(0))
    gate.observe(time.monotonic())
    end_observation = async_track_time_interval(hass, observe, timedelta(seconds=GATE_OBSERVATION))

    def stop() -> None:
        end_observation()
        unsubscribe()

    return stop
