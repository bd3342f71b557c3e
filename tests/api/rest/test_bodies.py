"""What the home accepts in a body is what it publishes: no limit is enforced that is not described, nor the reverse."""

from typing import Any

from jsonschema import Draft202012Validator
import pytest

from custom_components.interphone.api import OPENAPI

from ...conftest import Home, Tokens
from ...description import FORMATS, JSON

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REFRESH = {"grant_type": "refresh_token"}

ACCEPTED: list[tuple[str, Any]] = [
    ("/code", {}),
    ("/code", {"client_name": "x" * 64, "account_hint": None, "challenge": CHALLENGE}),
    ("/codecheck", {}),
    ("/codecheck", {"other": 1}),
    ("/codecheck", {"pairing_id": "x" * 64, "verifier": "x" * 128}),
    ("/token", {**REFRESH, "refresh_token": "x" * 4096}),
    ("/token", {**REFRESH, "refresh_token": "x", "scope": "other"}),
    ("/revoke", {"token": "x" * 4096}),
    ("/commands", [{"id": "1", "device": "0" * 20, "command": "on_off.toggle"}]),
    ("/events/{event_id}/answer", {}),
    ("/events/{event_id}/answer", {"action": "x" * 256}),
]
REFUSED: list[tuple[str, Any]] = [
    ("/code", {"client_name": "x" * 65}),
    ("/code", {"account_hint": 5}),
    ("/code", {"challenge": CHALLENGE[:-1]}),
    ("/code", {"challenge": None}),
    ("/code", {"code": "x"}),
    ("/codecheck", {"pairing_id": "x"}),
    ("/codecheck", {"verifier": "x"}),
    ("/codecheck", {"pairing_id": "", "verifier": "x"}),
    ("/codecheck", {"pairing_id": "x", "verifier": ""}),
    ("/codecheck", {"pairing_id": "x" * 65, "verifier": "x"}),
    ("/codecheck", {"pairing_id": "x", "verifier": "x" * 129}),
    ("/codecheck", []),
    ("/token", {"refresh_token": "x"}),
    ("/token", {"grant_type": "password", "refresh_token": "x"}),
    ("/token", {**REFRESH, "refresh_token": ""}),
    ("/token", {**REFRESH, "refresh_token": "x" * 4097}),
    ("/revoke", {}),
    ("/revoke", {"token": 5}),
    ("/revoke", {"token": "x" * 4097}),
    ("/commands", []),
    ("/commands", [{"id": "1", "device": "0" * 20, "command": "on_off.toggle"}] * 65),
    ("/events/{event_id}/answer", {"action": ""}),
    ("/events/{event_id}/answer", {"action": "x" * 257}),
    ("/events/{event_id}/answer", {"answer": "x"}),
]


@pytest.fixture
async def tokens(home: Home) -> Tokens:
    return await home.pair_from_display()


def published(path: str) -> Draft202012Validator:
    described = OPENAPI.describe()
    schema = described["paths"][path]["post"]["requestBody"]["content"][JSON]["schema"]
    return Draft202012Validator({**schema, "components": described["components"]}, format_checker=FORMATS)


async def post(home: Home, tokens: Tokens, path: str, body: Any) -> str | None:
    """Post a body and return the error."""
    headers = tokens.headers | {"code": "00000000"}
    _, response = await home.request("POST", path.format(event_id="some"), headers=headers, json=body)
    return response.get("error")


async def test_what_is_published_is_accepted(home: Home, tokens: Tokens) -> None:
    for path, body in ACCEPTED:
        assert published(path).is_valid(body), (path, body)
        assert await post(home, tokens, path, body) != "invalid_request", (path, body)


async def test_what_is_refused_is_published(home: Home, tokens: Tokens) -> None:
    for path, body in REFUSED:
        assert not published(path).is_valid(body), (path, body)
        assert await post(home, tokens, path, body) == "invalid_request", (path, body)


def test_every_body_is_held() -> None:
    bodies = {path for path, methods in OPENAPI.describe()["paths"].items() if "requestBody" in methods.get("post", {})}
    assert bodies == {path for path, _ in ACCEPTED} == {path for path, _ in REFUSED}
