import asyncio
from collections import Counter

import pytest

from custom_components.interphone.pairing.budgets import CHECKS_PER_SOURCE
from custom_components.interphone.pairing.desk import ATTEMPTS_PER_SOURCE
from tests.conftest import Home

pytestmark = pytest.mark.slow


async def test_a_thousand_checks_at_once_are_compared_within_the_budget(home: Home) -> None:
    """Through the real server: what is counted before it is compared cannot be overtaken."""
    await home.request("GET", "/code")
    code = await home.display.next_code()
    wrong = str((int(code) + 1) % 10**9).zfill(9)

    async def check() -> str:
        status, body = await home.request("POST", "/codecheck", headers={"code": wrong})
        assert status in (401, 429), body
        return str(body["error"])

    answers = Counter(await asyncio.gather(*(check() for _ in range(1000))))

    allowed_a_minute = CHECKS_PER_SOURCE[0][0]
    assert allowed_a_minute > ATTEMPTS_PER_SOURCE
    # Five were compared; the checks that the minute's budget let through beyond them were refused before comparing.
    assert answers == {"wrong_code": ATTEMPTS_PER_SOURCE, "rate_limited": 1000 - ATTEMPTS_PER_SOURCE}
    assert home.entry.runtime_data.desk.gate.failures == ATTEMPTS_PER_SOURCE
    # And the right code, from the same source, comes too late as well.
    assert (await home.request("POST", "/codecheck", headers={"code": code}))[0] == 429
