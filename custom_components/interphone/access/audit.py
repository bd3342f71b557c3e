"""The audit: who did what, and when. Bounded, persistent, without secrets."""

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
from .migrations import Section
from .store import PrivateStore

# Records kept of access, and as many of commands: months of a quiet home.
AUDIT_LENGTH: Final = 1000
# Seconds of records that a crash may lose: the audit is not worth a write for each command.
AUDIT_SAVE_DELAY: Final = 30.0

ACCESS: Final = "access"
COMMANDS: Final = "commands"


class Act(StrEnum):
    """Audited action, as the store and `interphone/audit/list` spell it."""

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
    TOKEN_ENDED = "token_ended"  # noqa: S105 - the name of an act
    TOKEN_REUSED = "token_reused"  # noqa: S105 - the name of an act
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One act: `at` in ISO 8601 and UTC, the grant that acted or was changed, its source, and a detail."""

    at: str
    act: str
    grant_id: str | None = None
    grant_name: str | None = None
    source: str | None = None
    detail: str | None = None


class Audit:
    """Owns the records. Commands have a buffer of their own, so that a busy website cannot evict the rest."""

    def __init__(self, store: PrivateStore, now: Callable[[], datetime] = dt_util.utcnow) -> None:
        """Keep the records in `store`, which nobody else uses."""
        self._store = store
        self._now = now
        self._buffers: dict[str, deque[AuditRecord]] = {name: deque(maxlen=AUDIT_LENGTH) for name in (ACCESS, COMMANDS)}
        for name in self._buffers:
            store.bind(name, partial(self._dump, name))

    def _dump(self, name: str) -> Section:
        return {"records": [asdict(record) for record in self._buffers[name]]}

    async def load(self) -> None:
        """Restore the stored records; unreadable ones are dropped, since nothing depends on the audit."""
        try:
            sections = await self._store.load()
        except StorageError:
            return
        for name, records in self._buffers.items():
            records.extend(_read(sections.get(name, {})))

    def record(
        self,
        act: Act,
        *,
        grant_id: str | None = None,
        grant_name: str | None = None,
        source: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Record an act that happens now."""
        name = COMMANDS if act is Act.COMMAND else ACCESS
        at = self._now().isoformat()
        self._buffers[name].append(AuditRecord(at, act.value, grant_id, grant_name, source, detail))
        self._store.save_later(AUDIT_SAVE_DELAY)

    def records(self) -> list[dict[str, Any]]:
        """Return all records, oldest first.

        `{at, act, grant_id, grant_name, source, detail}`, of which all but the first two may be null.
        """
        return [asdict(record) for record in heapq.merge(*self._buffers.values(), key=lambda record: record.at)]

    async def close(self) -> None:
        """Write what is not written yet."""
        await self._store.close()


def _read(section: Mapping[str, Any]) -> list[AuditRecord]:
    try:
        return [AuditRecord(**record) for record in section.get("records", ())]
    except TypeError, AttributeError:
        return []
