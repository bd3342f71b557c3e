"""Access tokens (JWT) that identify a grant, and refresh tokens that renew them. Pure: the clock is a parameter."""

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

from ..errors import ExpiredTokenError, InvalidTokenError, RateLimitedError, ReusedTokenError
from .models import UNBOUND, Bound, May

# Seconds that an access token is valid: 30 h is a day and some hours, so that a daily visitor stays in.
TOKEN_LIFETIME: Final = 30 * 3600
TOKEN_LIFETIME_MIN: Final = 3600
TOKEN_LIFETIME_MAX: Final = 30 * 24 * 3600
# Clocks of home and website may differ by this many seconds.
TOKEN_LEEWAY: Final = 30
# A token of ours has about 400 characters; longer ones are not worth parsing.
TOKEN_LENGTH_MAX: Final = 4096
# Seconds in which a refresh may be repeated because its response was lost (RFC 9700, section 4.14.2).
REFRESH_GRACE: Final = 30.0
# Spent refresh tokens remembered per grant to recognise their reuse: weeks at one refresh a day.
SPENT_REFRESH_TOKENS_MAX: Final = 32
# Seconds after which the signing key is renewed; its predecessor verifies until its last token has expired.
SIGNING_KEY_MAX_AGE: Final = 90 * 24 * 3600.0

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "interphone"
CLAIMS: Final = ("iss", "aud", "sub", "jti", "iat", "exp", "api_serial")
# Claim with the bound of a token made by exchange: `{may, devices}`.
BOUND: Final = "bound"
KEY_BYTES: Final = 32
# The signing key and its predecessor.
KEYS_MAX: Final = 2
# Tokens made by exchange that a website ended before their time, remembered until then.
ENDED_TOKENS_MAX: Final = 256
# Keys from before a restore, and from before the one before that.
RETIRED_KEYS_MAX: Final = 4

# Seconds since the epoch.
type WallClock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An HMAC key of 256 bit, known to this home only."""

    kid: str
    created: float
    secret: bytes = field(repr=False)

    @classmethod
    def make(cls, now: float) -> SigningKey:
        """Generate a key."""
        return cls(secrets.token_hex(8), now, secrets.token_bytes(KEY_BYTES))


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a valid token: its grant, and its end in seconds since the epoch.

    A token that is only `recognised` was signed by a key that was retired: it says who it was for, and admits nobody.
    """

    grant_id: str
    expires: float
    recognised: bool = False
    bound: Bound = UNBOUND


@dataclass(frozen=True, slots=True)
class EndedToken:
    """An exchanged token that was ended: its id, its grant, and when it expires, in seconds since the epoch."""

    token_id: str
    grant_id: str
    expires: float


