"""The values of access: what a grant is and what it covers."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol


class ScopedDevice(Protocol):
    """The values of a device that a scope may depend on. Areas, floors and labels are ids of Home Assistant."""

    @property
    def id(self) -> str:
        """The device's id on the wire."""

    @property
    def type(self) -> str:
        """The device's type, such as light."""

    @property
    def area_id(self) -> str | None:
        """The area that it is in."""

    @property
    def floor_id(self) -> str | None:
        """The floor of that area."""

    @property
    def label_ids(self) -> AbstractSet[str]:
        """Its labels, own and inherited."""

    @property
    def sensitive(self) -> bool:
        """Whether it opens, guards, watches or tracks."""


class May(StrEnum):
    """Permission of a grant for the devices it sees. Each includes the one before."""

    LOOK = "look"
    CONTROL = "control"
    DOORS_AND_ALARMS = "doors_and_alarms"


@dataclass(frozen=True, slots=True)
class Selection:
    """The union of areas, floors, labels and devices, by their ids. Empty or unknown ids select nothing."""

    areas: frozenset[str] = frozenset()
    floors: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()

    @property
    def by_place(self) -> bool:
        """Whether devices may enter and leave the selection by being moved or labelled."""
        return bool(self.areas or self.floors or self.labels)

    def includes(self, device: ScopedDevice) -> bool:
        """Return whether the device is selected."""
        return (
            device.id in self.devices
            or device.area_id in self.areas
            or device.floor_id in self.floors
            or not self.labels.isdisjoint(device.label_ids)
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Which devices a grant sees, and what it may do with them: a definition, without the devices themselves.

    `see` is None for all shared devices; `types`, unless None, narrows that to devices of these types, and `only` to
    these devices: that is a token's, never a grant's. Sensitive devices (locks, alarms, garage doors) are controlled
    only with `May.DOORS_AND_ALARMS`.

    A scope is asked with a device, not with an id, because a definition may name more than ids. Which devices are
    within it at present is kept by `devices.views.View`.
    """

    see: Selection | None = None
    types: frozenset[str] | None = None
    may: May = May.CONTROL
    only: frozenset[str] | None = None

    @property
    def whole_home(self) -> bool:
        """Whether every shared device is within this scope, whatever it is."""
        return self.see is None and self.types is None and self.only is None

    @property
    def by_place(self) -> bool:
        """Whether devices may enter this scope by themselves, the whole home aside."""
        return not self.whole_home and (self.see is None or self.see.by_place)

    @property
    def control(self) -> bool:
        """Whether any command is permitted."""
        return self.may is not May.LOOK

    @property
    def doors_and_alarms(self) -> bool:
        """Whether commands to sensitive devices are permitted."""
        return self.may is May.DOORS_AND_ALARMS

    def sees(self, device: ScopedDevice) -> bool:
        """Return whether a shared device is within this scope."""
        return (
            (self.types is None or device.type in self.types)
            and (self.only is None or device.id in self.only)
            and (self.see is None or self.see.includes(device))
        )

    def controls(self, device: ScopedDevice) -> bool:
        """Return whether commands to this device are permitted."""
        return self.control and self.sees(device) and (self.doors_and_alarms or not device.sensitive)


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a token permits, within the scope of its grant.

    `devices` is None for all that the grant sees. `token_id` is that of a token made by exchange (RFC 8693), None for
    any other: those are bound by their grant alone.
    """

    may: May = May.DOORS_AND_ALARMS
    devices: frozenset[str] | None = None
    token_id: str | None = None

    def narrow(self, scope: Scope) -> Scope:
        """Return the part of a scope that is within this bound."""
        return replace(scope, may=_lesser(scope.may, self.may), only=_common(scope.only, self.devices))

    def within(self, other: Bound) -> Bound:
        """Return what both bounds permit, for the token of this one."""
        return replace(self, may=_lesser(self.may, other.may), devices=_common(self.devices, other.devices))


# The bound of a token that was not exchanged.
UNBOUND: Final = Bound()


def _lesser(one: May, other: May) -> May:
    return min(one, other, key=list(May).index)


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


class PausedBy(StrEnum):
    """Cause of a pause of a grant."""

    OWNER = "owner"
    DEVICE = "device"  # the owner disabled the website's device in Home Assistant
    RESTORE = "restore"  # a backup was restored: the grant may have been revoked since


@dataclass(frozen=True, slots=True)
class Grant:
    """The standing access of one paired website.

    As the bearer of an exchanged token has it, the scope is within the token's bound, and `token_id` is the token's.
    """

    id: str
    name: str
    origin: str | None
    created: datetime
    account_hint: str | None = None
    scope: Scope = field(default_factory=Scope)
    paused_by: PausedBy | None = None
    expires: datetime | None = None
    last_used: datetime | None = None
    last_source: str | None = None
    token_id: str | None = None

    @property
    def paused(self) -> bool:
        """Whether its website is refused until it is resumed."""
        return self.paused_by is not None
