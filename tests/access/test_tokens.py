"""Access and refresh tokens, with a clock that goes where a test wants it."""

import base64
import json
from typing import Any

from hypothesis import given, strategies as st
import jwt
import pytest

from custom_components.interphone.access.tokens import (
    AUDIENCE,
    CLAIMS,
    REFRESH_GRACE,
    SPENT_REFRESH_TOKENS_MAX,
    TOKEN_LEEWAY,
    AccessTokens,
    RefreshFamily,
    RefreshTokens,
    SigningKey,
)
from custom_components.interphone.errors import ExpiredTokenError, InvalidTokenError, ReusedTokenError

SERIAL = "serial-of-this-home"
DAY = 86400.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key() -> SigningKey:
    return SigningKey("kid-1", 1_800_000_000.0, b"k" * 32)


@pytest.fixture
def tokens(key: SigningKey, clock: Clock) -> AccessTokens:
    return AccessTokens(SERIAL, [key], clock)


def claims(clock: Clock, **changes: Any) -> dict[str, Any]:
    good = {
        "iss": f"interphone:{SERIAL}",
        "aud": AUDIENCE,
        "sub": "grant",
        "jti": "one",
        "iat": int(clock()),
        "exp": int(clock()) + 3600,
        "api_serial": SERIAL,
    }
    return {name: value for name, value in (good | changes).items() if value is not ...}


def sign(key: SigningKey, payload: dict[str, Any], algorithm: str = "HS256", **headers: Any) -> str:
    return jwt.encode(payload, key.secret, algorithm, headers={"kid": key.kid, **headers})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_names_its_grant_and_its_end(tokens: AccessTokens, clock: Clock) -> None:
    verified = tokens.verify(tokens.issue("grant", 3600))
    assert (verified.grant_id, verified.expires) == ("grant", clock() + 3600)


def test_what_the_helper_signs_is_good(tokens: AccessTokens, key: SigningKey, clock: Clock) -> None:
    assert tokens.verify(sign(key, claims(clock))).grant_id == "grant"


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_must_be_there(tokens: AccessTokens, key: SigningKey, clock: Clock, claim: str) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.verify(sign(key, claims(clock, **{claim: ...})))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "interphone:another-home"),
        ("iss", "interphone:"),
        ("iss", [f"interphone:{SERIAL}"]),
        ("aud", "another"),
        ("aud", 1),
        ("sub", 5),
        ("sub", None),
        ("jti", 7),
        ("iat", True),
        ("iat", "now"),
        ("exp", True),
        ("exp", "later"),
        ("exp", None),
        ("api_serial", "another-home"),
        ("api_serial", [SERIAL]),
        ("api_serial", SERIAL + "x"),
    ],
)
def test_every_claim_must_be_ours(
    tokens: AccessTokens, key: SigningKey, clock: Clock, claim: str, value: object
) -> None:
    payload = claims(clock, **{claim: value})
    header = part({"alg": "HS256", "typ": "JWT", "kid": key.kid})
    signed = f"{header}.{part(payload)}"
    mac = jwt.get_algorithm_by_name("HS256").sign(signed.encode(), key.secret)
    with pytest.raises(InvalidTokenError):
        tokens.verify(f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused(tokens: AccessTokens, key: SigningKey, clock: Clock, algorithm: str) -> None:
    long_key = SigningKey(key.kid, key.created, key.secret)
    with pytest.raises(InvalidTokenError):
        tokens.verify(sign(long_key, claims(clock), algorithm))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "RS256", "ES256", "", None, 5])
def test_an_unsigned_or_foreign_header_is_refused(
    tokens: AccessTokens, key: SigningKey, clock: Clock, algorithm: object
) -> None:
    header = part({"alg": algorithm, "typ": "JWT", "kid": key.kid})
    for signature in ("", "AAAA"):
        with pytest.raises(InvalidTokenError):
            tokens.verify(f"{header}.{part(claims(clock))}.{signature}")


@pytest.mark.parametrize("kid", ["kid-2", "../../etc/passwd", "", None, 5, ["kid-1"], {"kid-1": 1}])
def test_kid_only_looks_up(tokens: AccessTokens, key: SigningKey, clock: Clock, kid: object) -> None:
    header = part({"alg": "HS256", "typ": "JWT", "kid": kid})
    signed = f"{header}.{part(claims(clock))}"
    mac = jwt.get_algorithm_by_name("HS256").sign(signed.encode(), key.secret)
    with pytest.raises(InvalidTokenError):
        tokens.verify(f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


def test_another_key_is_refused(tokens: AccessTokens, key: SigningKey, clock: Clock) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.verify(sign(SigningKey(key.kid, 0.0, b"x" * 32), claims(clock)))


def test_huge_and_deep_tokens_are_refused(tokens: AccessTokens) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 3000).decode()
    for token in ("a" * 5_000_000, "a.b.c" * 1000, f"{deep}.{deep}.AAAA", f"{deep}.e30.AAAA"):
        with pytest.raises(InvalidTokenError):
            tokens.verify(token)


