"""Codes as notifications of Home Assistant's frontend, for homes whose dashboards show no panel.

Every user of the home sees a notification, and nobody else does; it is kept in memory and is no state.
"""

from collections.abc import Callable
from typing import Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .messages import negotiate
from .pairing.models import Pairing, PairingKind, PairingState
from .relay import Relay

# Digits a person keeps in mind while walking to another screen.
GROUP: Final = 4


def start(hass: HomeAssistant, relay: Relay) -> Callable[[], None]:
    """Show each code while it lives; what is returned takes all of them away and stops."""
    shown: set[str] = set()

    def follow(pairing: Pairing) -> None:
        notification_id = f"{DOMAIN}_{pairing.id}"
        if pairing.state is PairingState.SHOWN:
            shown.add(notification_id)
            title, message = _words(hass, relay, pairing)
            persistent_notification.async_create(hass, message, title, notification_id)
        elif notification_id in shown:
            shown.discard(notification_id)
            persistent_notification.async_dismiss(hass, notification_id)

    unsubscribe = relay.desk.subscribe(follow)

    def stop() -> None:
        unsubscribe()
        for notification_id in shown:
            persistent_notification.async_dismiss(hass, notification_id)
        shown.clear()

    return stop


def _words(hass: HomeAssistant, relay: Relay, pairing: Pairing) -> tuple[str, str]:
    """Return title and message in the home's language."""
    language = negotiate(hass.config.language)
    code = pairing.code or ""
    groups = " ".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
    title = relay.messages.phrase("code_title", language)
    if pairing.kind is PairingKind.DISPLAY:
        return title, relay.messages.phrase("code_message_begun", language, code=groups)
    who = pairing.requester.client_name or pairing.requester.origin or pairing.requester.source
    return (
        title,
        # A stranger's words: in a code span, where Markdown has no links and no pictures.
        relay.messages.phrase("code_message", language, code=groups, who=f"`{who.replace('`', chr(39))}`"),
    )
