"""Serialises grants and tokens for the store, and parses them. An invalid record raises `StorageError`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
import math
import secrets
import time
from typing import Any, Final, Self

from ..errors import StorageError
from .migrations import Section, Sections
from .models import Grant, May, PausedBy, Scope, Selection
from .tokens import (
    KEY_BYTES,
    KEYS_MAX,
    RETIRED_KEYS_MAX,
    AccessTokens,
    EndedToken,
    RefreshFamily,
    RefreshTokens,
    SigningKey,
)

HOME: Final = "home"
TOKENS: Final = "tokens"
GRANTS: Final = "grants"
FAILURE_GATE: Final = "failure_gate"

_SELECTION: Final = tuple(each.name for each in fields(Selection))

# Exceptions of parsing for a section or field that is missing, of the wrong type, or out of range.
_FAULTS: Final = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Records:
    """The contents of the store."""

    serial: str
    keys: tuple[SigningKey, ...]
    retired: tuple[SigningKey, ...]
    pepper: bytes
    families: tuple[RefreshFamily, ...]
    ended: tuple[EndedToken, ...]
    grants: tuple[Grant, ...]
    failures: int
    observed: float
    generation: int

    @classmethod
    def make(cls) -> Self:
        """Create the records of a new home: a serial, a key, no grants."""
        return cls(
            serial=secrets.token_hex(16),
            keys=(SigningKey.make(time.time()),),
            retired=(),
            pepper=secrets.token_bytes(KEY_BYTES),
            families=(),
            ended=(),
            grants=(),
            failures=0,
            observed=0.0,
            generation=0,
        )

    @classmethod
    def read(cls, sections: Sections) -> Self:
        """Parse all sections. Raises `StorageError` when one is missing or invalid."""
        try:
            tokens = sections[TOKENS]
            return cls(
                serial=_text(sections[HOME]["serial"]),
                keys=_read_keys(tokens["keys"], 1, KEYS_MAX),
                # Absent in files of earlier versions.
                retired=_read_keys(tokens.get("retired", []), 0, RETIRED_KEYS_MAX),
                pepper=_secret(tokens["pepper"]),
                families=tuple(map(_read_family, _list(tokens["families"]))),
                # Absent in files of earlier versions.
                ended=tuple(map(_read_ended, _list(tokens.get("ended", [])))),
                grants=tuple(_read_named(grant_id, grant) for grant_id, grant in sections[GRANTS].items()),
                failures=_count(sections[FAILURE_GATE]["failures"]),
                # Absent in stores of earlier versions, in which no failure fades.
                observed=_number(sections[FAILURE_GATE].get("observed", 0.0)),
                generation=_count(sections[HOME].get("generation", 0)),
            )
        except _FAULTS as err:
            raise StorageError(f"not a record: {type(err).__name__}") from err


def dump_tokens(access: AccessTokens, refresh: RefreshTokens) -> Section:
    """Return the section of signing keys, pepper, and digests of refresh tokens."""
    return {
        "keys": _dump_keys(access.keys),
        "retired": _dump_keys(access.retired),
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
        "ended": [asdict(token) for token in access.ended],
    }


def _dump_keys(keys: tuple[SigningKey, ...]) -> list[dict[str, Any]]:
    return [{"kid": key.kid, "created": key.created, "secret": key.secret.hex()} for key in keys]


def dump_grant(grant: Grant) -> dict[str, Any]:
    """Return a grant as it is stored; it contains no secret.

    `{id, name, origin, account_hint, created, scope, paused, paused_by, expires, last_used, last_source}`: times are
    ISO 8601 with an offset; `origin`, `account_hint`, `paused_by`, `expires`, `last_used` and `last_source` may be
    null. For the scope see `dump_scope`.
    """
    return {
        "id": grant.id,
        "name": grant.name,
        "origin": grant.origin,
        "account_hint": grant.account_hint,
        "created": grant.created.isoformat(),
        "scope": dump_scope(grant.scope),
        "paused": grant.paused,
        "paused_by": grant.paused_by,
        "expires": grant.expires and grant.expires.isoformat(),
        "last_used": grant.last_used and grant.last_used.isoformat(),
        "last_source": grant.last_source,
    }


def dump_scope(scope: Scope) -> dict[str, Any]:
    """Return `{see, types, may}`: `see` is `{all: true}` or `{areas, floors, labels, devices}`; `types` may be null."""
    see = scope.see
    return {
        "see": {"all": True}
        if see is None
        else {
            "areas": sorted(see.areas),
            "floors": sorted(see.floors),
            "labels": sorted(see.labels),
            "devices": sorted(see.devices),
        },
        "types": None if scope.types is None else sorted(scope.types),
        "may": scope.may.value,
    }


def read_grant(record: Mapping[str, Any]) -> Grant:
    """Parse a grant. Raises KeyError, TypeError or ValueError when it is invalid."""
    return Grant(
        id=_text(record["id"]),
        name=_text(record["name"]),
        origin=_optional(_text, record["origin"]),
        account_hint=_optional(_text, record["account_hint"]),
        created=_time(record["created"]),
        scope=_read_scope(record["scope"]),
        paused_by=_read_pause(record),
        expires=_optional(_time, record["expires"]),
        last_used=_optional(_time, record["last_used"]),
        last_source=_optional(_text, record["last_source"]),
    )


def _read_pause(record: Mapping[str, Any]) -> PausedBy | None:
    """Return what paused a grant; earlier files have no `paused_by`."""
    paused, cause = _flag(record["paused"]), _optional(_text, record.get("paused_by"))
    if not paused and cause is not None:
        raise ValueError("what paused a grant that is not paused")
    return PausedBy(cause or PausedBy.OWNER) if paused else None


def _read_scope(record: Mapping[str, Any]) -> Scope:
    see = record["see"]
    return Scope(
        see=None if _sees_all(see) else Selection(**{field: _texts(see[field]) for field in _SELECTION}),
        types=_optional(_texts, record["types"]),
        may=May(_text(record["may"])),
    )


def _sees_all(see: Mapping[str, Any]) -> bool:
    """Return whether it is `{all: true}` and nothing else: what is damaged must not become the whole home."""
    if see == {"all": True} and see["all"] is True:
        return True
    if see.keys() != set(_SELECTION):
        raise ValueError("neither all nor a selection")
    return False


def _read_named(grant_id: str, record: Mapping[str, Any]) -> Grant:
    grant = read_grant(record)
    if grant.id != grant_id:
        raise ValueError("a grant under another id")
    return grant


def _read_keys(records: object, least: int, most: int) -> tuple[SigningKey, ...]:
    keys = tuple(
        SigningKey(_text(record["kid"]), _number(record["created"]), _secret(record["secret"]))
        for record in _list(records)
    )
    if not least <= len(keys) <= most:
        raise ValueError("no key, or too many")
    return keys


def _read_family(record: Mapping[str, Any]) -> RefreshFamily:
    return RefreshFamily(
        _text(record["grant_id"]),
        _text(record["current"]),
        _number(record["rotated_at"]),
        tuple(map(_text, _list(record["spent"]))),
    )


def _read_ended(record: Mapping[str, Any]) -> EndedToken:
    return EndedToken(_text(record["token_id"]), _text(record["grant_id"]), _number(record["expires"]))


def _secret(value: object) -> bytes:
    secret = bytes.fromhex(_text(value))
    if len(secret) != KEY_BYTES:
        raise ValueError("a secret of the wrong length")
    return secret


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("not a number")
    return float(value)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("not a count")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _texts(value: object) -> frozenset[str]:
    return frozenset(map(_text, _list(value)))


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(_text(value))
    if time.tzinfo is None:
        raise ValueError("a time without an offset")
    return time


def _optional[T](read: Callable[[object], T], value: object) -> T | None:
    return None if value is None else read(value)
