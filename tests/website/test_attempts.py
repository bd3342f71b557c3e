"""How often one caller may try, however many others there are."""

import pytest

from website import attempts
from website.attempts import Attempts


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_so_many_in_any_window(clock: Clock) -> None:
    tried = Attempts(limit=2, window=60, clock=clock)
    assert tried.wait("a") == 0
    clock.now = 20
    assert tried.wait("a") == 0
    assert tried.wait("a") == 40
    assert tried.wait("b") == 0
    clock.now = 60
    assert tried.wait("a") == 0
    assert tried.wait("a") == 20


def test_what_is_cleared_is_forgotten(clock: Clock) -> None:
    tried = Attempts(limit=1, window=60, clock=clock)
    assert tried.wait("a") == 0
    tried.clear("a")
    assert tried.wait("a") == 0


def test_a_crowd_of_callers_is_forgotten_and_frees_nobody_who_tried_lately(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "CALLERS_MAX", 10)
    tried = Attempts(limit=1, window=60, clock=clock)
    for number in range(9):
        assert tried.wait(f"early {number}") == 0
    clock.now = 50
    assert tried.wait("lately") == 0
    clock.now = 70
    assert tried.wait("new") == 0
    # How many are held is not public.
    assert set(tried._attempts) == {"lately", "new"}
    assert tried.wait("lately") == 40
