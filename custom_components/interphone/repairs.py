"""What the owner has to mend by hand, told in Home Assistant's repairs."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

STORE_UNREADABLE: Final = "store_unreadable"


def store_unreadable(hass: HomeAssistant, path: str, reason: str) -> None:
    """Tell that nobody is let in until the store can be read and written again."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        STORE_UNREADABLE,
        is_fixable=False,
        severity=ir.IssueSeverity.CRITICAL,
        translation_key=STORE_UNREADABLE,
        translation_placeholders={"path": path, "reason": reason},
    )


def store_readable(hass: HomeAssistant) -> None:
    """Take that back."""
    ir.async_delete_issue(hass, DOMAIN, STORE_UNREADABLE)
