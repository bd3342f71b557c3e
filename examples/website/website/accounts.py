"""Accounts and logins."""

import asyncio
import hashlib
import secrets
import time

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from .attempts import Attempts
from .store import Account, Store

NAME_MIN, NAME_MAX = 2, 64
PASSWORD_MIN, PASSWORD_MAX = 8, 256
SESSION_LIFETIME = 14 * 24 * 3600
# Each hash takes 64 MiB and about 50 ms of CPU time.
CONCURRENT_HASHES = 2


class TooManyAttemptsError(Exception):
    """Too many attempts. The next is allowed after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class InvalidNameError(Exception):
    """The name is too short, too long, or has unprintable characters."""


class InvalidPasswordError(Exception):
    """The password is too short or too long."""


class WrongLoginError(Exception):
    """The name or the password is wrong. The error does not reveal which."""


class Accounts:
    """Registration, login and logout. Stores passwords as Argon2id hashes and session keys as SHA-256."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hasher = PasswordHasher()
        self._hashing = asyncio.Semaphore(CONCURRENT_HASHES)
        # Verified when the name is unknown, so that the response time does not reveal which names exist.
        self._decoy = self._hasher.hash(secrets.token_hex())
        self._sign_ups = Attempts(limit=10, window=3600)
        self._sign_ins_by_source = Attempts(limit=30, window=300)
        self._sign_ins_by_name = Attempts(limit=5, window=300)

    async def sign_up(self, name: str, password: str, source: str) -> Account:
        """Create an account.

        Raises InvalidNameError, InvalidPasswordError, NameTakenError, TooManyAttemptsError.
        """
        name = " ".join(name.split())
        if not NAME_MIN <= len(name) <= NAME_MAX or not name.isprintable():
            raise InvalidNameError
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise InvalidPasswordError
        _raise_if_limited(self._sign_ups.wait(source))
        async with self._hashing:
            hashed = await asyncio.to_thread(self._hasher.hash, password)
        return await self._store.add_account(name, hashed)

    async def sign_in(self, name: str, password: str, source: str) -> Account:
        """Return the account with this name and password. Raises WrongLoginError, TooManyAttemptsError.

        Attempts per name are counted per source address, so that nobody can lock another user out.
        """
        name = " ".join(name.split())
        caller = (source, name.casefold()[:NAME_MAX])
        _raise_if_limited(self._sign_ins_by_source.wait(source) or self._sign_ins_by_name.wait(caller))
        account = await self._store.account_by_name(name)
        matches = await self._matches(account.password if account else self._decoy, password[: PASSWORD_MAX + 1])
        if account is None or not matches:
            raise WrongLoginError
        self._sign_ins_by_name.clear(caller)
        if self._hasher.check_needs_rehash(account.password):
            async with self._hashing:
                hashed = await asyncio.to_thread(self._hasher.hash, password)
            await self._store.set_password(account.id, hashed)
        return account

    async def start_session(self, account: Account) -> str:
        """Create a session and return its key. Deletes expired sessions."""
        key, now = secrets.token_urlsafe(32), time.time()
        await self._store.delete_sessions_before(now)
        await self._store.add_session(_hash(key), account.id, now + SESSION_LIFETIME)
        return key

    async def by_session(self, key: str) -> Account | None:
        """Return the account of this session key, or None if the session has ended or expired."""
        return await self._store.account_by_session(_hash(key), time.time())

    async def end_session(self, key: str) -> None:
        """End the session. Every copy of its cookie becomes invalid."""
        await self._store.delete_session(_hash(key))

    async def _matches(self, hashed: str, password: str) -> bool:
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except VerifyMismatchError:
                return False


def _raise_if_limited(wait: float) -> None:
    if wait:
        raise TooManyAttemptsError(wait)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
