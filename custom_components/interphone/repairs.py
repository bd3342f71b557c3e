"""Repair issues: what the owner has to mend by hand."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

STORE_UNREADABLE: Final = "store_unreadable"


def create_store_unreadable(hass: HomeAssistant, path: str, reason: str) -> None:
    """Create the repair issue: the store at `path` cannot be read or written, so nobody is let in."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        STORE_UNREADABLE,
        is_fixable=False,
        severity=ir.IssueSeverity.CRITICAL,
        translation_key=STORE_UNREADABLE,
        translation_placeholders={"path": path, "reason": reason},
    )


def delete_store_unreadable(hass: HomeAssistant) -> None:
    """Delete the repair issue."""
    ir.async_delete_issue(hass, DOMAIN, STORE_UNREADABLE)
