"""Encryption at rest of tokens and verifiers, with a key that is stored outside the database."""

import base64
import os
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class VaultError(Exception):
    """The key file is damaged, or a secret was encrypted with another key."""


class Vault:
    """Encrypts and decrypts short secrets (Fernet). In production, keep the key in the platform's secret store."""

    def __init__(self, key: bytes) -> None:
        try:
            self._fernet = Fernet(key)
        except ValueError as err:
            raise VaultError("the key file does not hold a key; restore it, or delete it and pair again") from err
        self._key = key

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the key file. On the first start, create it, readable by its owner only. Raises VaultError."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            key = Fernet.generate_key()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        return cls(key)

    def seal(self, secret: str) -> bytes:
        """Encrypt and authenticate a secret."""
        return self._fernet.encrypt(secret.encode())

    def open_sealed(self, sealed: bytes) -> str:
        """Decrypt a secret. Raises VaultError if it was modified or encrypted with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as err:
            raise VaultError("encrypted with another key") from err

    def subkey(self, purpose: str) -> Fernet:
        """Derive a separate key, so that ciphertext of one purpose is not accepted for another."""
        derived = HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(self._key)
        return Fernet(base64.urlsafe_b64encode(derived))
