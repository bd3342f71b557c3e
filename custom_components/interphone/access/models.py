"""The values of access: what a grant is and what it covers."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Which devices a grant sees, and which of them it may control.

    `devices` is None for all shared devices, else the ids of those it sees. Without `control` it may only look.
    Sensitive devices (locks, alarms, garage doors) are controlled only with `doors_and_alarms`.
    """

    devices: frozenset[str] | None = None
    control: bool = True
    doors_and_alarms: bool = False

    def sees(self, device_id: str) -> bool:
        """Tell whether a shared device is within this scope."""
        return self.devices is None or device_id in self.devices

    def controls(self, device_id: str, *, sensitive: bool) -> bool:
        """Tell whether commands to this device are permitted."""
        return self.control and self.sees(device_id) and (self.doors_and_alarms or not sensitive)


@dataclass(frozen=True, slots=True)
class Grant:
    """The standing access of one paired website."""

    id: str
    name: str
    origin: str | None
    created: datetime
    account_hint: str | None = None
    scope: Scope = field(default_factory=Scope)
    paused: bool = False
    expires: datetime | None = None
    last_used: datetime | None = None
    last_source: str | None = None
