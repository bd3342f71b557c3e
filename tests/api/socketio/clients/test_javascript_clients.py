from collections import Counter
from typing import Any

import pytest

from .application import Application
from .javascript import BEHAVIOURS, WAYS, run_script

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("generation", ["1", "2", "3", "4"])
async def test_every_behaviour_over_every_transport(generation: str, make_server: Any) -> None:
    sio, url = await make_server(ping_interval=0.5, ping_timeout=10, linger_timeout=2)
    Application(sio)
    reports = await run_script("behaviours_in_node.js", generation, url)
    assert [report for report in reports if not report["ok"]] == []
    assert Counter(report["transport"] for report in reports) == dict.fromkeys(WAYS, BEHAVIOURS)
