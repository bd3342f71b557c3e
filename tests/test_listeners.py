"""Subscriptions: everyone hears everything in order, whoever fails or leaves meanwhile."""

from functools import partial
import logging

import pytest

from custom_components.interphone.listeners import Listeners


def test_every_subscriber_hears_every_value_in_order() -> None:
    listeners = Listeners[int]("numbers")
    heard: list[tuple[str, int]] = []
    for name in ("first", "second"):
        listeners.subscribe(lambda value, name=name: heard.append((name, value)))
    listeners.notify(1)
    listeners.notify(2)
    assert heard == [("first", 1), ("second", 1), ("first", 2), ("second", 2)]


def test_the_same_function_subscribes_twice_and_leaves_once() -> None:
    listeners = Listeners[int]("numbers")
    heard: list[int] = []
    leave = listeners.subscribe(heard.append)
    listeners.subscribe(heard.append)
    leave()
    leave()  # a second time changes nothing
    listeners.notify(1)
    assert heard == [1]


def test_one_that_leaves_meanwhile_hears_nothing_more() -> None:
    listeners = Listeners[int]("numbers")
    heard: list[int] = []
    listeners.subscribe(lambda _value: leave())
    leave = listeners.subscribe(heard.append)
    listeners.notify(1)
    assert heard == []


def test_one_that_comes_meanwhile_hears_the_next() -> None:
    listeners = Listeners[int]("numbers")
    heard: list[int] = []

    def come(value: int) -> None:
        if value == 1:
            listeners.subscribe(heard.append)

    listeners.subscribe(come)
    listeners.notify(1)
    assert heard == []
    listeners.notify(2)
    assert heard == [2]


def test_a_failure_is_logged_once_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    listeners = Listeners[str]("grants")
    heard: list[str] = []

    def fail(_secret: str, _value: str) -> None:
        raise RuntimeError("broken")

    listeners.subscribe(heard.append)
    listeners.subscribe(partial(fail, "a secret"))
    listeners.subscribe(heard.append)
    listeners.notify("another secret")
    assert heard == ["another secret", "another secret"]
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.getMessage() == f"A subscriber to grants failed: {fail.__qualname__}"


def test_what_is_no_failure_goes_through() -> None:
    """Cancellation and the end of the process are not a subscriber's own."""
    listeners = Listeners[None]("nothing")

    def interrupt(_value: None) -> None:
        raise KeyboardInterrupt

    listeners.subscribe(interrupt)
    with pytest.raises(KeyboardInterrupt):
        listeners.notify(None)
