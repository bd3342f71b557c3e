"""Places: pairing with a home, refreshing its tokens, renaming and deleting it."""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import replace
import hashlib
import re
import secrets
import time
import unicodedata
from weakref import WeakValueDictionary

from aiohttp import ClientSession
from yarl import URL

from .address import normalise_address
from .home import CodeRequest, Home, HomeError, Tokens
from .settings import Settings
from .store import Account, Pairing, Place, Store
from .vault import Vault, VaultError

NAME_MAX = 60
# Seconds. A token that expires sooner is replaced, so that a page can use the one it receives for a while.
TOKEN_LEFT_MIN = 300.0
# Errors of the home after which the place has to be paired again.
REVOKED = frozenset({"expired_token", "grant_revoked", "invalid_token", "token_reused", "unknown_grant"})
# Seconds that an expired pairing is kept, so that its page can still report it and request a new code.
PAIRING_KEPT = 3600.0
CODE = re.compile(r"[0-9A-Z]{4,16}")


class InsecureAddressError(Exception):
    """The home uses plain HTTP and the website HTTPS: browsers block such connections as mixed content."""


class MalformedCodeError(Exception):
    """The input cannot be a code. It was not sent to the home."""


class PlaceRevokedError(Exception):
    """The home has ended the grant of this website."""


class Places:
    """Pairing, refreshing and deleting. A lock per pairing and per place serialises double clicks and tabs."""

    def __init__(self, store: Store, vault: Vault, client: ClientSession, settings: Settings) -> None:
        self._store = store
        self._vault = vault
        self._client = client
        self._settings = settings
        self._locks: WeakValueDictionary[str | int, asyncio.Lock] = WeakValueDictionary()

    async def begin(self, account: Account, address: str, name: str) -> Pairing:
        """Request a code from the home at `address`.

        Raises InvalidAddressError, InsecureAddressError, HomeError.
        """
        address = normalise_address(address)
        if self._settings.secure and address.startswith("http://"):
            raise InsecureAddressError
        now = time.time()
        await self._store.delete_pairings_before(now - PAIRING_KEPT)
        pairing = Pairing(
            id=secrets.token_urlsafe(9),
            account_id=account.id,
            address=address,
            name=clean_name(name) or URL(address).host or address,
            pairing_id="",
            verifier=b"",
            code_length=0,
            state="",
            expires=now,
        )
        return await self._request(pairing, account)

    async def request_again(self, pairing: Pairing, account: Account) -> Pairing:
        """Request the same code again, or a new one if it has expired. Raises HomeError."""
        async with self._lock(pairing.id):
            return await self._request(pairing, account)

    async def finish(self, pairing: Pairing, code: str) -> Place | None:
        """Redeem the code and store the place with its tokens.

        Returns None if the pairing is already finished. Raises MalformedCodeError, HomeError.
        """
        code = clean_code(code)
        async with self._lock(pairing.id):
            current = await self._store.pairing(pairing.id, pairing.account_id)
            if current is None:
                return None
            verifier = self._vault.open_sealed(current.verifier)
            serial, tokens = await self._home(current.address).check_code(code, current.pairing_id, verifier)
            place = await self._save(current, serial, tokens)
            await self._store.delete_pairing(current.id)
            return place

    async def token(self, place: Place, *, renew: bool = False) -> tuple[str, float]:
        """Return an access token for the browser and its lifetime in seconds. `renew` forces a new one.

        Raises PlaceRevokedError, HomeError.
        """
        async with self._lock(place.id):
            current = await self._store.place(place.id, place.account_id)
            if current is None or current.revoked:
                raise PlaceRevokedError
            try:
                if not renew and current.token_expires - time.time() > TOKEN_LEFT_MIN:
                    return self._vault.open_sealed(current.token), current.token_expires - time.time()
                tokens = await self._home(current.address).refresh(self._vault.open_sealed(current.refresh_token))
            except (HomeError, VaultError) as err:
                if isinstance(err, HomeError) and err.code not in REVOKED:
                    raise
                await self._store.update_place(replace(current, revoked=True))
                raise PlaceRevokedError from err
            await self._store.update_place(self._with_tokens(current, tokens))
            return tokens.token, tokens.expires_in

    async def rename(self, place: Place, name: str) -> None:
        """Rename a place. An empty name is ignored."""
        async with self._lock(place.id):
            current = await self._store.place(place.id, place.account_id)
            if current and (cleaned := clean_name(name)):
                await self._store.update_place(replace(current, name=cleaned))

    async def forget(self, place: Place) -> bool:
        """Revoke the grant at the home, and delete the place in any case. Returns whether the grant was revoked."""
        async with self._lock(place.id):
            current = await self._store.place(place.id, place.account_id)
            if current is None:
                return True
            revoked = await self._revoke(current)
            await self._store.delete_place(current.id)
            return revoked

    async def _request(self, pairing: Pairing, account: Account) -> Pairing:
        # Until the code expires, the same challenge makes the home show the same code again.
        if pairing.verifier and pairing.expires > time.time():
            verifier = self._vault.open_sealed(pairing.verifier)
        else:
            verifier = secrets.token_urlsafe(32)
        home = self._home(pairing.address)
        requested = await home.request_code(_challenge(verifier), self._settings.name, account.name)
        pairing = self._with_request(pairing, verifier, requested)
        await self._store.save_pairing(pairing)
        return pairing

    async def _save(self, pairing: Pairing, serial: str, tokens: Tokens) -> Place:
        known = await self._store.place_by_serial(serial, pairing.account_id)
        if known is None:
            new = Place(0, pairing.account_id, pairing.name, pairing.address, serial, b"", 0.0, b"", revoked=False)
            return await self._store.add_place(self._with_tokens(new, tokens))
        async with self._lock(known.id):
            place = self._with_tokens(replace(known, address=pairing.address, revoked=False), tokens)
            await self._store.update_place(place)
            await self._revoke(known)
        return place

    async def _revoke(self, place: Place) -> bool:
        try:
            await self._home(place.address).revoke(self._vault.open_sealed(place.refresh_token))
        except (HomeError, VaultError) as err:
            return isinstance(err, HomeError) and err.code in REVOKED
        return True

    def _with_request(self, pairing: Pairing, verifier: str, requested: CodeRequest) -> Pairing:
        return replace(
            pairing,
            pairing_id=requested.pairing_id,
            verifier=self._vault.seal(verifier),
            code_length=requested.code_length,
            state=requested.state,
            expires=time.time() + requested.expires_in,
        )

    def _with_tokens(self, place: Place, tokens: Tokens) -> Place:
        return replace(
            place,
            token=self._vault.seal(tokens.token),
            token_expires=time.time() + tokens.expires_in,
            refresh_token=self._vault.seal(tokens.refresh_token),
        )

    def _home(self, address: str) -> Home:
        return Home(self._client, address, self._settings.origin)

    def _lock(self, key: str | int) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())


def clean_name(raw: str) -> str:
    """Collapse white space and truncate to `NAME_MAX` characters."""
    return " ".join(raw.split())[:NAME_MAX].strip()


def clean_code(raw: str) -> str:
    """Return the code in upper case, NFKC-normalised, without white space, dashes and format characters.

    Raises MalformedCodeError for anything else than 4 to 16 letters and digits.
    """
    folded = unicodedata.normalize("NFKC", raw).upper()
    code = "".join(char for char in folded if not char.isspace() and unicodedata.category(char) not in {"Pd", "Cf"})
    if not CODE.fullmatch(code):
        raise MalformedCodeError
    return code


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, section 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