@given(text=st.text(st.characters(), max_size=300))  # lone surrogates too: JSON can write them
def test_any_text_is_refused_the_same_way(text: str) -> None:
    tokens = AccessTokens(SERIAL, [SigningKey("kid-1", 0.0, b"k" * 32)], Clock())
    with pytest.raises(InvalidTokenError):
        tokens.verify(text)
    with pytest.raises(InvalidTokenError):
        RefreshTokens(b"p" * 32, [RefreshFamily("grant", "0" * 64, 0.0)], Clock()).rotate(text)


def test_expiry_has_a_leeway_and_no_more(tokens: AccessTokens, clock: Clock) -> None:
    token = tokens.issue("grant", 3600)
    clock.now += 3600 + TOKEN_LEEWAY - 1
    tokens.verify(token)
    clock.now += 1
    with pytest.raises(ExpiredTokenError):
        tokens.verify(token)
    # A clock that was set right again makes it good again, and one far back refuses what comes from its future.
    clock.now -= 120
    tokens.verify(token)
    clock.now -= DAY
    with pytest.raises(InvalidTokenError):
        tokens.verify(token)


def test_keys_overlap_and_are_two_at_most(tokens: AccessTokens) -> None:
    first = tokens.issue("grant", DAY)
    tokens.rotate()
    second = tokens.issue("grant", DAY)
    assert tokens.verify(first) == tokens.verify(second)
    tokens.rotate()
    assert len(tokens.keys) == 2
    tokens.verify(second)
    with pytest.raises(InvalidTokenError):
        tokens.verify(first)


class TestRefresh:
    @pytest.fixture
    def refresh(self, clock: Clock) -> RefreshTokens:
        return RefreshTokens(b"p" * 32, [], clock)

    def test_each_is_good_once(self, refresh: RefreshTokens) -> None:
        first = refresh.issue("grant")
        second = refresh.rotate(first)
        third = refresh.rotate(second)
        assert len({first, second, third}) == 3
        assert refresh.grant_of(third) == "grant"

    def test_a_lost_answer_can_be_asked_for_again(self, refresh: RefreshTokens, clock: Clock) -> None:
        first = refresh.issue("grant")
        second = refresh.rotate(first)
        clock.now += REFRESH_GRACE
        assert refresh.rotate(first) == second
        clock.now += 1
        with pytest.raises(ReusedTokenError):
            refresh.rotate(first)

    def test_the_grace_is_for_the_last_one_only(self, refresh: RefreshTokens) -> None:
        first = refresh.issue("grant")
        refresh.rotate(refresh.rotate(first))
        with pytest.raises(ReusedTokenError):
            refresh.rotate(first)

    def test_a_clock_set_back_gives_no_longer_grace(self, refresh: RefreshTokens, clock: Clock) -> None:
        first = refresh.issue("grant")
        second = refresh.rotate(first)
        clock.now -= REFRESH_GRACE
        assert refresh.rotate(first) == second
        clock.now -= DAY
        with pytest.raises(ReusedTokenError):
            refresh.rotate(first)

    def test_unknown_and_forgotten_tokens_are_invalid(self, refresh: RefreshTokens) -> None:
        token = refresh.issue("grant")
        for unknown in ("", "x", token + "x", token[:-1]):
            with pytest.raises(InvalidTokenError):
                refresh.rotate(unknown)
        refresh.forget("grant")
        with pytest.raises(InvalidTokenError):
            refresh.rotate(token)

    def test_a_restart_in_between_changes_nothing(self, refresh: RefreshTokens, clock: Clock) -> None:
        first = refresh.issue("grant")
        second = refresh.rotate(first)
        again = RefreshTokens(refresh.pepper, refresh.families, clock)
        assert again.rotate(first) == second
        assert again.rotate(second) == refresh.rotate(second)

    def test_only_digests_are_kept_and_boundedly(self, refresh: RefreshTokens) -> None:
        issued = [refresh.issue("grant")]
        for _ in range(SPENT_REFRESH_TOKENS_MAX + 5):
            issued.append(refresh.rotate(issued[-1]))
        [family] = refresh.families
        assert isinstance(family, RefreshFamily)
        assert len(family.spent) == SPENT_REFRESH_TOKENS_MAX
        assert not [token for token in issued if token in repr(family)]
        with pytest.raises(InvalidTokenError):  # so old that nobody remembers it
            refresh.rotate(issued[0])
        with pytest.raises(ReusedTokenError):
            refresh.rotate(issued[-3])

    def test_restoring_takes_a_rotation_back(self, refresh: RefreshTokens) -> None:
        first = refresh.issue("grant")
        before = refresh.family("grant")
        second = refresh.rotate(first)
        refresh.restore(before)
        with pytest.raises(InvalidTokenError):
            refresh.grant_of(second)
        assert refresh.rotate(first) == second
