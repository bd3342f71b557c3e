"""Limits that docs/protocol.md states, at the door: what is within one is taken, and one more is refused.

`test_documented_limits.py` compares all of them with the constants; here are those that a request shows at once.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import voluptuous as vol

from .conftest import Home, Tokens
from .documented import limit, span

type Try = Callable[[Home, Tokens, int], Awaitable[str | None]]

JSON = {"Content-Type": "application/json"}
START = datetime(2026, 1, 1, tzinfo=UTC)


async def error_of(home: Home, tokens: Tokens, method: str, path: str, **kwargs: Any) -> str | None:
    """Return the error code of a request, None where it succeeded."""
    headers = tokens.headers | kwargs.pop("headers", {})
    _status, body = await home.request(method, path, headers=headers, **kwargs)
    return body.get("error")


async def client_name(home: Home, tokens: Tokens, size: int) -> str | None:
    return await error_of(home, tokens, "POST", "/code", json={"client_name": "x" * size})


async def account_hint(home: Home, tokens: Tokens, size: int) -> str | None:
    return await error_of(home, tokens, "POST", "/code", json={"account_hint": "x" * size})


async def verifier(home: Home, tokens: Tokens, size: int) -> str | None:
    proof = {"pairing_id": "none", "verifier": "x" * size}
    return await error_of(home, tokens, "POST", "/codecheck", json=proof, headers={"code": "12345678"})


async def token(home: Home, tokens: Tokens, size: int) -> str | None:
    return await error_of(home, tokens, "POST", "/revoke", json={"token": "x" * size})


async def body(home: Home, tokens: Tokens, size: int) -> str | None:
    data = b'{"token": "x"}'.ljust(size)
    return await error_of(home, tokens, "POST", "/revoke", data=data, headers=JSON)


async def wait(home: Home, tokens: Tokens, seconds: int) -> str | None:
    return await error_of(home, tokens, "GET", f"/events?since=of-another-feed:0&wait={seconds}")


async def history(home: Home, tokens: Tokens, **query: str) -> str | None:
    light = await home.device(tokens)
    return await error_of(home, tokens, "GET", f"/devices/{light['id']}/history", params=query)


async def history_span(home: Home, tokens: Tokens, seconds: int) -> str | None:
    end = START + timedelta(seconds=seconds)
    return await history(home, tokens, start=START.isoformat(), end=end.isoformat())


async def history_points(home: Home, tokens: Tokens, count: int) -> str | None:
    return await history(home, tokens, limit=str(count))


async def action(home: Home, tokens: Tokens, size: int) -> str | None:
    return await error_of(home, tokens, "POST", "/events/unknown/answer", json={"action": "x" * size})


def commands(first: int, count: int) -> list[dict[str, Any]]:
    return [{"id": str(number), "device": "none", "command": "none"} for number in range(first, first + count)]


async def batch(home: Home, tokens: Tokens, count: int) -> str | None:
    return await error_of(home, tokens, "POST", "/commands", json=commands(0, count))


@pytest.mark.parametrize(
    ("name", "attempt", "within", "beyond"),
    [
        ("`client_name`, `account_hint`", client_name, None, "invalid_request"),
        ("`client_name`, `account_hint`", account_hint, None, "invalid_request"),
        ("length of a token", token, None, "invalid_request"),
        ("body", body, None, "body_too_large"),
        ("`wait`", wait, None, "invalid_request"),
        # The home of these tests has no recorder, and knows no such ring.
        ("span of a history request", history_span, "history_unavailable", "invalid_request"),
        ("points of a history response", history_points, "history_unavailable", "invalid_request"),
        ("`action`, name and message of a ring", action, "unknown_event", "invalid_request"),
        ("commands of a batch", batch, None, "invalid_request"),
    ],
)
async def test_a_limit(
    home: Home, tokens: Tokens, name: str, attempt: Try, within: str | None, beyond: str | None
) -> None:
    most = int(limit(name))
    assert await attempt(home, tokens, most) == within
    assert await attempt(home, tokens, most + 1) == beyond


async def test_the_length_of_a_verifier(home: Home, tokens: Tokens) -> None:
    _least, most = span("verifier (RFC 7636)")
    assert await verifier(home, tokens, int(most)) == "expired_code"
    assert await verifier(home, tokens, int(most) + 1) == "invalid_request"


async def test_commands_of_a_grant_at_once(home: Home, tokens: Tokens) -> None:
    most, at_once = int(limit("commands of a grant at once")), int(limit("commands of a batch"))
    errors = []
    for first in range(0, most, at_once):
        batch = commands(first, min(at_once, most - first))
        _status, body = await home.request("POST", "/commands", json=batch, headers=tokens.headers)
        errors += [result["error"] for result in body["results"]]
    assert errors == ["unknown_device"] * most
    # While these were sent, some of the rate came back; no more than one batch of it.
    for first in range(most, most + 2 * at_once, at_once):
        _status, body = await home.request("POST", "/commands", json=commands(first, at_once), headers=tokens.headers)
        errors += [result["error"] for result in body["results"]]
    assert errors[-1] == "rate_limited"


@pytest.mark.parametrize("field", ["name", "message"])
async def test_the_texts_of_a_ring(home: Home, field: str) -> None:
    most = int(limit("`action`, name and message of a ring"))
    for size, taken in ((0, False), (1, True), (most, True), (most + 1, False)):
        assert await rings(home, **{field: "x" * size}) is taken, size


async def test_how_long_a_ring_waits(home: Home) -> None:
    least, most = span("`timeout` of `interphone.ring`")
    for seconds, taken in ((least - 1, False), (least, True), (most, True), (most + 1, False)):
        assert await rings(home, timeout=seconds) is taken, seconds


async def rings(home: Home, **data: Any) -> bool:
    """Ring; return whether Home Assistant took the action."""
    try:
        await home.hass.services.async_call("interphone", "ring", {"name": "Gate"} | data, blocking=True)
    except vol.Invalid:
        return False
    return True
