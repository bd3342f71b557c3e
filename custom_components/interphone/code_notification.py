"""Shows codes as persistent notifications, for homes without displays.

Every user of Home Assistant sees a notification, and nobody else; it is kept in memory and is not an entity. So it
holds the code only where each of them may be a display.
"""

from collections.abc import Callable
from typing import Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .messages import negotiate
from .pairing.codes import grouped
from .pairing.models import Pairing, PairingKind, PairingState
from .relay import Relay

WAITING_ID: Final = f"{DOMAIN}_waiting"
# Interphone's page in Home Assistant, where its button is.
PAGE: Final = "/config/integrations/integration/interphone"


def start(hass: HomeAssistant, relay: Relay) -> Callable[[], None]:
    """Show each code while it is valid, and that something waits; the returned function dismisses all and ends that."""
    notifications = _Notifications(hass, relay)
    unsubscribers = (
        relay.desk.subscribe(notifications.follow),
        relay.displays.subscribe(notifications.write_again),
        persistent_notification.async_register_callback(hass, notifications.follow_dismissal),
    )

    def stop() -> None:
        for unsubscribe in unsubscribers:
            unsubscribe()
        notifications.dismiss_all()

    return stop


class _Notifications:
    """The notifications that exist now: one for each code, and one for all that waits."""

    def __init__(self, hass: HomeAssistant, relay: Relay) -> None:
        self._hass = hass
        self._relay = relay
        self._shown: dict[str, Pairing] = {}
        self._waiting: set[str] = set()
        # Pairings whose notification somebody dismissed: they wait without another one.
        self._dismissed: set[str] = set()

    def follow(self, pairing: Pairing) -> None:
        """Show or withdraw what a pairing's notification says."""
        notification_id = f"{DOMAIN}_{pairing.id}"
        if pairing.state is PairingState.SHOWN:
            self._shown[notification_id] = pairing
            title, message = _words(self._hass, self._relay, pairing)
            persistent_notification.async_create(self._hass, message, title, notification_id)
        elif self._shown.pop(notification_id, None):
            persistent_notification.async_dismiss(self._hass, notification_id)
        self._follow_waiting(pairing)

    def _follow_waiting(self, pairing: Pairing) -> None:
        """Say that something waits. In the window the resident knows, and has the list."""
        waits = pairing.state is PairingState.WAITING and not pairing.in_window
        if pairing.state is not PairingState.WAITING:
            self._dismissed.discard(pairing.id)
        if waits and pairing.kind is not PairingKind.DISPLAY and pairing.id not in self._dismissed:
            if not self._waiting:
                persistent_notification.async_create(self._hass, *_waiting_words(self._hass, self._relay), WAITING_ID)
            self._waiting.add(pairing.id)
        elif pairing.id in self._waiting:
            self._waiting.discard(pairing.id)
            if not self._waiting:
                persistent_notification.async_dismiss(self._hass, WAITING_ID)

    def write_again(self, _change: None) -> None:
        """Write each code again, or no longer: other users may see codes than before."""
        for pairing in tuple(self._shown.values()):
            self.follow(pairing)

    @callback
    def follow_dismissal(
        self, update: persistent_notification.UpdateType, changed: dict[str, persistent_notification.Notification]
    ) -> None:
        """Put a code away whose notification somebody dismissed, unless a display still shows it."""
        if update is not persistent_notification.UpdateType.REMOVED:
            return
        for notification_id in changed:
            if notification_id == WAITING_ID:
                self._dismissed |= self._waiting
                self._waiting.clear()
            elif (pairing := self._shown.pop(notification_id, None)) and not self._relay.displays.is_watched:
                self._dismissed.add(pairing.id)
                self._relay.desk.conceal(pairing.id)

    def dismiss_all(self) -> None:
        """Dismiss every notification."""
        for notification_id in (*self._shown, *((WAITING_ID,) if self._waiting else ())):
            persistent_notification.async_dismiss(self._hass, notification_id)
        self._shown.clear()
        self._waiting.clear()


def _waiting_words(hass: HomeAssistant, relay: Relay) -> tuple[str, str]:
    """Return message and title, in the language of the home. They name nobody: every user sees them."""
    language = negotiate(hass.config.language)
    title = relay.messages.phrase("waiting_title", language)
    return relay.messages.phrase("waiting_message", language, page=PAGE), title


def _words(hass: HomeAssistant, relay: Relay, pairing: Pairing) -> tuple[str, str]:
    """Return title and message in the language of the home."""
    language = negotiate(hass.config.language)
    groups = grouped(pairing.code or "")
    title = relay.messages.phrase("code_title", language)
    key = "code_message" if relay.displays.admits_all else "code_elsewhere"
    if pairing.kind is PairingKind.DISPLAY:
        return title, relay.messages.phrase(f"{key}_begun", language, code=groups)
    who = pairing.requester.client_name or pairing.requester.origin or pairing.requester.source
    return (
        title,
        # Unverified text: in a code span, where Markdown has neither links nor images.
        relay.messages.phrase(key, language, code=groups, who=f"`{who.replace('`', chr(39))}`"),
    )
