"""`GET /pairing/{id}`: how a bound pairing stands, for whoever holds its verifier."""

import asyncio
from typing import Any

from ...conftest import ORIGIN, Home, Tokens
from .test_bound_pairing import CHALLENGE, VERIFIER

HOLDER = {"X-Pairing-Verifier": VERIFIER}


async def ask(home: Home, **headers: str) -> str:
    status, asked = await home.request("POST", "/code", json={"challenge": CHALLENGE}, headers=headers)
    assert status == 200, asked
    return str(asked["pairing_id"])


async def look(home: Home, pairing_id: str, wait: int = 0) -> dict[str, Any]:
    status, body = await home.request("GET", f"/pairing/{pairing_id}?wait={wait}", headers=HOLDER)
    assert status == 200, body
    return dict(body)


async def test_how_it_stands(home: Home) -> None:
    pairing_id = await ask(home)
    code = await home.display.next_code()
    body = await look(home, pairing_id)
    assert 298 <= body.pop("expires_in") <= 300
    assert body == {"success": True, "state": "shown", "shown": None, "attempts_left": 5}
    proof = {"pairing_id": pairing_id, "verifier": VERIFIER}
    assert (await home.request("POST", "/codecheck", headers={"code": code}, json=proof))[0] == 201
    assert (await look(home, pairing_id))["state"] == "paired"


async def test_displays_do_not_notice(home: Home) -> None:
    pairing_id = await ask(home)
    await home.display.next_code()
    before = await home.condition()
    for _ in range(40):
        await look(home, pairing_id)
    assert await home.condition() == before


async def test_a_wrong_verifier_and_an_unknown_pairing(home: Home) -> None:
    pairing_id = await ask(home)
    await home.refused(401, "proof_required", "GET", f"/pairing/{pairing_id}", headers={"X-Pairing-Verifier": "x"})
    await home.refused(400, "invalid_request", "GET", f"/pairing/{pairing_id}")
    for _ in range(9):
        await home.refused(404, "unknown_pairing", "GET", "/pairing/none", headers=HOLDER)
    await home.refused(429, "rate_limited", "GET", "/pairing/none", headers=HOLDER)
    assert (await look(home, pairing_id))["state"] == "shown"  # at no cost


async def test_a_poll_is_answered_at_the_change_and_one_waits(home: Home) -> None:
    await home.command("pairing/begin")
    pairing_id = await ask(home)
    polls = {asyncio.create_task(look(home, pairing_id, 25)) for _ in range(2)}
    answered, waiting = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
    assert [poll.result()["state"] for poll in answered] == ["waiting"]
    await home.command("pairing/reveal", pairing_id=pairing_id)
    [body] = await asyncio.gather(*waiting)
    assert (body["state"], body["shown"]) == ("shown", True)
    await home.command("pairing/reject", pairing_id=pairing_id)
    assert (await look(home, pairing_id, 25))["state"] == "rejected"


async def test_a_refusal_is_not_noticed(home: Home) -> None:
    pairing_id = await ask(home)
    await home.command("pairing/reject", pairing_id=pairing_id)
    assert (await look(home, pairing_id))["state"] == "shown"


async def test_a_token_of_a_live_grant_of_the_origin_is_a_proof(home: Home, tokens: Tokens) -> None:
    own = await home.pair(Origin=ORIGIN)
    pairing_id = await ask(home, Origin=ORIGIN, **own.headers)
    await home.command("pairing/reject", pairing_id=pairing_id)
    assert (await look(home, pairing_id))["state"] == "rejected"
    # Of another origin it proves nothing.
    [pairing] = await listed(home, Origin=ORIGIN, **tokens.headers)
    assert pairing["proven"] is False


async def listed(home: Home, **headers: str) -> list[dict[str, Any]]:
    await home.request("GET", "/code", headers=headers)
    pairings: list[dict[str, Any]] = (await home.command("pairing/list"))["result"]["pairings"]
    return pairings


async def test_the_preflight_allows_the_verifier(home: Home) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    async with home.client.options("/api/interphone/pairing/x", headers=headers) as response:
        assert "x-pairing-verifier" in response.headers["Access-Control-Allow-Headers"]
