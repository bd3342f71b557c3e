"""How grants and tokens are written down, and read back. A record that is not one raises `StorageError`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import secrets
import time
from typing import Any, Final, Self

from ..errors import StorageError
from .models import Grant, Scope
from .store import Section, Sections
from .tokens import KEY_BYTES, AccessTokens, RefreshFamily, RefreshTokens, SigningKey

HOME: Final = "home"
TOKENS: Final = "tokens"
GRANTS: Final = "grants"
FAILURE_GATE: Final = "failure_gate"

# A section or a field that is missing, of another type, or out of its range.
_FAULTS: Final = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Records:
    """Everything the store keeps, as values."""

    serial: str
    keys: tuple[SigningKey, ...]
    pepper: bytes
    families: tuple[RefreshFamily, ...]
    grants: tuple[Grant, ...]
    failures: int

    @classmethod
    def make(cls) -> Self:
        """Make the records of a new home: a serial, a key, nobody let in."""
        return cls(secrets.token_hex(16), (SigningKey.make(time.time()),), secrets.token_bytes(KEY_BYTES), (), (), 0)

    @classmethod
    def read(cls, sections: Sections) -> Self:
        """Read all sections back. Raises `StorageError` when one is missing or is not what was written."""
        try:
            tokens = sections[TOKENS]
            return cls(
                serial=_text(sections[HOME]["serial"]),
                keys=tuple(_read_key(key) for key in tokens["keys"][:2]),
                pepper=bytes.fromhex(tokens["pepper"]),
                families=tuple(_read_family(family) for family in tokens["families"]),
                grants=tuple(read_grant(grant) for grant in sections[GRANTS].values()),
                failures=int(sections[FAILURE_GATE]["failures"]),
            )
        except _FAULTS as err:
            raise StorageError(f"not a record: {type(err).__name__}") from err


def dump_tokens(access: AccessTokens, refresh: RefreshTokens) -> Section:
    """Write the keys, and the refresh tokens by their digests."""
    return {
        "keys": [{"kid": key.kid, "created": key.created, "secret": key.secret.hex()} for key in access.keys],
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


def dump_grant(grant: Grant) -> dict[str, Any]:
    """Write a grant: as it is stored, and as its owner sees it. It holds no secret."""
    return {
        "id": grant.id,
        "name": grant.name,
        "origin": grant.origin,
        "account_hint": grant.account_hint,
        "created": grant.created.isoformat(),
        "scope": {
            "devices": None if grant.scope.devices is None else sorted(grant.scope.devices),
            "control": grant.scope.control,
            "doors_and_alarms": grant.scope.doors_and_alarms,
        },
        "paused": grant.paused,
        "expires": grant.expires and grant.expires.isoformat(),
        "last_used": grant.last_used and grant.last_used.isoformat(),
        "last_source": grant.last_source,
    }


def read_grant(record: Mapping[str, Any]) -> Grant:
    """Read a grant back. Raises KeyError, TypeError or ValueError when it is not one."""
    scope = record["scope"]
    devices = scope["devices"]
    return Grant(
        id=_text(record["id"]),
        name=_text(record["name"]),
        origin=record["origin"],
        account_hint=record["account_hint"],
        created=datetime.fromisoformat(record["created"]),
        scope=Scope(
            devices=None if devices is None else frozenset(map(_text, devices)),
            control=scope["control"] is True,
            doors_and_alarms=scope["doors_and_alarms"] is True,
        ),
        paused=record["paused"] is not False,
        expires=_time(record["expires"]),
        last_used=_time(record["last_used"]),
        last_source=record["last_source"],
    )


def _read_key(record: Mapping[str, Any]) -> SigningKey:
    secret = bytes.fromhex(record["secret"])
    if len(secret) != KEY_BYTES:
        raise ValueError("a key of another length")
    return SigningKey(_text(record["kid"]), float(record["created"]), secret)


def _read_family(record: Mapping[str, Any]) -> RefreshFamily:
    return RefreshFamily(
        _text(record["grant_id"]),
        _text(record["current"]),
        float(record["rotated_at"]),
        tuple(map(_text, record["spent"])),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
