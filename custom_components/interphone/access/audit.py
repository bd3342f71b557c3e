"""The audit: who did what, and when. Bounded, kept across restarts, without any secret."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
import heapq
from typing import Any, Final

from homeassistant.util import dt as dt_util

from ..errors import StorageError
from .store import PrivateStore, Section

# Records the audit keeps of each kind: months of a quiet home.
AUDIT_LENGTH: Final = 1000
# What a crash may take of the audit.
AUDIT_SAVE_DELAY: Final = 30.0

ACCESS: Final = "access"
COMMANDS: Final = "commands"


class Act(StrEnum):
    """What was done."""

    REQUESTED = "requested"
    SHOWN = "shown"
    CONCEALED = "concealed"
    REFUSED = "refused"  # a wrong code
    PAIRED = "paired"
    EXPIRED = "expired"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    GATE_CLOSED = "gate_closed"
    GATE_OPENED = "gate_opened"
    CREATED = "created"
    EDITED = "edited"
    REFRESHED = "refreshed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REVOKED = "revoked"
    TOKEN_REUSED = "token_reused"  # noqa: S105 - the name of an act
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One act: when (ISO 8601, UTC), what, by whom, from where, and on what."""

    at: str
    act: str
    grant_id: str | None = None
    grant_name: str | None = None
    source: str | None = None
    detail: str | None = None


class Audit:
    """Owns the records. Commands have a ring of their own, so that a busy website cannot push the rest out."""

    def __init__(self, store: PrivateStore, now: Callable[[], datetime] = dt_util.utcnow) -> None:
        """Keep the records in `store`, which is the audit's own."""
        self._store = store
        self._now = now
        self._rings: dict[str, deque[AuditRecord]] = {ring: deque(maxlen=AUDIT_LENGTH) for ring in (ACCESS, COMMANDS)}
        for ring in self._rings:
            store.bind(ring, partial(self._dump, ring))

    def _dump(self, ring: str) -> Section:
        return {"records": [asdict(record) for record in self._rings[ring]]}

    async def load(self) -> None:
        """Bring back what was kept. What cannot be read is given up: the audit guards nothing."""
        try:
            kept = await self._store.load()
        except StorageError:
            return
        for ring, records in self._rings.items():
            records.extend(_read(kept.get(ring, {})))

    def record(
        self,
        act: Act,
        *,
        grant_id: str | None = None,
        grant_name: str | None = None,
        source: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Note an act, now."""
        ring = COMMANDS if act is Act.COMMAND else ACCESS
        at = self._now().isoformat()
        self._rings[ring].append(AuditRecord(at, act.value, grant_id, grant_name, source, detail))
        self._store.save_later(AUDIT_SAVE_DELAY)

    def records(self) -> list[dict[str, Any]]:
        """Return all records, oldest first."""
        return [asdict(record) for record in heapq.merge(*self._rings.values(), key=lambda record: record.at)]

    async def close(self) -> None:
        """Write what was not written yet."""
        await self._store.close()


def _read(section: Mapping[str, Any]) -> list[AuditRecord]:
    try:
        return [AuditRecord(**record) for record in section.get("records", ())]
    except TypeError, AttributeError:
        return []
