"""Who is let in with which token, on every path that asks for one."""

import base64
import json
import logging
import secrets
import time
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
import jwt
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.access.tokens import TOKEN_LEEWAY
from custom_components.interphone.api import VIEWS
from custom_components.interphone.api.view import GrantView

from ...conftest import Home, Tokens
from ...description import REQUESTS

# Each method of each path that takes an access token.
WITH_TOKEN: Final = [
    (method, path)
    for (method, path), view in zip(REQUESTS, (view for view in VIEWS for _ in view.endpoints), strict=True)
    if isinstance(view, GrantView)
]


async def refused_everywhere(home: Home, status: int, error: str, authorization: str | None) -> None:
    """Check that every path refuses, before it looks at anything else."""
    headers = {} if authorization is None else {"Authorization": authorization}
    before = await home.condition()
    for method, path in WITH_TOKEN:
        await home.refused(status, error, method, path, headers=headers)
    assert await home.condition() == before


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token abc", "Bearerabc", "code 12345678"]
)
async def test_no_token(home: Home, authorization: str | None) -> None:
    await refused_everywhere(home, 401, "missing_token", authorization)


def forge(token: str, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return the token with other claims and its old signature."""
    head, payload, signature = token.split(".")
    head = encode(decode(head) | header) if header else head
    return ".".join((head, encode(decode(payload) | claims), signature))


def decode(part: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_forged_tokens(home: Home, tokens: Tokens) -> None:
    claims = jwt.decode(tokens.token, options={"verify_signature": False})
    header = jwt.get_unverified_header(tokens.token)
    forged = [
        "x",
        "a.b.c",
        "..",
        "é",
        "x" * 10_000,
        tokens.refresh_token,
        tokens.token[:-2],
        tokens.token + "x",
        forge(tokens.token, sub="another"),
        forge(tokens.token, exp=claims["exp"] + 10**9),
        forge(tokens.token, header={"alg": "none"}),
        forge(tokens.token, header={"alg": "none"}).rpartition(".")[0] + ".",
        forge(tokens.token, header={"alg": "RS256"}),
        forge(tokens.token, header={"kid": "../../etc/passwd"}),
        forge(tokens.token, header={"kid": ["x"]}),
        jwt.encode(claims, secrets.token_bytes(32), "HS256", headers=header),
        jwt.encode(claims, secrets.token_bytes(32), "HS256", headers={"kid": ""}),
    ]
    for token in forged:
        await refused_everywhere(home, 401, "invalid_token", f"Bearer {token}")
    status, _ = await home.request("GET", "/grant", headers=tokens.headers)
    assert status == 200


async def test_the_home_assistant_token_of_a_resident_is_none_of_a_website(home: Home, hass_access_token: str) -> None:
    await refused_everywhere(home, 401, "invalid_token", f"Bearer {hass_access_token}")


async def test_a_token_of_another_home(home: Home, tokens: Tokens) -> None:
    await home.hass.config_entries.async_remove(home.entry.entry_id)
    # The same installation set up anew is another home.
    again = type(home.entry)(domain="interphone", title="Another", options=dict(home.entry.options))
    again.add_to_hass(home.hass)
    assert await home.hass.config_entries.async_setup(again.entry_id)
    await refused_everywhere(home, 401, "invalid_token", f"Bearer {tokens.token}")
    await home.refused(
        401,
        "invalid_token",
        "POST",
        "/token",
        json={"grant_type": "refresh_token", "refresh_token": tokens.refresh_token},
    )
    begun = await home.command("pairing/begin")
    _, body = await home.request("POST", "/codecheck", headers={"code": begun["result"]["pairing"]["code"]})
    assert body["serial"] != tokens.serial


async def test_paused_resumed_revoked(home: Home, tokens: Tokens) -> None:
    authorization = f"Bearer {tokens.token}"
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    await home.command("grants/pause", grant_id=tokens.grant_id)
    await refused_everywhere(home, 403, "grant_paused", authorization)
    await home.refused(403, "grant_paused", "POST", "/token", json=refresh)
    await home.command("grants/resume", grant_id=tokens.grant_id)
    status, _ = await home.request("GET", "/grant", headers=tokens.headers)
    assert status == 200
    await home.command("grants/revoke", grant_id=tokens.grant_id)
    await refused_everywhere(home, 401, "grant_revoked", authorization)
    await home.refused(401, "invalid_token", "POST", "/token", json=refresh)


async def test_after_revoke_all_every_token_is_invalid(home: Home, tokens: Tokens) -> None:
    await home.command("grants/revoke_all")
    await refused_everywhere(home, 401, "invalid_token", f"Bearer {tokens.token}")


async def test_what_a_grant_is(home: Home, tokens: Tokens) -> None:
    status, body = await home.request("GET", "/grant", headers={"Authorization": f"bEaReR  {tokens.token}"})
    assert status == 200
    assert body["serial"] == tokens.serial
    assert body["grant"]["id"] == tokens.grant_id
    assert body["grant"]["scope"] == {
        "see": {"all": True},
        "may": "control",
        "devices": None,
        "control": True,
        "doors_and_alarms": False,
    }
    assert tokens.token not in json.dumps(body)


async def test_refreshing(home: Home, tokens: Tokens) -> None:
    spend = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    status, fresh = await home.request("POST", "/token", json=spend)
    assert status == 200
    assert fresh["expires_in"] == 30 * 3600
    assert fresh["refresh_token"] != tokens.refresh_token
    _, same = await home.request("POST", "/token", json=spend)
    assert same["refresh_token"] == fresh["refresh_token"]
    status, _ = await home.request("GET", "/grant", headers={"Authorization": f"Bearer {fresh['token']}"})
    assert status == 200


async def test_a_refresh_token_spent_twice_ends_the_grant(home: Home, tokens: Tokens) -> None:
    def spend(token: str) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": token}

    _, second = await home.request("POST", "/token", json=spend(tokens.refresh_token))
    await home.request("POST", "/token", json=spend(second["refresh_token"]))
    await home.refused(401, "token_reused", "POST", "/token", json=spend(tokens.refresh_token))
    await home.refused(401, "grant_revoked", "GET", "/grant", headers=tokens.headers)
    assert not await home.grants()


@pytest.mark.parametrize("kind", ["token", "refresh_token"])
async def test_leaving(home: Home, tokens: Tokens, kind: str) -> None:
    status, body = await home.request("POST", "/revoke", json={"token": getattr(tokens, kind)})
    assert (status, body) == (200, {"success": True})
    await refused_everywhere(home, 401, "grant_revoked", f"Bearer {tokens.token}")
    assert not await home.grants()


async def test_leaving_with_a_token_that_is_good_for_nothing(home: Home, tokens: Tokens) -> None:
    for token in ("x", "a.b.c", forge(tokens.token, sub="another"), "é"):
        assert await home.request("POST", "/revoke", json={"token": token}) == (200, {"success": True})
    assert len(await home.grants()) == 1


async def test_an_expired_token(
    freezer: FrozenDateTimeFactory,
    home: Home,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "aiohttp.access")  # stumbles over frozen time zones
    tokens = await home.pair_from_display()
    freezer.tick(30 * 3600 - 1)
    home.client = await hass_client_no_auth()
    status, _ = await home.request("GET", "/grant", headers=tokens.headers)
    assert status == 200
    freezer.tick(1 + TOKEN_LEEWAY)
    home.client = await hass_client_no_auth()
    for method, path in WITH_TOKEN:
        await home.refused(401, "expired_token", method, path, headers=tokens.headers)
    # It is forged all the same when it says otherwise.
    later = {"Authorization": f"Bearer {forge(tokens.token, exp=int(time.time()) + 3600)}"}
    await home.refused(401, "invalid_token", "GET", "/grant", headers=later)
    spend = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    status, fresh = await home.request("POST", "/token", json=spend)
    assert status == 200
    status, _ = await home.request("GET", "/grant", headers={"Authorization": f"Bearer {fresh['token']}"})
    assert status == 200
