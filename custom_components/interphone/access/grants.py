"""The grants, and the only code that changes them. Every change is on disk before it is answered."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
import secrets
from typing import Any, Final

from homeassistant.util import dt as dt_util

from ..errors import (
    InvalidTokenError,
    PausedGrantError,
    ReusedTokenError,
    RevokedGrantError,
    StorageError,
    TooManyGrantsError,
    UnknownGrantError,
)
from ..listeners import Listeners
from .models import Grant, Scope
from .records import GRANTS, dump_grant
from .store import SAVE_RETRY_DELAY, PrivateStore, Section
from .tokens import SIGNING_KEY_MAX_AGE, TOKEN_LIFETIME_MAX, AccessTokens, RefreshFamily, RefreshTokens

# Grants a home keeps; far more than anyone pairs, few enough to look through.
GRANTS_MAX: Final = 64
# When and from where a grant was last used may be lost in a crash for this long.
LAST_USED_SAVE_DELAY: Final = 300.0


class GrantEvent(StrEnum):
    """What happened to a grant."""

    CREATED = "created"
    EDITED = "edited"
    REFRESHED = "refreshed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REVOKED = "revoked"
    REUSED = "token_reused"  # a spent refresh token came back; the grant is revoked right after


@dataclass(frozen=True, slots=True)
class GrantChange:
    """A change, the grant as it is after it and, where it was edited, as it was before."""

    event: GrantEvent
    grant: Grant
    source: str | None = None
    before: Grant | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a website is handed: both are secrets."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class Admission:
    """A grant let in by a token, and when that token ends, in seconds since the epoch."""

    grant: Grant
    token_expires: float


class Grants:
    """Owns the grants and their tokens."""

    def __init__(
        self,
        store: PrivateStore,
        access_tokens: AccessTokens,
        refresh_tokens: RefreshTokens,
        grants: Iterable[Grant],
        token_lifetime: float,
    ) -> None:
        """Own `grants`, which every save of the store includes; access tokens live `token_lifetime` seconds."""
        self._store = store
        self._access = access_tokens
        self._refresh = refresh_tokens
        self._grants = {grant.id: grant for grant in grants}
        self.token_lifetime = token_lifetime
        self._listeners = Listeners[GrantChange]("grants")
        # What is undone when it cannot be kept happens one after the other, or an undoing could take more than its own.
        self._refreshing = asyncio.Lock()
        self._widening = asyncio.Lock()
        store.bind(GRANTS, self._dump)

    def _dump(self) -> Section:
        return {grant_id: dump_grant(grant) for grant_id, grant in self._grants.items()}

    @property
    def all(self) -> tuple[Grant, ...]:
        """All grants, oldest first."""
        return tuple(self._grants.values())

    def get(self, grant_id: str) -> Grant:
        """Return a grant. Raises `UnknownGrantError`."""
        try:
            return self._grants[grant_id]
        except KeyError:
            raise UnknownGrantError from None

    def subscribe(self, listener: Callable[[GrantChange], None]) -> Callable[[], None]:
        """Call `listener` with every change as soon as it holds, until the returned function is called."""
        return self._listeners.subscribe(listener)

    def knows_source(self, source: str) -> bool:
        """Tell whether a grant was last used from this source."""
        return any(grant.last_source == source for grant in self._grants.values())

    # The doors: every request and every socket event comes through `admit` or `require_active`.

    def admit(self, token: str, source: str) -> Admission:
        """Return the grant an access token speaks for and when the token ends, and note its use.

        Raises `InvalidTokenError`, `ExpiredTokenError`, `RevokedGrantError` or `PausedGrantError`.
        """
        claims = self._access.verify(token)
        return Admission(self._touch(self.require_active(claims.grant_id), source), claims.expires)

    def authenticate(self, token: str, source: str) -> Grant:
        """Return the grant an access token speaks for. Raises as `admit` does."""
        return self.admit(token, source).grant

    def require_active(self, grant_id: str) -> Grant:
        """Return the grant as it is now. Raises `RevokedGrantError` or `PausedGrantError`."""
        grant = self._grants.get(grant_id)
        if grant is None or (grant.expires and grant.expires <= dt_util.utcnow()):
            raise RevokedGrantError
        if grant.paused:
            raise PausedGrantError
        return grant

    async def create(
        self,
        name: str,
        *,
        origin: str | None,
        account_hint: str | None = None,
        scope: Scope | None = None,
        source: str | None = None,
    ) -> tuple[Grant, TokenPair]:
        """Let a website in, and return what it is handed.

        Raises `TooManyGrantsError`, `StorageError`, or `RevokedGrantError` when it was put out meanwhile.
        """
        if len(self._grants) >= GRANTS_MAX:
            raise TooManyGrantsError
        now = dt_util.utcnow()
        grant = Grant(
            id=secrets.token_hex(16),
            name=name,
            origin=origin,
            created=now,
            account_hint=account_hint,
            scope=scope or Scope(),
            last_used=now,
            last_source=source,
        )
        self._grants[grant.id] = grant
        refresh = self._refresh.issue(grant.id)
        try:
            await self._store.save()
        except BaseException:
            self._drop(grant.id)
            self._store.save_later(0)  # the disk may know it already
            raise
        self.require_active(grant.id)
        self._notify(GrantEvent.CREATED, grant, source)
        return grant, self._pair(grant, refresh)

    async def refresh(self, token: str, source: str) -> tuple[Grant, TokenPair]:
        """Spend a refresh token. One that was spent before revokes its grant and raises `ReusedTokenError`."""
        async with self._refreshing:
            grant = self.require_active(self._refresh.grant_of(token))
            before = self._refresh.family(grant.id)
            try:
                successor = self._refresh.rotate(token)
            except ReusedTokenError:
                self._notify(GrantEvent.REUSED, grant, source)
                await self.revoke(grant.id, source=source)
                raise
            self._touch(grant, source)
            await self._store.save(undo=partial(self._restore, before))
        grant = self.require_active(grant.id)  # it may have been revoked while the disk was busy
        self._notify(GrantEvent.REFRESHED, grant, source)
        return grant, self._pair(grant, successor)

    def _pair(self, grant: Grant, refresh: str) -> TokenPair:
        lifetime = int(self.token_lifetime)
        return TokenPair(self._access.issue(grant.id, lifetime), refresh, lifetime)

    def grant_of(self, token: str) -> str:
        """Return the id of the grant behind an access or a refresh token. Raises `InvalidTokenError` and its kin."""
        try:
            return self._refresh.grant_of(token)
        except InvalidTokenError:
            return self._access.verify(token).grant_id

    async def tend_keys(self) -> None:
        """Renew the signing key when it is old, and drop the one before it when no token needs it any more."""
        if self._access.tend(SIGNING_KEY_MAX_AGE, TOKEN_LIFETIME_MAX):
            await self._store.save()

    # Acts of the owner of the home.

    async def revoke(self, grant_id: str, *, source: str | None = None) -> None:
        """Put a website out: its sessions are told at once, and on return it is on disk.

        Raises `UnknownGrantError`; or `StorageError`, and then it is out all the same, and written when it can be.
        """
        grant = self.get(grant_id)
        self._drop(grant_id)
        self._notify(GrantEvent.REVOKED, grant, source)
        await self._keep_out()

    async def revoke_all(self) -> None:
        """Put every website out and drop the signing keys. Raises as `revoke` does."""
        self._access.replace()
        dropped = self.all
        for grant in dropped:
            self._drop(grant.id)
            self._notify(GrantEvent.REVOKED, grant)
        await self._keep_out()

    async def pause(self, grant_id: str) -> Grant:
        """Keep a website out until it is resumed. Raises as `revoke` does."""
        before = self.get(grant_id)
        self._put(GrantEvent.PAUSED, replace(before, paused=True), before)
        await self._keep_out()
        return self.get(grant_id)

    async def _keep_out(self) -> None:
        """Write what puts a website out. What cannot be written now holds all the same, and is tried again."""
        try:
            await self._store.save()
        except StorageError:
            self._store.save_later(SAVE_RETRY_DELAY)
            raise

    async def resume(self, grant_id: str) -> Grant:
        """Let a paused website in again. Raises `UnknownGrantError`; or `StorageError`, and then it stays out."""
        return await self._change(GrantEvent.RESUMED, grant_id, paused=False)

    async def edit(
        self, grant_id: str, *, name: str | None = None, scope: Scope | None = None, expires: datetime | None = None
    ) -> Grant:
        """Change the name, the scope or the end of a grant; None leaves a thing as it is.

        Raises `UnknownGrantError`; or `StorageError`, and then all is as it was before.
        """
        changes = {"name": name, "scope": scope, "expires": expires}
        return await self._change(
            GrantEvent.EDITED, grant_id, **{field: value for field, value in changes.items() if value is not None}
        )

    async def _change(self, event: GrantEvent, grant_id: str, **changes: Any) -> Grant:
        async with self._widening:
            before = self.get(grant_id)
            self._put(event, replace(before, **changes), before)
            await self._store.save(undo=partial(self._undo, before, changes))
        return self.get(grant_id)

    def _restore(self, before: RefreshFamily) -> None:
        """Take a rotation back that could not be kept, unless the website was put out meanwhile."""
        if before.grant_id in self._grants:
            self._refresh.restore(before)

    def _undo(self, before: Grant, changes: Iterable[str]) -> None:
        """Take changes back that could not be kept. Whoever was revoked or paused meanwhile stays out."""
        grant = self._grants.get(before.id)
        if grant is None:
            return
        undone = {field: getattr(before, field) for field in changes}
        if "paused" in undone:
            undone["paused"] = before.paused or grant.paused
        event = GrantEvent.PAUSED if undone.get("paused") else GrantEvent.EDITED
        self._put(event, replace(grant, **undone), grant)

    def _put(self, event: GrantEvent, grant: Grant, before: Grant) -> None:
        self._grants[grant.id] = grant
        self._notify(event, grant, before=before)

    def _touch(self, grant: Grant, source: str) -> Grant:
        touched = self._grants[grant.id] = replace(grant, last_used=dt_util.utcnow(), last_source=source)
        self._store.save_later(LAST_USED_SAVE_DELAY)
        return touched

    def _drop(self, grant_id: str) -> None:
        self._grants.pop(grant_id, None)
        self._refresh.forget(grant_id)

    def _notify(
        self, event: GrantEvent, grant: Grant, source: str | None = None, *, before: Grant | None = None
    ) -> None:
        self._listeners.notify(GrantChange(event, grant, source, before))
