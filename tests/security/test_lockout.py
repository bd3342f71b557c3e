"""Attacks that would lock a resident out, through the doors that outsiders have."""

import base64
import hashlib
from typing import Any

import pytest

from tests.conftest import Home

VERIFIER = "a-verifier-of-the-website-that-nobody-else-knows"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ATTACKERS = ("198.51.100.1", "198.51.100.2", "198.51.100.3")
RESIDENT = {"X-Forwarded-For": "192.0.2.1"}


@pytest.fixture
def http_config() -> dict[str, Any]:
    """The home is behind a proxy, so that requests come from many addresses."""
    return {"use_x_forwarded_for": True, "trusted_proxies": ["127.0.0.1"]}


async def send_junk(home: Home, code: str = "123456789", json: dict[str, str] | None = None) -> int:
    """Send sixty checks from three addresses; return how many the home took before it limited them."""
    taken = 0
    for number in range(60):
        headers = {"X-Forwarded-For": ATTACKERS[number % 3], "code": code}
        status, _ = await home.request("POST", "/codecheck", headers=headers, json=json or {})
        taken += status == 401
    return taken


async def request_bound(home: Home, headers: dict[str, str] = RESIDENT) -> tuple[dict[str, str], str]:
    """Request a bound code; return its proof and the code."""
    status, asked = await home.request("POST", "/code", json={"challenge": CHALLENGE}, headers=headers)
    assert status == 200, asked
    return {"pairing_id": asked["pairing_id"], "verifier": VERIFIER}, await home.display.next_code()


async def test_junk_before_a_pairing_keeps_nobody_out(home: Home) -> None:
    assert await send_junk(home) == 30  # ten a minute for each address, and no more
    proof, code = await request_bound(home)
    status, _ = await home.request("POST", "/codecheck", headers={**RESIDENT, "code": code}, json=proof)
    assert status == 201


async def test_junk_during_a_pairing_keeps_nobody_out(home: Home) -> None:
    proof, code = await request_bound(home)
    await send_junk(home, json={"pairing_id": "none", "verifier": "none"})
    await send_junk(home, json={**proof, "verifier": "wrong"})
    status, _ = await home.request("POST", "/codecheck", headers={**RESIDENT, "code": code}, json=proof)
    assert status == 201


async def test_junk_from_the_residents_own_address_keeps_nobody_out(home: Home) -> None:
    """As behind a tunnel, where all clients have one address."""
    for _ in range(20):
        await home.request("POST", "/codecheck", headers={**RESIDENT, "code": "1"})
    proof, code = await request_bound(home)
    status, _ = await home.request("POST", "/codecheck", headers={**RESIDENT, "code": code}, json=proof)
    assert status == 201


async def test_junk_keeps_no_plain_website_out_either(home: Home) -> None:
    await send_junk(home)
    await home.request("GET", "/code", headers=RESIDENT)
    code = await home.display.next_code()
    await send_junk(home, "1")
    shown = f"{code[:3]} {code[3:6]} {code[6:]}"
    status, _ = await home.request("POST", "/codecheck", headers={**RESIDENT, "code": shown})
    assert status == 201


async def test_the_wait_that_is_said_is_the_wait(home: Home) -> None:
    while (status := (await home.request("POST", "/codecheck", headers={"code": "1"}))[0]) == 401:
        pass
    assert status == 429
    body = await home.refused(429, "rate_limited", "POST", "/codecheck", headers={"code": "1"})
    assert 50 <= body["retry_after"] <= 60
    for _ in range(3):
        await home.request("GET", "/code")
        await home.command("pairing/reject", pairing_id=(await home.display.next())["id"])
        while (await home.display.next())["state"] != "rejected":
            pass
    body = await home.refused(429, "rate_limited", "GET", "/code")
    assert 590 <= body["retry_after"] <= 600
    assert body["message"].endswith("Try again in 10 min")


async def test_whatever_unproven_requests_ask_the_window_takes_the_residents_request(home: Home) -> None:
    """Unproven requests hold every place and have spent the budget of all who prove nothing."""
    for number in range(20):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        verifier = base64.urlsafe_b64encode(hashlib.sha256(str(number).encode()).digest()).rstrip(b"=").decode()
        await home.request("POST", "/code", json={"challenge": verifier}, headers=headers)
    await home.refused(429, "rate_limited", "POST", "/code", json={"challenge": CHALLENGE}, headers=RESIDENT)
    listed = (await home.command("pairing/list"))["result"]
    assert (len(listed["pairings"]), listed["turned_away"], listed["window_left"]) == (3, 18, 0)

    begun = (await home.command("pairing/begin"))["result"]
    assert 118 <= begun["window_left"] <= 120
    status, asked = await home.request("POST", "/code", json={"challenge": CHALLENGE}, headers=RESIDENT)
    assert (status, asked["state"]) == (200, "waiting")
    listed = (await home.command("pairing/list"))["result"]["pairings"]
    assert [pairing["state"] for pairing in listed] == ["shown", "waiting", "waiting", "waiting"]
    shown = (await home.command("pairing/reveal", pairing_id=asked["pairing_id"]))["result"]["pairing"]
    listed = (await home.command("pairing/list"))["result"]["pairings"]
    assert [pairing["state"] for pairing in listed] == ["waiting", "waiting", "waiting", "shown"]
    proof = {"pairing_id": asked["pairing_id"], "verifier": VERIFIER}
    status, _ = await home.request("POST", "/codecheck", headers={**RESIDENT, "code": shown["code"]}, json=proof)
    assert status == 201
    assert (await home.command("pairing/list"))["result"]["window_left"] == 0
