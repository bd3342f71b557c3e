"""Views: what each scope sees of the home, resolved once for all grants that share the scope."""

from collections.abc import Iterable
import hashlib
import json

from ..access.models import Scope
from .changes import Batch, Change, DevicesChange, StateChange
from .model import Device


class View:
    """Devices within one scope now, its members, and the scope's part of each batch.

    `Scope` decides by a device's own values whether it is within: by its id, area, floor, labels and type.
    That may be expensive and is asked only where the answer can change: `follow` applies a `DevicesChange` to the
    members, with the scope compared with both sides of each difference. A `StateChange` leaves everything alone that a
    scope may name, so it only needs a look into the members. Resuming does not use the members, which are those of
    now: `Change.visible` compares the scope with what the device was then.

    The feed makes views, shares one among equal scopes, and keeps their members at its own position. A view lives for
    as long as somebody holds it.
    """

    __slots__ = ("__weakref__", "_last", "_members", "epoch", "scope")

    def __init__(self, scope: Scope, epoch: str, devices: Iterable[Device]) -> None:
        """Resolve the scope among all shared devices; `epoch` is the feed's."""
        self.scope = scope
        # The name of the feed and of the scope's definition, not of its members: see payloads.py.
        self.epoch = epoch if scope == Scope() else f"{epoch}.{_mark(scope)}"
        # None for all of them. The order is the one in which a snapshot lists them.
        self._members: dict[str, None] | None = None
        if not scope.whole_home:
            self._members = dict.fromkeys(device.id for device in devices if scope.sees(device))
        self._last: tuple[Batch, Batch] = ((), ())

    @property
    def members(self) -> Iterable[str] | None:
        """The ids of the devices within the scope now, None for all shared devices."""
        return self._members

    def follow(self, change: DevicesChange) -> None:
        """Apply a change of the set of devices to the members."""
        if self._members is None or (seen := change.visible(self.scope)) is None:
            return
        for difference in seen.differences:
            if difference.new is not None:
                self._members[difference.new.id] = None
            elif difference.old is not None:
                self._members.pop(difference.old.id, None)

    def visible(self, batch: Batch) -> Batch:
        """Return what the scope sees of the feed's latest batch; the batch itself when that is all of it."""
        if self._members is None and not (batch and isinstance(batch[0], DevicesChange)):
            return batch
        if self._last[0] is not batch:
            parts = [self._part(change) for change in batch]
            whole = all(part is change for part, change in zip(parts, batch, strict=True))
            self._last = batch, batch if whole else tuple(part for part in parts if part is not None)
        return self._last[1]

    def _part(self, change: Change) -> Change | None:
        if isinstance(change, DevicesChange):
            return change.visible(self.scope)
        if self._members is None:
            return change
        if isinstance(change, StateChange):
            return change if change.device.id in self._members else None
        return change.visible(self.scope)


def _mark(scope: Scope) -> str:
    """Return a short hash of what the scope is defined by."""
    see = scope.see and [
        sorted(ids) for ids in (scope.see.areas, scope.see.floors, scope.see.labels, scope.see.devices)
    ]
    types = None if scope.types is None else sorted(scope.types)
    only = None if scope.only is None else sorted(scope.only)
    return hashlib.sha256(json.dumps([see, types, scope.may, only]).encode()).hexdigest()[:12]
