"""A body that may be left out may be left out by every client: also by one that always says `application/json`."""

from typing import Any

import pytest

from ...conftest import Home, Tokens

JSON = {"Content-Type": "application/json"}
# Where docs/protocol.md speaks of a body "or none", and where the contract of 2021 has none.
OPTIONAL = {"/code", "/codecheck", "/events/{event_id}/answer"}


async def test_which_bodies_may_be_left_out(home: Home) -> None:
    _status, described = await home.request("GET", "/openapi.json")
    bodies = {
        path.removeprefix("/api/interphone"): operation["requestBody"]
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method == "post" and "requestBody" in operation
    }
    assert {path for path, body in bodies.items() if not body.get("required", False)} == OPTIONAL


@pytest.mark.parametrize("headers", [{}, JSON], ids=["no type", "json"])
@pytest.mark.parametrize("body", [{}, {"data": b""}], ids=["none", "empty"])
async def test_a_website_that_sends_none(home: Home, tokens: Tokens, headers: Any, body: Any) -> None:
    assert await home.request("POST", "/code", headers=headers, **body) == (200, {"success": True})
    code = await home.display.next_code()
    status, _ = await home.request("POST", "/codecheck", headers={"code": code, **headers}, **body)
    assert status == 201
    _status, before = await home.request("GET", "/devices", headers=tokens.headers)
    await home.hass.services.async_call("interphone", "ring", {"name": "Gate"}, blocking=True)
    since = {"since": f"{before['epoch']}:{before['seq']}", "wait": "5"}
    _status, after = await home.request("GET", "/events", params=since, headers=tokens.headers)
    [event_id] = [change["payload"]["event_id"] for change in after["changes"]]
    path = f"/events/{event_id}/answer"
    assert await home.request("POST", path, headers=tokens.headers | headers, **body) == (200, {"success": True})
