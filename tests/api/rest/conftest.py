"""Nothing these tests send may leave a trace of a fault in Home Assistant's log."""

import pytest


@pytest.fixture(autouse=True)
def _quiet(quiet_log: None) -> None:
    """Check the log after each test."""
