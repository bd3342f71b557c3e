"""History: past states of a device's traits, read from Home Assistant's recorder."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from homeassistant.components.recorder.history import get_significant_states
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_SUPPORTED_FEATURES
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE
from sqlalchemy.exc import SQLAlchemyError

from ..errors import HistoryUnavailableError, RateLimitedError, UnknownDeviceError
from .catalog import Catalog
from .describe import read_state
from .faults import Faults
from .model import Device, Entity, Json
from .times import instant

# Sized for a chart on a telephone, and for a quick read of the database.
HISTORY_SPAN: Final = 24 * 3600.0
HISTORY_SPAN_MAX: Final = 7 * 24 * 3600.0
HISTORY_POINTS_MAX: Final = 1000
# Seconds read at once, so that a meter that reports each second does not fill the memory.
HISTORY_PIECE: Final = 3600.0
HISTORY_PIECE_MAX: Final = 6 * 3600.0

# The recorder excludes both ends of a span; the state recorded exactly at the start is wanted.
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Point:
    """The state of a device's traits from `at` on."""

    at: datetime
    online: bool
    state: Mapping[str, Json]

    def as_dict(self) -> dict[str, Any]:
        """Return `{at, online, state}`, `at` as ISO 8601 in UTC, `state` as in `Device.as_dict`."""
        return {"at": instant(self.at), "online": self.online, "state": self.state}


@dataclass(frozen=True, slots=True)
class Page:
    """Points, the oldest first, and the start of the next page; None after the last."""

    points: list[Point]
    next: datetime | None


class History:
    """Reads the recorder, one request of a grant at a time."""

    def __init__(self, hass: HomeAssistant, catalog: Catalog) -> None:
        """Start without requests."""
        self._hass = hass
        self._catalog = catalog
        self._running: set[str] = set()
        self._faults = Faults("some of its past states are left out")

    async def read(self, grant_id: str, device: Device, start: datetime, end: datetime, limit: int) -> Page:
        """Return up to `limit` points between two instants, the first with the state at `start`.

        Raises `HistoryUnavailableError` without a recorder, `RateLimitedError` while another request of the grant
        runs, and `UnknownDeviceError` when the device was removed meanwhile.
        """
        if grant_id in self._running:
            raise RateLimitedError("one history at a time", retry_after=1)
        recorder = self._hass.data.get(DATA_INSTANCE)
        if recorder is None:
            raise HistoryUnavailableError
        entity = self._catalog.entity(device)
        if entity is None:
            raise UnknownDeviceError
        reader = _Reader(self._hass, device, replace(entity, state=self._lasting(entity.state)), self._faults)
        self._running.add(grant_id)
        try:
            page: asyncio.Future[Page] = recorder.async_add_executor_job(reader.page, start, end, limit)
        except RuntimeError:  # it is shutting down
            self._running.discard(grant_id)
            raise HistoryUnavailableError from None
        # The query runs on when the request is cancelled, and counts until it is done.
        page.add_done_callback(lambda _page: self._running.discard(grant_id))
        try:
            return await asyncio.shield(page)
        except SQLAlchemyError:
            raise HistoryUnavailableError from None

    def _lasting(self, state: State) -> State:
        """Return the state with only those attributes that the recorder does not store: the ones that do not change."""
        entry = er.async_get(self._hass).async_get(state.entity_id)
        attributes = {name: state.attributes.get(name) for name in (ATTR_SUPPORTED_FEATURES, ATTR_DEVICE_CLASS)}
        return State(state.entity_id, state.state, {**attributes, **((entry and entry.capabilities) or {})})


@dataclass(frozen=True, slots=True)
class _Reader:
    """One request, run in the recorder's thread."""

    hass: HomeAssistant
    device: Device
    entity: Entity
    faults: Faults

    def page(self, start: datetime, end: datetime, limit: int) -> Page:
        points: list[Point] = []
        for state in self._states(start, end):
            try:
                point = self._point(state, start)
            except Exception as error:  # noqa: BLE001 - the recorder holds what integrations once said
                self.faults.report(self.device.entity_id, error)
                continue
            if points and points[-1].at == point.at:
                points.pop()  # the state before the start is replaced by one recorded exactly then
            if points and (points[-1].online, points[-1].state) == (point.online, point.state):
                continue  # nothing that a trait reads has changed
            if len(points) == limit:
                return Page(points, point.at)
            points.append(point)
        return Page(points, None)

    def _states(self, start: datetime, end: datetime) -> Iterator[State]:
        """Yield the recorded states, read in pieces that grow."""
        begin, piece, first = start, HISTORY_PIECE, True
        while begin < end:
            until = min(end, begin + timedelta(seconds=piece))
            found = get_significant_states(
                self.hass,
                begin - _TICK,
                until,
                [self.device.entity_id],
                include_start_time_state=first,
                significant_changes_only=False,
            )
            # The uncompressed form: states of the recorder's own class.
            yield from cast("list[State]", found.get(self.device.entity_id, []))
            begin, piece, first = until, min(HISTORY_PIECE_MAX, piece * 2), False

    def _point(self, state: State, start: datetime) -> Point:
        attributes = {**self.entity.state.attributes, **state.attributes}
        entity = replace(self.entity, state=State(state.entity_id, state.state, attributes, validate_entity_id=False))
        return Point(max(start, state.last_updated), entity.online, read_state(self.device, entity))
