"""Displays: which users of Home Assistant may see codes, show them, and let websites in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Final, Self

from homeassistant.auth import EVENT_USER_ADDED, EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.util.signal_type import SignalType

from .const import DOMAIN
from .errors import NotADisplayError
from .listeners import Listeners


class Audience(StrEnum):
    """The option: which users may be displays."""

    EVERYBODY = "everybody"  # save those who may only read
    ADMINS = "admins"
    CHOSEN = "chosen"
    NOBODY = "nobody"


# Each connected display adds its user to the list that is sent. A subscription outlives a reload of the entry, and the
# dispatcher keeps it until the connection ends.
_SIGNAL_ROLL_CALL: Final[SignalType[list[User]]] = SignalType(f"{DOMAIN}_displays")

_USER_EVENTS: Final = (EVENT_USER_ADDED, EVENT_USER_UPDATED, EVENT_USER_REMOVED)


@dataclass(frozen=True, slots=True)
class DisplayPolicy:
    """The options of displays. `users` are the ids of those that `Audience.CHOSEN` admits."""

    audience: Audience = Audience.EVERYBODY
    users: frozenset[str] = field(default_factory=frozenset)

    def admits(self, user: User) -> bool:
        """Return whether a user may be a display. One that may only read is admitted only when chosen by name."""
        if not is_person(user):
            return False
        match self.audience:
            case Audience.EVERYBODY:
                return user.permissions.access_all_entities(POLICY_CONTROL)
            case Audience.ADMINS:
                return user.is_admin
            case Audience.CHOSEN:
                return user.id in self.users
        return False

    def admits_all(self, users: Iterable[User]) -> bool:
        """Return whether everybody is meant, and each of these who can log in is admitted."""
        return self.audience is Audience.EVERYBODY and all(self.admits(user) for user in users if is_person(user))


def is_person(user: User) -> bool:
    """Return whether somebody can log in as this user.

    One without credentials counts: trusted networks let users in by name.
    """
    return user.is_active and not user.system_generated


@callback
def _respond(user: User, connected: list[User]) -> None:
    connected.append(user)


class Displays:
    """Decides who may be a display, and notifies subscribers when that may have changed."""

    def __init__(self, hass: HomeAssistant, policy: DisplayPolicy, users: list[User]) -> None:
        """Decide by the policy; `users` are all of Home Assistant."""
        self._hass = hass
        self._policy = policy
        self._users = users
        self._listeners = Listeners[None]("displays")
        self._unsubscribe: list[Callable[[], None]] = []

    @classmethod
    async def load(cls, hass: HomeAssistant, policy: DisplayPolicy) -> Self:
        """Return the displays of this Home Assistant; `start` makes them follow its users."""
        return cls(hass, policy, await hass.auth.async_get_users())

    def start(self) -> None:
        """Follow the users from now on."""
        self._unsubscribe = [self._hass.bus.async_listen(event, self._on_user) for event in _USER_EVENTS]

    def stop(self) -> None:
        """Follow nothing."""
        while self._unsubscribe:
            self._unsubscribe.pop()()

    def subscribe(self, listener: Callable[[None], None]) -> Callable[[], None]:
        """Call `listener` whenever other users may be displays than before; the returned function ends that."""
        return self._listeners.subscribe(listener)

    def set_policy(self, policy: DisplayPolicy) -> None:
        """Decide by other options."""
        if policy != self._policy:
            self._policy = policy
            self._listeners.notify(None)

    def admits(self, user: User) -> bool:
        """Return whether a user may be a display now."""
        return self._policy.admits(user)

    def connect(self, user: User) -> Callable[[], None]:
        """Note that a display of this user is connected, until the returned function is called."""
        return async_dispatcher_connect(self._hass, _SIGNAL_ROLL_CALL, partial(_respond, user))

    @property
    def is_watched(self) -> bool:
        """Whether a display is connected whose user may see codes."""
        connected: list[User] = []
        async_dispatcher_send(self._hass, _SIGNAL_ROLL_CALL, connected)
        return any(self.admits(user) for user in connected)

    def require(self, user: User) -> None:
        """Raise `NotADisplayError` unless the user may be a display now."""
        if not self.admits(user):
            raise NotADisplayError

    @property
    def admits_all(self) -> bool:
        """Whether everybody who can log in to Home Assistant may see a code."""
        return self._policy.admits_all(self._users)

    async def _on_user(self, _event: Event) -> None:
        self._users = await self._hass.auth.async_get_users()
        self._listeners.notify(None)
