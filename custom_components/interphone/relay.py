"""The relay: what one loaded entry owns, its start and its stop."""

from collections.abc import Callable
from dataclasses import dataclass
import secrets
import time
from typing import Any, Final, Protocol, Self

from aiohttp import web
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .access.grants import SECTION as GRANTS_SECTION, Grants, load_grant
from .access.store import PrivateStore, Section, Sections
from .access.tokens import KEY_BYTES, AccessTokens, RefreshFamily, RefreshTokens, SigningKey
from .const import (
    CODE_LENGTH,
    CODE_LIFETIME,
    CONF_CODE_LENGTH,
    CONF_CODE_LIFETIME,
    CONF_DOMAINS,
    CONF_ORIGINS,
    CONF_SENSITIVE_ENTITIES,
    CONF_TOKEN_LIFETIME,
    DOMAIN,
    TOKEN_LIFETIME,
)
from .devices.catalog import Catalog
from .devices.commands import Commands
from .devices.exposure import DEFAULT_DOMAINS, Exposure
from .devices.feed import Feed
from .errors import NotReadyError, StorageError
from .messages import Messages
from .pairing.codes import CodeStyle
from .pairing.desk import DeskSettings, PairingDesk, Surroundings
from .pairing.limits import FailureGate, source_of
from .pairing.models import Pairing

type InterphoneConfigEntry = ConfigEntry[Relay]

STORE_KEY: Final = DOMAIN
HOME_SECTION: Final = "home"
GATE_SECTION: Final = "failure_gate"
TOKENS_SECTION: Final = "tokens"


class SocketServer(Protocol):
    """What the relay asks of the gateway, which lies beyond it."""

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve one Engine.IO request."""

    async def stop(self, reason: str) -> None:
        """Close every session, telling why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of the entry, read once."""

    origins: frozenset[str]
    exposure: Exposure
    desk: DeskSettings
    token_lifetime: float

    @classmethod
    def of(cls, options: dict[str, Any]) -> Self:
        """Read the options; what is missing has its default."""
        return cls(
            origins=frozenset(options.get(CONF_ORIGINS, ())),
            exposure=Exposure(
                domains=frozenset(options.get(CONF_DOMAINS, DEFAULT_DOMAINS)),
                sensitive_entities=frozenset(options.get(CONF_SENSITIVE_ENTITIES, ())),
            ),
            desk=DeskSettings(
                style=CodeStyle(int(options.get(CONF_CODE_LENGTH, CODE_LENGTH))),
                lifetime=float(options.get(CONF_CODE_LIFETIME, CODE_LIFETIME)),
            ),
            token_lifetime=float(options.get(CONF_TOKEN_LIFETIME, TOKEN_LIFETIME)),
        )


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
    gateway: SocketServer | None = None

    @classmethod
    async def open(cls, hass: HomeAssistant, entry: InterphoneConfigEntry) -> Self:
        """Read the store and build the parts. Raises `StorageError` when the store cannot be read or written."""
        settings = Settings.of(dict(entry.options))
        store = PrivateStore(hass, STORE_KEY)
        kept = await store.load()
        serial, grants = _open_access(store, kept, settings)
        gate = _open_gate(store, kept)
        if not kept:
            await store.save()
        desk = PairingDesk(settings.desk, gate, Surroundings(timer=_timer(hass), is_known=grants.knows_source))
        desk.listen(_gate_saver(store, gate))
        catalog = Catalog(hass, settings.exposure)
        return cls(
            hass=hass,
            settings=settings,
            messages=await Messages.load(hass),
            store=store,
            serial=serial,
            grants=grants,
            desk=desk,
            catalog=catalog,
            feed=Feed(hass, catalog),
            commands=Commands(hass, catalog),
        )

    def start(self, gateway: SocketServer) -> None:
        """Follow the home's devices, and serve sockets through `gateway`."""
        self.catalog.start()
        self.feed.start()
        self.gateway = gateway

    async def stop(self, reason: str) -> None:
        """Close every session, forget every live pairing, and write what waits to be written."""
        if self.gateway:
            await self.gateway.stop(reason)
            self.gateway = None
        self.desk.close()
        self.feed.stop()
        self.catalog.stop()
        await self.store.close()


def loaded_relay(hass: HomeAssistant) -> Relay:
    """Return the relay of the loaded entry. Raises `NotReadyError` when there is none."""
    entries: list[InterphoneConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise NotReadyError
    return entries[0].runtime_data


def request_source(request: web.Request) -> str:
    """Return the source a request counts as. Behind a trusted proxy `remote` is already the client."""
    return source_of(request.remote)


def _timer(hass: HomeAssistant) -> Callable[[float, Callable[[], None]], Callable[[], None]]:
    def call_later(delay: float, callback: Callable[[], None]) -> Callable[[], None]:
        return hass.loop.call_later(max(0.0, delay), callback).cancel

    return call_later


def _open_access(store: PrivateStore, kept: Sections, settings: Settings) -> tuple[str, Grants]:
    """Bring the grants and tokens back, or make serial and keys on a first start."""
    try:
        home = kept.get(HOME_SECTION) or {"serial": secrets.token_hex(16)}
        tokens = kept.get(TOKENS_SECTION) or {}
        keys = [SigningKey(key["kid"], bytes.fromhex(key["secret"])) for key in tokens.get("keys", ())]
        pepper = bytes.fromhex(tokens["pepper"]) if tokens else secrets.token_bytes(KEY_BYTES)
        families = [
            RefreshFamily(family["grant_id"], family["current"], family["rotated_at"], tuple(family["spent"]))
            for family in tokens.get("families", ())
        ]
        grants = [load_grant(grant) for grant in kept.get(GRANTS_SECTION, {}).values()]
        access = AccessTokens(home["serial"], keys or [SigningKey.make()], time.time)
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise StorageError(f"{store.path.name}: {type(err).__name__}") from err
    refresh = RefreshTokens(pepper, families, time.time)
    store.bind(HOME_SECTION, lambda: home)
    store.bind(TOKENS_SECTION, lambda: _dump_tokens(access, refresh))
    return access.serial, Grants(store, access, refresh, grants, lambda: settings.token_lifetime)


def _dump_tokens(access: AccessTokens, refresh: RefreshTokens) -> Section:
    return {
        "keys": [{"kid": key.kid, "secret": key.secret.hex()} for key in access.keys],
        "pepper": refresh.pepper.hex(),
        "families": [
            {
                "grant_id": family.grant_id,
                "current": family.current,
                "rotated_at": family.rotated_at,
                "spent": list(family.spent),
            }
            for family in refresh.families
        ],
    }


def _open_gate(store: PrivateStore, kept: Sections) -> FailureGate:
    gate = FailureGate(int(kept.get(GATE_SECTION, {}).get("failures", 0)))
    store.bind(GATE_SECTION, lambda: {"failures": gate.failures})
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
