"""The grants, and the only code that changes them. A change is on disk before its caller continues."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
import secrets
from typing import Any, Final, TypedDict, Unpack

from homeassistant.util import dt as dt_util

from ..errors import (
    ExpiredTokenError,
    InvalidTokenError,
    PausedGrantError,
    ReusedTokenError,
    RevokedGrantError,
    StorageError,
    TooManyGrantsError,
    UnknownGrantError,
)
from ..listeners import Listeners
from .generation import Generation
from .migrations import Section
from .models import UNBOUND, Bound, Grant, May, PausedBy, Scope
from .records import GRANTS, dump_grant
from .store import SAVE_RETRY_DELAY, PrivateStore
from .tokens import SIGNING_KEY_MAX_AGE, TOKEN_LIFETIME_MAX, AccessTokens, EndedToken, RefreshFamily, RefreshTokens

# Grants of a home: far more than anyone pairs, few enough to review.
GRANTS_MAX: Final = 64
# Seconds between two changes of `last_used`: nobody reviews access by the second.
LAST_USED_STEP: Final = 60.0
# Seconds of `last_used` and `last_source` that a crash may lose: not worth a write for each request.
LAST_USED_SAVE_DELAY: Final = 300.0


class Edit(TypedDict, total=False):
    """Changes of a grant by an edit. `expires` is in UTC, or None for no end."""

    name: str
    scope: Scope
    expires: datetime | None


class GrantEvent(StrEnum):
    """Kind of a change of a grant."""

    CREATED = "created"
    EDITED = "edited"
    REFRESHED = "refreshed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REVOKED = "revoked"
    TOKEN_ENDED = "token_ended"  # noqa: S105 - an exchanged token, by its website
    REUSED = "token_reused"  # a spent refresh token was presented; the revocation follows


@dataclass(frozen=True, slots=True)
class GrantChange:
    """A change: the grant after it and, when it was edited, paused or resumed, before it; the source that caused it.

    `token_id` is that of an exchanged token that was ended.
    """

    event: GrantEvent
    grant: Grant
    source: str | None = None
    before: Grant | None = None
    token_id: str | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The tokens of a website; both are secrets. `expires_in` is in seconds, of the access token."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class Admission:
    """A grant as a token has it, the end of that token in seconds since the epoch, and what it is bound to."""

    grant: Grant
    token_expires: float
    bound: Bound = UNBOUND


class Grants:
    """Owns the grants and their tokens."""

    def __init__(
        self,
        store: PrivateStore,
        access_tokens: AccessTokens,
        refresh_tokens: RefreshTokens,
        grants: Iterable[Grant],
        token_lifetime: float,
        generation: Generation,
    ) -> None:
        """Own `grants`, which every save of the store includes; access tokens live `token_lifetime` seconds."""
        self._store = store
        self._generation = generation
        self._access = access_tokens
        self._refresh = refresh_tokens
        self._grants = {grant.id: grant for grant in grants}
        self.token_lifetime = token_lifetime
        self._listeners = Listeners[GrantChange]("grants")
        # Serialise changes that may roll back: an undo must not revert a change made meanwhile.
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
        """Call `listener` with every change as soon as it is in effect, until the returned function is called."""
        return self._listeners.subscribe(listener)

    # Authorisation: every request and every socket event passes `admit` or `require_active`.

    def admit(self, token: str, source: str) -> Admission:
        """Return the grant of an access token and the end of the token, and record the use.

        Raises `InvalidTokenError`, `ExpiredTokenError`, `RevokedGrantError` or `PausedGrantError`. A token from before
        a restored backup admits nobody: its website refreshes it once its grant is active again.
        """
        claims = self._access.verify(token)
        grant = self.require_active(claims.grant_id)
        if claims.recognised:
            raise ExpiredTokenError
        return Admission(_bounded(self._touch(grant, source), claims.bound), claims.expires, claims.bound)

    def require_active(self, grant_id: str, bound: Bound = UNBOUND) -> Grant:
        """Return the current state of a grant, as a token with this bound has it.

        Raises `RevokedGrantError`, also once expired, `PausedGrantError`, or `InvalidTokenError` when an exchanged
        token was ended.
        """
        if self._access.is_ended(bound.token_id):
            raise InvalidTokenError
        grant = self._grants.get(grant_id)
        if grant is None or (grant.expires and grant.expires <= dt_util.utcnow()):
            raise RevokedGrantError
        if grant.paused:
            raise PausedGrantError
        return _bounded(grant, bound)

    async def create(
        self,
        name: str,
        *,
        origin: str | None,
        account_hint: str | None = None,
        scope: Scope | None = None,
        source: str | None = None,
    ) -> tuple[Grant, TokenPair]:
        """Create a grant and its first tokens.

        Raises `TooManyGrantsError`, `StorageError`, or `RevokedGrantError` when it was revoked before it was saved.
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
            self._store.save_later(0)  # it may be on disk already
            raise
        self.require_active(grant.id)
        self._notify(GrantEvent.CREATED, grant, source)
        return grant, self._pair(grant, refresh)

    async def refresh(self, token: str, source: str) -> tuple[Grant, TokenPair]:
        """Exchange a refresh token for new tokens.

        Raises `InvalidTokenError`, `RevokedGrantError`, `PausedGrantError`, `StorageError`, or `ReusedTokenError` for a
        spent token, whose grant is then revoked.
        """
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
        grant = self.require_active(grant.id)  # it may have been revoked during the write
        self._notify(GrantEvent.REFRESHED, grant, source)
        return grant, self._pair(grant, successor)

    def _pair(self, grant: Grant, refresh: str) -> TokenPair:
        lifetime = int(self.token_lifetime)
        return TokenPair(self._access.issue(grant.id, lifetime), refresh, lifetime)

    def exchange(
        self, token: str, source: str, *, expires_in: int | None, may: May | None, devices: frozenset[str] | None
    ) -> tuple[str, int]:
        """Return a shorter and narrower access token (RFC 8693) for an access token, and its seconds to live.

        None leaves a value as the given token has it; no value widens it. Raises
        `InvalidTokenError`, `ExpiredTokenError`, `RevokedGrantError` or `PausedGrantError`.
        """
        self.admit(token, source)
        bound = Bound(may or May.DOORS_AND_ALARMS, devices)
        return self._access.exchange(self._access.verify(token), expires_in, bound)

    async def end(self, token: str, source: str) -> None:
        """End what a website holds: an exchanged token alone, with any other the grant behind it.

        Raises `InvalidTokenError`, `ExpiredTokenError`, `UnknownGrantError`, `RateLimitedError` for too many exchanged
        tokens, or `StorageError`: the token is ended all the same, and the write is repeated.
        """
        try:
            grant_id = self._refresh.grant_of(token)
        except InvalidTokenError:
            claims = self._access.verify(token)
            if claims.recognised:
                raise
            grant_id = claims.grant_id
            if token_id := claims.bound.token_id:
                await self._end_token(EndedToken(token_id, grant_id, claims.expires), source)
                return
        await self.revoke(grant_id, source=source)

    async def _end_token(self, token: EndedToken, source: str) -> None:
        grant = self.get(token.grant_id)
        self._access.end(token)
        self._listeners.notify(GrantChange(GrantEvent.TOKEN_ENDED, grant, source, token_id=token.token_id))
        await self._save_removal()

    async def tend_keys(self) -> None:
        """Renew the signing key when it is old; drop its predecessor when no token needs it. Raises `StorageError`."""
        if self._access.tend(SIGNING_KEY_MAX_AGE, TOKEN_LIFETIME_MAX):
            await self._store.save()

    # Changes by the owner of the home.

    async def revoke(self, grant_id: str, *, source: str | None = None) -> None:
        """Revoke a grant: subscribers are notified at once, and on return it is on disk.

        Raises `UnknownGrantError`, or `StorageError`: the grant is revoked all the same, and the write is repeated.
        """
        grant = self.get(grant_id)
        self._drop(grant_id)
        self._notify(GrantEvent.REVOKED, grant, source)
        await self._save_removal()

    async def revoke_all(self) -> None:
        """Revoke every grant and replace the signing keys.

        Raises `StorageError`: the grants are revoked all the same, and the write is repeated.
        """
        self._access.replace()
        dropped = self.all
        for grant in dropped:
            self._drop(grant.id)
            self._notify(GrantEvent.REVOKED, grant)
        await self._save_removal()

    async def pause(self, grant_id: str, by: PausedBy = PausedBy.OWNER) -> Grant:
        """Refuse a website until it is resumed.

        A pause by another cause than the owner's command stays that cause's when the owner pauses as well. Raises
        `UnknownGrantError`, or `StorageError`: the grant is paused all the same, and the write is repeated.
        """
        before = self.get(grant_id)
        if by is PausedBy.OWNER:
            by = before.paused_by or by
        self._put(GrantEvent.PAUSED, replace(before, paused_by=by), before)
        await self._save_removal()
        return self.get(grant_id)

    async def distrust(self) -> None:
        """Pause every grant and retire the signing keys: the store was restored from a backup.

        Raises `StorageError`: the grants are paused all the same, and the write is repeated.
        """
        self._generation.leave()
        self._access.retire()
        for grant in self.all:
            self._put(GrantEvent.PAUSED, replace(grant, paused_by=PausedBy.RESTORE), grant)
        await self._save_removal()

    async def _save_removal(self) -> None:
        """Save a change that removes access. A failed save is repeated later; the change stays in effect."""
        self._generation.advance()
        try:
            await self._store.save()
        except StorageError:
            self._store.save_later(SAVE_RETRY_DELAY)
            raise
        await self._generation.write()

    async def resume(self, grant_id: str) -> Grant:
        """Admit a paused website again. Raises `UnknownGrantError`, or `StorageError` and then it stays paused."""
        # Not in turn with other changes: a pause that comes while this waited would be undone by it.
        return await self._apply(GrantEvent.RESUMED, grant_id, paused_by=None)

    async def edit(self, grant_id: str, **changes: Unpack[Edit]) -> Grant:
        """Change the name, the scope or the end of a grant; what is not given stays as it is.

        Raises `UnknownGrantError`, or `StorageError` and then the change is undone.
        """
        return await self._change(GrantEvent.EDITED, grant_id, **changes)

    async def _change(self, event: GrantEvent, grant_id: str, **changes: Any) -> Grant:
        async with self._widening:
            return await self._apply(event, grant_id, **changes)

    async def _apply(self, event: GrantEvent, grant_id: str, **changes: Any) -> Grant:
        before = self.get(grant_id)
        self._put(event, replace(before, **changes), before)
        await self._store.save(undo=partial(self._undo, before, changes))
        return self.get(grant_id)

    def _restore(self, before: RefreshFamily) -> None:
        """Undo a rotation that could not be saved, unless the grant was revoked meanwhile."""
        if before.grant_id in self._grants:
            self._refresh.restore(before)

    def _undo(self, before: Grant, changes: Iterable[str]) -> None:
        """Undo changes that could not be saved. A grant that was revoked or paused meanwhile stays so."""
        grant = self._grants.get(before.id)
        if grant is None:
            return
        undone = {field: getattr(before, field) for field in changes}
        if "paused_by" in undone:
            undone["paused_by"] = grant.paused_by or before.paused_by
        event = GrantEvent.PAUSED if undone.get("paused_by") else GrantEvent.EDITED
        self._put(event, replace(grant, **undone), grant)

    def _put(self, event: GrantEvent, grant: Grant, before: Grant) -> None:
        self._grants[grant.id] = grant
        self._notify(event, grant, before=before)

    def _touch(self, grant: Grant, source: str) -> Grant:
        """Record a use: its time at most once a minute, its source always."""
        now, last_used = dt_util.utcnow(), grant.last_used
        # In both directions: the clock may have been set back.
        if last_used is None or abs((now - last_used).total_seconds()) >= LAST_USED_STEP:
            last_used = now
        elif source == grant.last_source:
            return grant
        touched = self._grants[grant.id] = replace(grant, last_used=last_used, last_source=source)
        self._store.save_later(LAST_USED_SAVE_DELAY)
        return touched

    def _drop(self, grant_id: str) -> None:
        self._grants.pop(grant_id, None)
        self._refresh.forget(grant_id)

    def _notify(
        self, event: GrantEvent, grant: Grant, source: str | None = None, *, before: Grant | None = None
    ) -> None:
        self._listeners.notify(GrantChange(event, grant, source, before))


def _bounded(grant: Grant, bound: Bound) -> Grant:
    """Return a grant as a token with this bound has it."""
    if bound is UNBOUND:
        return grant
    return replace(grant, scope=bound.narrow(grant.scope), token_id=bound.token_id)
