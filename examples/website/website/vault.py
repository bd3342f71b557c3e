"""Encryption at rest: what the database holds of a home's tokens is useless without the key file beside it."""

import base64
import os
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class VaultError(Exception):
    """The key file is no key, or what was sealed cannot be opened with it."""


class Vault:
    """Seals and opens short secrets with one key. In production, keep that key in your platform's secret store."""

    def __init__(self, key: bytes) -> None:
        try:
            self._fernet = Fernet(key)
        except ValueError as err:
            raise VaultError("the key file does not hold a key; restore it, or delete it and pair again") from err
        self._key = key

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the key file; on the first start, make one that only its owner may read."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            key = Fernet.generate_key()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        return cls(key)

    def seal(self, secret: str) -> bytes:
        """Encrypt and authenticate."""
        return self._fernet.encrypt(secret.encode())

    def open_sealed(self, sealed: bytes) -> str:
        """Give back what `seal` was given. Raises VaultError when it was sealed with another key, or changed."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as err:
            raise VaultError("sealed with another key") from err

    def subkey(self, purpose: str) -> Fernet:
        """Derive a separate key, so that what is encrypted for one purpose is never accepted for another."""
        derived = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(self._key)
        return Fernet(base64.urlsafe_b64encode(derived))
