"""Subscriptions to one kind of change. Pure: needs nothing of Home Assistant."""

from collections.abc import Callable
from functools import partial
import logging
from typing import Final

_LOGGER: Final = logging.getLogger(__name__)


class Listeners[T]:
    """Calls every subscriber with each value, in the order of subscription.

    A subscriber that raises is logged and stops neither the others nor the caller of `notify`. One that unsubscribes
    during a notification is not called any more; one that subscribes during one is called from the next on.
    """

    __slots__ = ("_listeners", "_subject")

    def __init__(self, subject: str) -> None:
        """Start without subscribers; the log names `subject` when one fails."""
        self._subject = subject
        # By an object of their own each, so that the same function may subscribe twice.
        self._listeners: dict[object, Callable[[T], None]] = {}

    def subscribe(self, listener: Callable[[T], None]) -> Callable[[], None]:
        """Call `listener` with every value from now on; the returned function ends that, and may be called again."""
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def notify(self, value: T) -> None:
        """Call every subscriber with a value."""
        for key in tuple(self._listeners):
            if (listener := self._listeners.get(key)) is None:
                continue
            try:
                listener(value)
            except Exception:
                # Neither the value nor the subscriber's own representation: either may hold a secret.
                _LOGGER.exception("A subscriber to %s failed: %s", self._subject, _name(listener))


def _name(listener: Callable[..., object]) -> str:
    while isinstance(listener, partial):
        listener = listener.func
    return getattr(listener, "__qualname__", type(listener).__qualname__)
