"""The database, and all SQL. Secrets are stored as the caller has encrypted them."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
import sqlite3
from typing import Any, Self

import aiosqlite

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
  key_hash BLOB PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  expires REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pairings (
  id TEXT PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  pairing_id TEXT NOT NULL,
  verifier BLOB NOT NULL,
  code_length INTEGER NOT NULL,
  state TEXT NOT NULL,
  expires REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS places (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  serial TEXT NOT NULL,
  token BLOB NOT NULL,
  token_expires REAL NOT NULL,
  refresh_token BLOB NOT NULL,
  revoked INTEGER NOT NULL,
  UNIQUE (account_id, serial)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A user account. `password` is an Argon2id hash."""

    id: int
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """A requested code that has not been redeemed yet. `verifier` is encrypted; `expires` is in epoch seconds."""

    id: str
    account_id: int
    address: str
    name: str
    pairing_id: str
    verifier: bytes
    code_length: int
    state: str
    expires: float


@dataclass(frozen=True, slots=True)
class Place:
    """A home paired with an account. Both tokens are encrypted; `token_expires` is in epoch seconds."""

    id: int
    account_id: int
    name: str
    address: str
    serial: str
    token: bytes
    token_expires: float
    refresh_token: bytes
    revoked: bool


class NameTakenError(Exception):
    """The name belongs to another account."""


class Store:
    """The SQLite database. Every method is one transaction."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self._db = db

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the database. Creates it on the first start."""
        db = await aiosqlite.connect(path, isolation_level=None)
        db.row_factory = sqlite3.Row
        await db.execute("PRAGMA journal_mode = WAL")
        await db.execute("PRAGMA foreign_keys = ON")
        await db.executescript(SCHEMA)
        return cls(db)

    async def close(self) -> None:
        """Close the database."""
        await self._db.close()

    async def add_account(self, name: str, password: str) -> Account:
        """Add an account. Names are compared without case. Raises NameTakenError."""
        sql = "INSERT INTO accounts (name, name_key, password) VALUES (?, ?, ?) RETURNING id"
        try:
            row = await self._one(sql, (name, name.casefold(), password))
        except sqlite3.IntegrityError as err:
            raise NameTakenError from err
        return Account(row["id"], name, password)

    async def account_by_name(self, name: str) -> Account | None:
        """Return the account with this name, or None."""
        sql = "SELECT id, name, password FROM accounts WHERE name_key = ?"
        row = await self._one(sql, (name.casefold(),))
        return Account(**row) if row else None

    async def account_by_session(self, key_hash: bytes, now: float) -> Account | None:
        """Return the account of a session that has not expired, or None."""
        sql = (
            "SELECT a.id, a.name, a.password FROM sessions s JOIN accounts a ON a.id = s.account_id"
            " WHERE s.key_hash = ? AND s.expires > ?"
        )
        row = await self._one(sql, (key_hash, now))
        return Account(**row) if row else None

    async def set_password(self, account_id: int, password: str) -> None:
        """Replace the password hash."""
        await self._db.execute("UPDATE accounts SET password = ? WHERE id = ?", (password, account_id))

    async def add_session(self, key_hash: bytes, account_id: int, expires: float) -> None:
        """Add a session."""
        await self._db.execute("INSERT INTO sessions VALUES (?, ?, ?)", (key_hash, account_id, expires))

    async def delete_session(self, key_hash: bytes) -> None:
        """Delete a session."""
        await self._db.execute("DELETE FROM sessions WHERE key_hash = ?", (key_hash,))

    async def delete_sessions_before(self, expires: float) -> None:
        """Delete the sessions that expired before this time."""
        await self._db.execute("DELETE FROM sessions WHERE expires <= ?", (expires,))

    async def save_pairing(self, pairing: Pairing) -> None:
        """Add or replace a pairing."""
        sql = (
            "INSERT OR REPLACE INTO pairings VALUES"
            " (:id, :account_id, :address, :name, :pairing_id, :verifier, :code_length, :state, :expires)"
        )
        await self._db.execute(sql, asdict(pairing))

    async def pairing(self, pairing_id: str, account_id: int) -> Pairing | None:
        """Return a pairing of this account, or None."""
        row = await self._one("SELECT * FROM pairings WHERE id = ? AND account_id = ?", (pairing_id, account_id))
        return Pairing(**row) if row else None

    async def delete_pairing(self, pairing_id: str) -> None:
        """Delete a pairing."""
        await self._db.execute("DELETE FROM pairings WHERE id = ?", (pairing_id,))

    async def delete_pairings_before(self, expires: float) -> None:
        """Delete the pairings that expired before this time."""
        await self._db.execute("DELETE FROM pairings WHERE expires < ?", (expires,))

    async def add_place(self, place: Place) -> Place:
        """Add a place. Returns it with its new `id`."""
        sql = (
            "INSERT INTO places VALUES (NULL, :account_id, :name, :address, :serial,"
            " :token, :token_expires, :refresh_token, :revoked) RETURNING id"
        )
        row = await self._one(sql, asdict(place))
        return replace(place, id=row["id"])

    async def update_place(self, place: Place) -> None:
        """Update a place's name, address, tokens and state."""
        sql = (
            "UPDATE places SET name = :name, address = :address, token = :token, token_expires = :token_expires,"
            " refresh_token = :refresh_token, revoked = :revoked WHERE id = :id"
        )
        await self._db.execute(sql, asdict(place))

    async def places(self, account_id: int) -> list[Place]:
        """Return the places of this account, sorted by name."""
        sql = "SELECT * FROM places WHERE account_id = ? ORDER BY name COLLATE NOCASE, id"
        return [_place(row) for row in await self._db.execute_fetchall(sql, (account_id,))]

    async def place(self, place_id: int, account_id: int) -> Place | None:
        """Return a place of this account, or None."""
        row = await self._one("SELECT * FROM places WHERE id = ? AND account_id = ?", (place_id, account_id))
        return _place(row) if row else None

    async def place_by_serial(self, serial: str, account_id: int) -> Place | None:
        """Return this account's place for the home with this serial, or None."""
        row = await self._one("SELECT * FROM places WHERE serial = ? AND account_id = ?", (serial, account_id))
        return _place(row) if row else None

    async def delete_place(self, place_id: int) -> None:
        """Delete a place."""
        await self._db.execute("DELETE FROM places WHERE id = ?", (place_id,))

    async def _one(self, sql: str, values: tuple[object, ...] | dict[str, object]) -> Any:
        async with self._db.execute(sql, values) as cursor:
            return await cursor.fetchone()


def _place(row: Any) -> Place:
    # SQLite has no boolean type.
    return Place(**{**row, "revoked": bool(row["revoked"])})