class AccessTokens:
    """Issues and verifies access tokens: JWT (RFC 7519), HS256 and nothing else.

    Holds at most two keys: the signing key and its predecessor, which verifies until its tokens have expired. Keys that
    were in a restored backup are retired: whoever has the backup can sign with them.
    """

    def __init__(
        self,
        serial: str,
        keys: Iterable[SigningKey],
        clock: WallClock,
        retired: Iterable[SigningKey] = (),
        ended: Iterable[EndedToken] = (),
    ) -> None:
        """Sign with the first of `keys` for the home known as `serial`; recognise what `retired` keys signed.

        Tokens that were `ended` are valid no more.
        """
        self._ended = {token.token_id: token for token in ended}
        self.serial = serial
        self._keys = {key.kid: key for key in keys}
        self._retired = {key.kid: key for key in retired}
        self._clock = clock

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        """The keys in use, the one that signs first."""
        return tuple(self._keys.values())

    @property
    def retired(self) -> tuple[SigningKey, ...]:
        """The keys that only recognise, newest first."""
        return tuple(self._retired.values())

    @property
    def _issuer(self) -> str:
        return f"interphone:{self.serial}"

    @property
    def ended(self) -> tuple[EndedToken, ...]:
        """The tokens that were ended; those that have expired since are forgotten with the next one."""
        return tuple(self._ended.values())

    def is_ended(self, token_id: str | None) -> bool:
        """Return whether an exchanged token was ended."""
        return token_id in self._ended

    def end(self, token: EndedToken) -> None:
        """End a token before its time. Raises `RateLimitedError` when its grant has ended too many."""
        now = self._clock()
        self._ended = {known.token_id: known for known in self.ended if known.expires > now - TOKEN_LEEWAY}
        of_grant = [known for known in self._ended.values() if known.grant_id == token.grant_id]
        if len(of_grant) >= ENDED_TOKENS_MAX:
            raise RateLimitedError(retry_after=max(1.0, min(known.expires for known in of_grant) - now))
        self._ended[token.token_id] = token

    def exchange(self, claims: Claims, lifetime: float | None, bound: Bound) -> tuple[str, int]:
        """Return a token within the bound of another and no longer valid than that, and its seconds to live.

        Raises `ExpiredTokenError` when nothing is left of the other.
        """
        left = int(claims.expires - self._clock())
        seconds = left if lifetime is None else min(left, int(lifetime))
        if seconds <= 0:
            raise ExpiredTokenError
        return self.issue(claims.grant_id, seconds, bound.within(claims.bound)), seconds

    def issue(self, grant_id: str, lifetime: float, bound: Bound | None = None) -> str:
        """Return a token for a grant that is valid for `lifetime` seconds; with `bound`, one made by exchange."""
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
        if bound is not None:
            devices = None if bound.devices is None else sorted(bound.devices)
            claims[BOUND] = {"may": bound.may.value, "devices": devices}
        return jwt.encode(claims, key.secret, ALGORITHM, headers={"kid": key.kid})

    def verify(self, token: str) -> Claims:
        """Return the claims of a token; whether it has expired does not matter for one that is only recognised.

        Raises `ExpiredTokenError` for a token that was valid once, `InvalidTokenError` for any other.
        """
        claims, recognised = self._decode(token)
        now = self._clock()
        if not _is_time(claims["iat"]) or not _is_time(claims["exp"]) or not isinstance(claims["sub"], str):
            raise InvalidTokenError
        if claims["iat"] > now + TOKEN_LEEWAY or not _same(claims["api_serial"], self.serial):
            raise InvalidTokenError
        if claims["exp"] <= now - TOKEN_LEEWAY and not recognised:
            raise ExpiredTokenError
        bound = _read_bound(claims)
        if self.is_ended(bound.token_id):
            raise InvalidTokenError
        return Claims(claims["sub"], float(claims["exp"]), recognised, bound)

    def _decode(self, token: str) -> tuple[Mapping[str, Any], bool]:
        """Verify signature, issuer and audience; return the claims, and whether the key is a retired one.

        `verify` checks the times against its own clock.
        """
        if len(token) > TOKEN_LENGTH_MAX:
            raise InvalidTokenError
        try:
            kid = _key_id(token)
            retired = kid not in self._keys
            key = self._retired[kid] if retired else self._keys[kid]
            claims = jwt.decode(
                token,
                key.secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False},
            )
        except (KeyError, ValueError, RecursionError, jwt.InvalidTokenError) as err:
            raise InvalidTokenError from err
        return claims, retired

    def tend(self, max_age: float, lifetime: float) -> bool:
        """Rotate a key older than `max_age` seconds. Return whether the keys have changed.

        Its predecessor and retired keys are dropped once their tokens, valid for at most `lifetime` seconds, have
        expired.
        """
        now = self._clock()
        signing, *previous = self.keys
        if now - signing.created >= max_age:
            self.rotate()
            return True
        if (previous or self._retired) and now - signing.created >= lifetime + TOKEN_LEEWAY:
            self._retired = {}
            self._keep(signing)
            return True
        return False

    def rotate(self) -> None:
        """Sign with a new key from now on; the present key still verifies, its predecessor no longer does."""
        self._keep(SigningKey.make(self._clock()), self.keys[0])

    def replace(self) -> None:
        """Replace every key: no token issued so far is valid any more."""
        self._retired = {}
        self._ended = {}
        self._keep(SigningKey.make(self._clock()))

    def retire(self) -> None:
        """Replace every key; what they signed is recognised, for as long as tokens live, and admits nobody."""
        retired = (*self.keys, *self.retired)[:RETIRED_KEYS_MAX]
        self._retired = {key.kid: key for key in retired}
        self._keep(SigningKey.make(self._clock()))

    def _keep(self, *keys: SigningKey) -> None:
        self._keys = {key.kid: key for key in keys}


