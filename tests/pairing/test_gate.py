from custom_components.interphone.pairing.gate import (
    FADE_PERIOD,
    FAILURE_GATE,
    FAILURES_WHEN_OPENED,
    OBSERVATION_MAX,
    FailureGate,
)

HOUR = 3600.0


class Heard:
    """What the subscribers of a gate are called with."""

    def __init__(self, gate: FailureGate) -> None:
        self.counts: list[int] = []
        self.states: list[bool] = []
        gate.subscribe(self.counts.append)
        gate.subscribe_state(self.states.append)


def observe_days(gate: FailureGate, days: int, start: float = 0.0) -> float:
    """Observe each hour of so many days; return the time after them."""
    for hour in range(days * 24 + 1):
        gate.observe(start + hour * HOUR)
    return start + days * 24 * HOUR


def test_it_closes_at_twenty() -> None:
    gate = FailureGate()
    for _ in range(FAILURE_GATE):
        assert not gate.closed
        gate.count()
    assert gate.closed
    assert FailureGate(gate.failures).closed


def test_an_opening_leaves_five_to_go() -> None:
    gate = FailureGate(FAILURE_GATE)
    gate.open()
    assert gate.failures == FAILURES_WHEN_OPENED == FAILURE_GATE - 5
    gate.count()
    gate.open()
    assert gate.failures == FAILURES_WHEN_OPENED + 1  # open already: left alone


def test_one_failure_fades_a_day_while_the_home_is_up() -> None:
    gate = FailureGate(FAILURE_GATE)
    observe_days(gate, 1)
    assert (gate.failures, gate.closed) == (FAILURE_GATE - 1, False)
    gate = FailureGate(3)
    observe_days(gate, 30)
    assert gate.failures == 0


def test_what_was_observed_outlives_a_restart() -> None:
    gate = FailureGate(FAILURE_GATE)
    for hour in range(13):
        gate.observe(hour * HOUR)
    gate = FailureGate(gate.failures, gate.observed)
    for hour in range(12):
        gate.observe(1e9 + hour * HOUR)
    assert gate.closed
    gate.observe(1e9 + 12 * HOUR)
    assert not gate.closed


def test_a_clock_that_jumps_opens_nothing() -> None:
    gate = FailureGate(FAILURE_GATE)
    gate.observe(0.0)
    gate.observe(365 * FADE_PERIOD)
    assert gate.observed == OBSERVATION_MAX
    gate.observe(0.0)  # backwards
    assert (gate.failures, gate.observed) == (FAILURE_GATE, OBSERVATION_MAX)


def test_days_without_failures_are_not_saved_up() -> None:
    gate = FailureGate()
    end = observe_days(gate, 30)
    gate.count()
    gate.observe(end + HOUR)
    assert gate.failures == 1


def test_subscribers_hear_of_changes_once() -> None:
    gate = FailureGate(FAILURE_GATE - 2)
    heard = Heard(gate)
    gate.count()
    gate.take_back()
    gate.publish()
    assert (heard.counts, heard.states) == ([], [])
    for _ in range(2):
        gate.count()
        gate.publish()
    gate.open()
    gate.open()
    gate.publish()
    assert (heard.counts, heard.states) == ([19, 20, 15], [True, False])


def test_a_fading_that_opens_it_is_heard() -> None:
    gate = FailureGate(FAILURE_GATE)
    heard = Heard(gate)
    observe_days(gate, 2)
    assert (heard.counts, heard.states) == ([19, 18], [False])


def test_no_more_is_taken_back_than_there_is() -> None:
    gate = FailureGate(1)
    gate.take_back(4)
    assert gate.failures == 0
