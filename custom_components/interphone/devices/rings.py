"""Rings of doorbells, from the ring until it is answered or expires."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID, ATTR_NAME
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util
import voluptuous as vol

from ..access.models import Grant
from ..const import EVENT_ANSWERED
from ..errors import AlreadyAnsweredError, ExpiredEventError, NotPermittedError, UnknownEventError
from .catalog import Catalog, Difference
from .changes import Batch, EventChange
from .feed import EVENT_LIFETIME, Feed
from .model import Device

# Rings kept, so that a late answer gets the right error: more than a day's.
RINGS_MAX: Final = 64
# Length of names, messages and actions: a line on a telephone.
RING_TEXT_MAX: Final = 256

RING: Final = "ring"
ANSWERED: Final = "answered"


def _printable(text: str) -> str:
    """Refuse control characters: the logbook shows the text."""
    if not text.isprintable():
        raise vol.Invalid("expected printable characters")
    return text


# The action of an answer, as a website names it: the same over REST and Socket.IO.
ACTION: Final = vol.Any(None, vol.All(str, vol.Length(min=1, max=RING_TEXT_MAX), _printable))

# The trait of the binary sensors that may be doorbells.
_ACTIVE: Final = "active"


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer to a ring: by which grant, with which action, and when."""

    grant_id: str
    grant_name: str
    action: str | None
    at: datetime


@dataclass(slots=True)
class _Ring:
    """A ring, and its answer to come: None when it ends without one."""

    change: EventChange
    answer: asyncio.Future[Answer | None]


class Rings:
    """Owns the rings, and accepts the first answer to each.

    Rings come from `event` entities of class doorbell, from the sensors the home's owner chose as doorbells, and from
    `ring`. A ring is seen by the websites that see its device; one without a device by those that see the whole home.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog, feed: Feed, doorbells: Iterable[str] = ()) -> None:
        """Start without rings; `doorbells` are the entity ids of sensors that ring when they turn on."""
        self._hass = hass
        self._catalog = catalog
        self._feed = feed
        self._doorbells = frozenset(doorbells)
        self._rings: OrderedDict[str, _Ring] = OrderedDict()
        self._releases: list[CALLBACK_TYPE] = []

    @callback
    def start(self) -> None:
        """Follow the sensors and the feed."""
        self._releases = [self._catalog.subscribe(self._on_difference), self._feed.subscribe(self._on_batch)]

    @callback
    def stop(self) -> None:
        """Drop every ring; `wait` returns None."""
        while self._releases:
            self._releases.pop()()
        while self._rings:
            self._drop_oldest()

    @callback
    def set_doorbells(self, doorbells: Iterable[str]) -> None:
        """Replace the sensors that are doorbells."""
        self._doorbells = frozenset(doorbells)

    @callback
    def ring(
        self,
        device: Device | None,
        *,
        name: str | None = None,
        message: str | None = None,
        seconds: float = EVENT_LIFETIME,
    ) -> EventChange:
        """Ring, for `seconds`, on the websites that see the device, or without one on those that see the whole home."""
        now = dt_util.utcnow()
        change = EventChange(
            seq=0,
            device=device,
            type=RING,
            at=now,
            expires_at=now + timedelta(seconds=seconds),
            answerable=True,
            name=name or (device.name if device else None),
            message=message,
        )
        self._add(change)
        self._feed.publish(change)
        return change

    async def wait(self, event_id: str) -> Answer | None:
        """Wait for the answer to a ring and return it; None when the ring expires without one."""
        ring = self._rings.get(event_id)
        if ring is None:
            return None
        remaining = (ring.change.expires_at - dt_util.utcnow()).total_seconds()
        done, _ = await asyncio.wait([ring.answer], timeout=max(0.0, remaining))
        return ring.answer.result() if done else None

    @callback
    def answer(self, grant: Grant, event_id: str, action: str | None = None) -> Answer:
        """Accept the first answer to a ring, publish it to the websites, and fire `EVENT_ANSWERED`.

        The grant must be live: the caller has checked that. Raises `UnknownEventError`, `NotPermittedError` when the
        grant may only look, `AlreadyAnsweredError`, or `ExpiredEventError`.
        """
        ring = self._rings.get(event_id)
        if ring is None or ring.change.visible(grant.scope) is None:
            raise UnknownEventError
        if not grant.scope.control:
            raise NotPermittedError
        if ring.answer.done():
            raise AlreadyAnsweredError
        now = dt_util.utcnow()
        if now >= ring.change.expires_at:
            raise ExpiredEventError
        answer = Answer(grant.id, grant.name, action, now)
        ring.answer.set_result(answer)
        self._publish(ring, answer)
        return answer

    def _publish(self, ring: _Ring, answer: Answer) -> None:
        """Publish that a ring is answered: websites do not learn by whom, Home Assistant's automations do."""
        change = ring.change
        self._feed.publish(EventChange(0, change.device, ANSWERED, answer.at, change.expires_at, change.event_id))
        data: dict[str, Any] = {
            "event_id": change.event_id,
            ATTR_ENTITY_ID: change.device and change.device.entity_id,
            ATTR_NAME: change.name or (change.device and change.device.name),
            "grant_id": answer.grant_id,
            "grant_name": answer.grant_name,
            "action": answer.action,
        }
        self._hass.bus.async_fire(EVENT_ANSWERED, data)

    @callback
    def _on_difference(self, difference: Difference) -> None:
        """Ring when a doorbell's sensor turns from off to on: one that comes back online already on does not ring."""
        old, new = difference.old, difference.new
        if old is None or new is None or new.entity_id not in self._doorbells:
            return
        before, now = (device.state.get(_ACTIVE, {}).get(_ACTIVE) for device in (old, new))
        if before is False and now is True:
            self.ring(new)

    @callback
    def _on_batch(self, batch: Batch) -> None:
        for change in batch:
            if isinstance(change, EventChange) and change.answerable and change.event_id not in self._rings:
                self._add(change)

    def _add(self, change: EventChange) -> None:
        self._rings[change.event_id] = _Ring(change, self._hass.loop.create_future())
        if len(self._rings) > RINGS_MAX:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, ring = self._rings.popitem(last=False)
        if not ring.answer.done():
            ring.answer.set_result(None)