def _read_bound(claims: Mapping[str, Any]) -> Bound:
    """Return the bound of a token. Raises `InvalidTokenError`."""
    if BOUND not in claims:
        return UNBOUND
    try:
        may, devices = May(claims[BOUND]["may"]), claims[BOUND]["devices"]
        return Bound(may, None if devices is None else frozenset(devices), str(claims["jti"]))
    except (KeyError, TypeError, ValueError) as err:
        raise InvalidTokenError from err


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(_bytes(value), _bytes(expected))


@dataclass(frozen=True, slots=True)
class RefreshFamily:
    """The refresh tokens of one grant as SHA-256 digests: the valid one, and spent ones, newest first."""

    grant_id: str
    current: str
    rotated_at: float
    spent: tuple[str, ...] = ()


class RefreshTokens:
    """Issues refresh tokens of 256 bit and rotates them: each is good once.

    Presenting the token spent last within 30 s returns the same successor, so a lost response can be requested again.
    Presenting any other spent token means that two parties hold it (RFC 9700, section 4.14.2).
    """

    def __init__(self, pepper: bytes, families: Iterable[RefreshFamily], clock: WallClock) -> None:
        """Own these families. `pepper` is the HMAC key that derives the successor of a token."""
        self.pepper = pepper
        self._clock = clock
        self._families: dict[str, RefreshFamily] = {}
        self._grants: dict[str, str] = {}
        for family in families:
            self._put(family)

    @property
    def families(self) -> tuple[RefreshFamily, ...]:
        """All families, to be stored."""
        return tuple(self._families.values())

    def issue(self, grant_id: str) -> str:
        """Start the family of a grant and return its first token."""
        token = secrets.token_urlsafe(KEY_BYTES)
        self._put(RefreshFamily(grant_id, _digest(token), self._clock()))
        return token

    def grant_of(self, token: str) -> str:
        """Return the grant of a token, valid or spent. Raises `InvalidTokenError` for an unknown token."""
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
        # In both directions: a small correction of the clock must revoke nothing.
        lately = abs(self._clock() - family.rotated_at) <= REFRESH_GRACE
        if lately and digest == family.spent[0]:
            return successor
        raise ReusedTokenError

    def family(self, grant_id: str) -> RefreshFamily:
        """Return the family of a grant, for `restore` should its rotation not be saved."""
        return self._families[grant_id]

    def restore(self, family: RefreshFamily) -> None:
        """Undo every rotation since `family` was read."""
        self.forget(family.grant_id)
        self._put(family)

    def forget(self, grant_id: str) -> None:
        """Invalidate the grant's refresh tokens."""
        if family := self._families.pop(grant_id, None):
            for digest in (family.current, *family.spent):
                self._grants.pop(digest, None)

    def _spend(self, family: RefreshFamily, successor: str) -> None:
        spent = (family.current, *family.spent)
        for forgotten in spent[SPENT_REFRESH_TOKENS_MAX:]:
            self._grants.pop(forgotten, None)
        self._put(RefreshFamily(family.grant_id, successor, self._clock(), spent[:SPENT_REFRESH_TOKENS_MAX]))

    def _successor(self, token: str) -> str:
        """Derive the next token, so that it can be sent again within the grace without being stored."""
        mac = hmac.digest(self.pepper, _bytes(token), "sha256")
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def _put(self, family: RefreshFamily) -> None:
        self._families[family.grant_id] = family
        for digest in (family.current, *family.spent):
            self._grants[digest] = family.grant_id


def _digest(token: str) -> str:
    return hashlib.sha256(_bytes(token)).hexdigest()


def _bytes(text: str) -> bytes:
    """Encode any text; JSON can contain lone surrogates, which UTF-8 cannot."""
    return text.encode(errors="surrogatepass")


def _key_id(token: str) -> str:
    """Return the key id of a token's header; only the rest is parsed together with the signature.

    Raises ValueError when the header is not JSON.
    """
    header = json.loads(base64url_decode(token.partition(".")[0]))
    return str(header.get("kid")) if isinstance(header, dict) else ""
