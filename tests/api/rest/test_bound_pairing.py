"""A code that only the website that asked for it can redeem."""

import base64
import hashlib
from typing import Any

import pytest

from ...conftest import Home

VERIFIER = "a-verifier-of-the-website-that-nobody-else-knows"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def ask(home: Home, **kwargs: Any) -> tuple[dict[str, Any], str]:
    """Ask for a bound code; return the answer and the code."""
    kwargs = kwargs or {"headers": {"X-Pairing-Challenge": CHALLENGE}}
    method = "POST" if "json" in kwargs else "GET"
    status, body = await home.request(method, "/code", **kwargs)
    assert status == 200, body
    return body, await home.display.next_code()


@pytest.mark.parametrize(
    "kwargs",
    [
        {"headers": {"X-Pairing-Challenge": CHALLENGE}},
        {"json": {"challenge": CHALLENGE}},
        {"json": {"client_name": "Hotel", "account_hint": None}, "headers": {"X-Pairing-Challenge": CHALLENGE}},
    ],
)
async def test_asked_for_and_redeemed(home: Home, kwargs: dict[str, Any]) -> None:
    asked, code = await ask(home, **kwargs)
    assert asked["success"] is True
    assert len(base64.urlsafe_b64decode(asked["pairing_id"] + "==")) * 8 == 128
    assert 0 < asked["expires_in"] <= 300
    assert asked["code_length"] == len(code)
    proof = {"pairing_id": asked["pairing_id"], "verifier": VERIFIER}
    status, body = await home.request("POST", "/codecheck", headers={"code": code}, json=proof)
    assert status == 201
    assert body["token"]
    await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": code}, json=proof)


@pytest.mark.parametrize(
    "proof",
    [
        None,
        {},
        {"verifier": VERIFIER, "pairing_id": "of another pairing"},
        {"verifier": VERIFIER.upper()},
        {"verifier": CHALLENGE},
    ],
)
async def test_no_code_without_its_proof(home: Home, proof: dict[str, str] | None) -> None:
    asked, code = await ask(home)
    if proof:
        proof = {"pairing_id": asked["pairing_id"], **proof}
    before = await home.condition()
    error = "expired_code" if proof and proof["pairing_id"] != asked["pairing_id"] else "proof_required"
    await home.refused(401, error, "POST", "/codecheck", headers={"code": code}, json=proof or {})
    assert await home.condition() == before


async def test_a_wrong_code_with_the_right_proof(home: Home) -> None:
    asked, code = await ask(home)
    wrong = str((int(code) + 1) % 10**9).zfill(9)
    proof = {"pairing_id": asked["pairing_id"], "verifier": VERIFIER}
    await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": wrong}, json=proof)
    assert (await home.display.next())["attempts_left"] == 4


@pytest.mark.parametrize(
    ("proof", "names"),
    [
        ({"pairing_id": "one"}, "proof"),
        ({"verifier": VERIFIER}, "proof"),
        ({"pairing_id": 1, "verifier": VERIFIER}, "pairing_id"),
        ({"pairing_id": "", "verifier": VERIFIER}, "pairing_id"),
        ({"pairing_id": "one", "verifier": ["x"]}, "verifier"),
        ({"pairing_id": "one", "verifier": "x" * 129}, "verifier"),
        ([], ""),
        ("proof", ""),
        (7, ""),
    ],
)
async def test_a_proof_that_is_none(home: Home, proof: Any, names: str) -> None:
    _asked, code = await ask(home)
    body = await home.refused(400, "invalid_request", "POST", "/codecheck", headers={"code": code}, json=proof)
    assert names in body["message"]
    assert VERIFIER not in body["message"]


async def test_a_plain_code_takes_no_proof(home: Home) -> None:
    await home.request("GET", "/code")
    plain = await home.display.next_code()
    await home.refused(
        401,
        "expired_code",
        "POST",
        "/codecheck",
        headers={"code": plain},
        json={"pairing_id": "one", "verifier": VERIFIER},
    )


async def test_plain_and_bound_live_side_by_side_and_never_meet(home: Home) -> None:
    await home.request("GET", "/code")
    plain = await home.display.next_code()
    status, asked = await home.request("GET", "/code", headers={"X-Pairing-Challenge": CHALLENGE})
    assert (status, asked["state"]) == (200, "waiting")
    proof = {"pairing_id": asked["pairing_id"], "verifier": VERIFIER}
    # Not shown, which its requester does not notice.
    await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": plain}, json=proof)
    status, _ = await home.request("POST", "/codecheck", headers={"code": plain})
    assert status == 201
    await home.command("pairing/reveal", pairing_id=asked["pairing_id"])
    bound = await home.display.next_code()
    status, _ = await home.request("POST", "/codecheck", headers={"code": bound}, json=proof)
    assert status == 201


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        "plain",
        CHALLENGE + "=",
        CHALLENGE[:-1],
        CHALLENGE + "A",
        "é" * 43,
        "*" * 43,
        VERIFIER,
        None,
        7,
        [CHALLENGE],
    ],
)
async def test_a_challenge_that_is_none(home: Home, challenge: Any) -> None:
    before = await home.condition()
    body = await home.refused(400, "invalid_request", "POST", "/code", json={"challenge": challenge})
    assert "challenge" in body["message"]
    if isinstance(challenge, str):
        headers = {"X-Pairing-Challenge": challenge}
        body = await home.refused(400, "invalid_request", "GET", "/code", headers=headers)
        assert "X-Pairing-Challenge" in body["message"]
    assert await home.condition() == before


@pytest.mark.parametrize("field", ["client_name", "account_hint"])
@pytest.mark.parametrize("value", ["x" * 65, "two\nlines", "bell\a", "left\u202eright", "zero\u200bwidth", "\x7f"])
async def test_words_a_panel_does_not_show(home: Home, field: str, value: str) -> None:
    before = await home.condition()
    body = await home.refused(400, "invalid_request", "POST", "/code", json={field: value})
    assert field in body["message"]
    assert value not in body["message"]
    if "\n" not in value:  # Home Assistant itself lets no newline through in an address
        body = await home.refused(400, "invalid_request", "GET", "/code", params={field: value})
        assert field in body["message"]
    assert await home.condition() == before


@pytest.mark.parametrize("body", [{"client_name": 7}, {"client_name": ["Hotel"]}, {"client_name": True}])
async def test_words_that_are_none(home: Home, body: dict[str, Any]) -> None:
    await home.refused(400, "invalid_request", "POST", "/code", json=body)


async def test_an_unknown_field_is_named(home: Home) -> None:
    body = await home.refused(400, "invalid_request", "POST", "/code", json={"clientName": "Hotel"})
    assert "clientName" in body["message"]


async def test_blank_words_are_no_words(home: Home) -> None:
    await home.request("POST", "/code", json={"client_name": "   ", "account_hint": ""})
    pairing = await home.display.next()
    assert pairing["client_name"] is None
    assert pairing["account_hint"] is None
