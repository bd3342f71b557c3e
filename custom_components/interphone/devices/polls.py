"""Polls: websites that wait over plain HTTP for the next change they may see."""

import asyncio
from dataclasses import dataclass
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from ..errors import NotReadyError
from .changes import Batch
from .feed import Feed
from .views import View

# A poll for events may wait this long: below the 30 s after which proxies give up.
POLL_WAIT_MAX: Final = 25.0
# Polls of one grant that wait at once: a few tabs. One more, and the oldest gets its response early.
POLLS_PER_GRANT: Final = 4


@dataclass(frozen=True, slots=True)
class _Poll:
    """A waiting poll: what its website sees, and the future that wakes it."""

    view: View
    woken: asyncio.Future[None]

    def wake(self) -> None:
        if not self.woken.done():
            self.woken.set_result(None)


class Polls:
    """Owns the polls that wait now, a few for each grant."""

    def __init__(self, hass: HomeAssistant, feed: Feed) -> None:
        """Start with none."""
        self._hass = hass
        self._feed = feed
        self._polls: dict[str, list[_Poll]] = {}
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def start(self) -> None:
        """Wake polls by the feed's changes from now on."""
        self._unsubscribe = self._feed.subscribe(self._on_batch)

    @callback
    def stop(self) -> None:
        """End every poll with `NotReadyError`."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        for poll in [poll for polls in self._polls.values() for poll in polls]:
            if not poll.woken.done():
                poll.woken.set_exception(NotReadyError())

    @callback
    def wake(self, grant_id: str) -> None:
        """Wake the polls of a grant that has changed, so that they check again what they may see."""
        for poll in self._polls.get(grant_id, ()):
            poll.wake()

    async def wait(self, grant_id: str, view: View, seconds: float) -> None:
        """Return at the next change that the view sees, when the time is over, or at `wake`.

        One poll more than `POLLS_PER_GRANT` wakes the oldest. Raises `NotReadyError` when the home stops.
        """
        poll = _Poll(view, self._hass.loop.create_future())
        polls = self._polls.setdefault(grant_id, [])
        polls.append(poll)
        for oldest in polls[:-POLLS_PER_GRANT]:
            oldest.wake()
        try:
            async with asyncio.timeout(seconds):
                await poll.woken
        except TimeoutError:
            return
        finally:
            polls.remove(poll)
            if not polls and self._polls.get(grant_id) is polls:
                del self._polls[grant_id]

    @callback
    def _on_batch(self, batch: Batch) -> None:
        for polls in self._polls.values():
            for poll in polls:
                if poll.view.visible(batch):
                    poll.wake()
