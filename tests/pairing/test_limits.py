from hypothesis import given, strategies as st
import pytest

from custom_components.interphone.errors import RateLimitedError
from custom_components.interphone.pairing.limits import TRACKED_SOURCES_MAX, Budget, Rate, SourceBudgets, spend_all

RATES = (Rate(3, 10.0), Rate(5, 100.0))


@given(st.lists(st.floats(0, 60), max_size=200))
def test_no_window_ever_holds_more_than_its_rate(pauses: list[float]) -> None:
    budget, now, spent = Budget(RATES), 0.0, []
    for pause in pauses:
        now += pause
        if budget.wait(now) == 0:
            budget.spend(now)
            spent.append(now)
        for rate in RATES:
            assert sum(now - rate.window < at for at in spent) <= rate.count


@given(st.lists(st.floats(0, 60), max_size=50))
def test_who_waits_as_told_is_let_through(pauses: list[float]) -> None:
    budget, now = Budget(RATES), 0.0
    for pause in pauses:
        now += pause
        now += budget.wait(now)
        assert budget.wait(now) <= 1e-9
        budget.spend(now)


def test_a_clock_that_stands_still_lets_nobody_spend_more() -> None:
    budget = Budget(RATES)
    for _ in range(3):
        spend_all((budget,), 5.0)
    for _ in range(100):
        with pytest.raises(RateLimitedError):
            spend_all((budget,), 5.0)


def test_all_or_nothing_is_spent() -> None:
    full, free = Budget((Rate(1, 10.0),)), Budget((Rate(1, 10.0),))
    full.spend(0.0)
    with pytest.raises(RateLimitedError):
        spend_all((free, full), 0.0)
    spend_all((free,), 0.0)


def test_the_wait_is_as_long_as_it_is() -> None:
    budget = Budget((Rate(1, 86400.0),))
    budget.spend(0.0)
    with pytest.raises(RateLimitedError) as refused:
        spend_all((budget,), 1.0)
    assert refused.value.retry_after == 86399.0


def test_sources_seen_longest_ago_are_forgotten_first() -> None:
    budgets = SourceBudgets((Rate(1, 10.0),))
    for number in range(TRACKED_SOURCES_MAX):
        budgets.of(str(number)).spend(0.0)
    assert budgets.of("0").wait(0.0) > 0  # and is now the one seen last
    budgets.of("one more")
    assert budgets.of("0").wait(0.0) > 0
    assert budgets.of("2").wait(0.0) > 0
    assert budgets.of("1").wait(0.0) == 0
