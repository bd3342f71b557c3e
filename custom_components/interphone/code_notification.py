"""Shows codes as persistent notifications, for homes without displays.

Every user of Home Assistant sees a notification, and nobody else; it is kept in memory and is not an entity. So it
holds the code only where each of them may be a display.
"""

from collections.abc import Callable

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .messages import negotiate
from .pairing.codes import grouped
from .pairing.models import Pairing, PairingKind, PairingState
from .relay import Relay


def start(hass: HomeAssistant, relay: Relay) -> Callable[[], None]:
    """Show each code while it is valid; the returned function dismisses all and ends that."""
    shown: dict[str, Pairing] = {}

    def on_change(pairing: Pairing) -> None:
        notification_id = f"{DOMAIN}_{pairing.id}"
        if pairing.state is PairingState.SHOWN:
            shown[notification_id] = pairing
            title, message = _words(hass, relay, pairing)
            persistent_notification.async_create(hass, message, title, notification_id)
        elif shown.pop(notification_id, None):
            persistent_notification.async_dismiss(hass, notification_id)

    def write_again(_change: None) -> None:
        for pairing in tuple(shown.values()):
            on_change(pairing)

    unsubscribers = (relay.desk.subscribe(on_change), relay.displays.subscribe(write_again))

    def stop() -> None:
        for unsubscribe in unsubscribers:
            unsubscribe()
        for notification_id in shown:
            persistent_notification.async_dismiss(hass, notification_id)
        shown.clear()

    return stop


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
