"""The token bucket: a burst at once, then a steady rate."""

import pytest

from custom_components.interphone.rate import TokenBucket


def test_a_burst_then_a_steady_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3, now=100)
    assert [bucket.take(100) for _ in range(4)] == [0, 0, 0, 0.5]
    assert bucket.take(100.25) == pytest.approx(0.25)
    # What was refused took nothing.
    assert bucket.take(100.5) == 0
    assert bucket.take(100.5) == pytest.approx(0.5)


def test_it_never_holds_more_than_the_burst() -> None:
    bucket = TokenBucket(rate=2, burst=2, now=0)
    assert bucket.is_full(0)
    assert bucket.take(0) == 0
    assert not bucket.is_full(0.25)
    assert bucket.is_full(0.5)
    assert [bucket.take(1000) for _ in range(3)] == [0, 0, 0.5]
