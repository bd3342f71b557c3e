"""Tokens: access tokens (JWT) that say who asks, and refresh tokens that renew them. Pure: the clock is handed in."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
import hashlib
import hmac
import json
import secrets
from typing import Any, Final

import jwt
from jwt.utils import base64url_decode

from ..errors import ExpiredTokenError, InvalidTokenError, ReusedTokenError

# Tokens. 30 h, as in the contract of 2021: a day, and time to come home.
TOKEN_LIFETIME: Final = 30 * 3600
TOKEN_LIFETIME_MIN: Final = 3600
TOKEN_LIFETIME_MAX: Final = 30 * 24 * 3600
TOKEN_LEEWAY: Final = 30
# A token of ours has about 400 characters; longer ones are not worth parsing.
TOKEN_LENGTH_MAX: Final = 4096
# A refresh whose answer was lost may be asked again within this time (RFC 9700, section 4.14.2, allows none or little).
REFRESH_GRACE: Final = 30.0
# Spent refresh tokens remembered per grant to recognise their reuse: weeks at one refresh a day.
SPENT_REFRESH_TOKENS_MAX: Final = 32
# The signing key is renewed after this time; the one before it verifies until its last token ran out.
SIGNING_KEY_MAX_AGE: Final = 90 * 24 * 3600.0

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "interphone"
CLAIMS: Final = ("iss", "aud", "sub", "jti", "iat", "exp", "api_serial")
KEY_BYTES: Final = 32
# The one that signs, and the one before it.
KEYS_MAX: Final = 2

# Seconds since the epoch.
type WallClock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of 256 bit, known only to this home."""

    kid: str
    created: float
    secret: bytes = field(repr=False)

    @classmethod
    def make(cls, now: float) -> SigningKey:
        """Draw a new key."""
        return cls(secrets.token_hex(8), now, secrets.token_bytes(KEY_BYTES))


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says: for which grant it speaks, and until when, in seconds since the epoch."""

    grant_id: str
    expires: float


class AccessTokens:
    """Issues and verifies access tokens: JWT (RFC 7519), HS256 and nothing else.

    Holds at most two keys: the one that signs, and the one before it, which verifies until its tokens ran out.
    """

    def __init__(self, serial: str, keys: Iterable[SigningKey], clock: WallClock) -> None:
        """Sign with the first of `keys` for the home known as `serial`."""
        self.serial = serial
        self._keys = {key.kid: key for key in keys}
        self._clock = clock

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        """The keys in use, the one that signs first."""
        return tuple(self._keys.values())

    @property
    def _issuer(self) -> str:
        return f"interphone:{self.serial}"

    def issue(self, grant_id: str, lifetime: float) -> str:
        """Return a token for this grant that lives `lifetime` seconds."""
        now = int(self._clock())
        key = self.keys[0]
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": grant_id,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + int(lifetime),
            "api_serial": self.serial,
        }
        return jwt.encode(claims, key.secret, ALGORITHM, headers={"kid": key.kid})

    def verify(self, token: str) -> Claims:
        """Return what a token says.

        Raises `ExpiredTokenError` for a token that was good once, `InvalidTokenError` for any other fault.
        """
        claims = self._decode(token)
        now = self._clock()
        if not _is_time(claims["iat"]) or not _is_time(claims["exp"]) or not isinstance(claims["sub"], str):
            raise InvalidTokenError
        if claims["iat"] > now + TOKEN_LEEWAY or not _same(claims["api_serial"], self.serial):
            raise InvalidTokenError
        if claims["exp"] <= now - TOKEN_LEEWAY:
            raise ExpiredTokenError
        return Claims(claims["sub"], float(claims["exp"]))

    def _decode(self, token: str) -> Mapping[str, Any]:
        """Check signature, issuer and audience; the times are checked against the clock handed in."""
        if len(token) > TOKEN_LENGTH_MAX:
            raise InvalidTokenError
        try:
            key = self._keys[_key_id(token)]
            return jwt.decode(
                token,
                key.secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False},
            )
        except (KeyError, ValueError, RecursionError, jwt.InvalidTokenError) as err:
            raise InvalidTokenError from err

    def tend(self, max_age: float, lifetime: float) -> bool:
        """Rotate a key older than `max_age` seconds. Return whether the keys have changed.

        The key before it is dropped once its tokens, which live at most `lifetime` seconds, ran out.
        """
        now = self._clock()
        signing, *previous = self.keys
        if now - signing.created >= max_age:
            self.rotate()
            return True
        if previous and now - signing.created >= lifetime + TOKEN_LEEWAY:
            self._keep(signing)
            return True
        return False

    def rotate(self) -> None:
        """Sign with a new key from now on; the present one still verifies, the one before it no longer does."""
        self._keep(SigningKey.make(self._clock()), self.keys[0])

    def replace(self) -> None:
        """Drop every key: no token issued so far is good any more."""
        self._keep(SigningKey.make(self._clock()))

    def _keep(self, *keys: SigningKey) -> None:
        self._keys = {key.kid: key for key in keys}


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(_bytes(value), _bytes(expected))


@dataclass(frozen=True, slots=True)
class RefreshFamily:
    """The refresh tokens of one grant, as digests: the good one, and those that were spent before it."""

    grant_id: str
    current: str
    rotated_at: float
    spent: tuple[str, ...] = ()


class RefreshTokens:
    """Issues refresh tokens of 256 bit and rotates them: each is good once.

    Presenting the token spent last within 30 s returns the same successor, so a lost answer can be asked for again.
    Presenting any other spent token means that two parties hold it (RFC 9700, section 4.14.2).
    """

    def __init__(self, pepper: bytes, families: Iterable[RefreshFamily], clock: WallClock) -> None:
        """Know these families. The pepper, secret to this home, makes a successor out of its predecessor."""
        self.pepper = pepper
        self._clock = clock
        self._families: dict[str, RefreshFamily] = {}
        self._grants: dict[str, str] = {}
        for family in families:
            self._put(family)

    @property
    def families(self) -> tuple[RefreshFamily, ...]:
        """All families, as they are to be stored."""
        return tuple(self._families.values())

    def issue(self, grant_id: str) -> str:
        """Start the family of a grant and return its first token."""
        token = secrets.token_urlsafe(KEY_BYTES)
        self._put(RefreshFamily(grant_id, _digest(token), self._clock()))
        return token

    def grant_of(self, token: str) -> str:
        """Return the grant a token, good or spent, was issued to. Raises `InvalidTokenError` for a stranger's."""
        try:
            return self._grants[_digest(token)]
        except KeyError:
            raise InvalidTokenError from None

    def rotate(self, token: str) -> str:
        """Spend a token and return its successor.

        Raises `InvalidTokenError` for a token that was never issued, `ReusedTokenError` for one spent before.
        """
        digest = _digest(token)
        family = self._families[self.grant_of(token)]
        successor = self._successor(token)
        if digest == family.current:
            self._spend(family, _digest(successor))
            return successor
        # Either way: a clock that is set right by a moment must not put anybody out.
        lately = abs(self._clock() - family.rotated_at) <= REFRESH_GRACE
        if lately and digest == family.spent[0]:
            return successor
        raise ReusedTokenError

    def family(self, grant_id: str) -> RefreshFamily:
        """Return the family of a grant, to be handed to `restore` should its rotation come to nothing."""
        return self._families[grant_id]

    def restore(self, family: RefreshFamily) -> None:
        """Put a family back as it was."""
        self.forget(family.grant_id)
        self._put(family)

    def forget(self, grant_id: str) -> None:
        """Make every token of a grant a stranger's."""
        if family := self._families.pop(grant_id, None):
            for digest in (family.current, *family.spent):
                self._grants.pop(digest, None)

    def _spend(self, family: RefreshFamily, successor: str) -> None:
        spent = (family.current, *family.spent)
        for forgotten in spent[SPENT_REFRESH_TOKENS_MAX:]:
            self._grants.pop(forgotten, None)
        self._put(RefreshFamily(family.grant_id, successor, self._clock(), spent[:SPENT_REFRESH_TOKENS_MAX]))

    def _successor(self, token: str) -> str:
        """Derive the next token, so that it can be told again within the grace without being kept anywhere."""
        mac = hmac.digest(self.pepper, _bytes(token), "sha256")
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def _put(self, family: RefreshFamily) -> None:
        self._families[family.grant_id] = family
        for digest in (family.current, *family.spent):
            self._grants[digest] = family.grant_id


def _digest(token: str) -> str:
    return hashlib.sha256(_bytes(token)).hexdigest()


def _bytes(text: str) -> bytes:
    """Encode any text, also one that is no Unicode: JSON can write a lone surrogate."""
    return text.encode(errors="surrogatepass")


def _key_id(token: str) -> str:
    """Read which key a token names, from its header alone: the rest is read once, with its signature.

    Raises ValueError for what is no JSON.
    """
    header = json.loads(base64url_decode(token.partition(".")[0]))
    return str(header.get("kid")) if isinstance(header, dict) else ""
