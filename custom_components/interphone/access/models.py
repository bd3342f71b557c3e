"""The values of access: what a grant is and what it covers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ScopedDevice(Protocol):
    """The values of a device that a scope may depend on."""

    @property
    def id(self) -> str:
        """The device's id on the wire."""

    @property
    def sensitive(self) -> bool:
        """Whether it opens, guards, watches or tracks."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which devices a grant sees, and which of them it may control: a definition, without the devices themselves.

    `devices` is None for all shared devices, else the ids of those it sees. Without `control` it may only look.
    Sensitive devices (locks, alarms, garage doors) are controlled only with `doors_and_alarms`.

    A scope is asked with a device, not with an id, because a definition may name more than ids. Which devices are
    within it at present is kept by `devices.views.View`.
    """

    devices: frozenset[str] | None = None
    control: bool = True
    doors_and_alarms: bool = False

    @property
    def whole_home(self) -> bool:
        """Whether every shared device is within this scope, whatever it is."""
        return self.devices is None

    @property
    def definition(self) -> list[str]:
        """What the set of visible devices is defined by, in an order of its own; empty for the whole home."""
        return sorted(self.devices or ())

    def sees(self, device: ScopedDevice) -> bool:
        """Return whether a shared device is within this scope."""
        return self.devices is None or device.id in self.devices

    def controls(self, device: ScopedDevice) -> bool:
        """Return whether commands to this device are permitted."""
        return self.control and self.sees(device) and (self.doors_and_alarms or not device.sensitive)


class PausedBy(StrEnum):
    """What paused a grant."""

    OWNER = "owner"
    DEVICE = "device"  # the owner disabled the website's device in Home Assistant


@dataclass(frozen=True, slots=True)
class Grant:
    """The standing access of one paired website."""

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

    @property
    def paused(self) -> bool:
        """Whether its website is refused until it is resumed."""
        return self.paused_by is not None
