"""Repair issues: what the owner has to mend, and the fix flow that opens the failure gate."""

from typing import Final, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .relay import loaded_relay

STORE_UNREADABLE: Final = "store_unreadable"
GATE_CLOSED: Final = "gate_closed"


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


def create_gate_closed(hass: HomeAssistant) -> None:
    """Create the repair issue: too many wrong codes, so none is shown.

    Every user can list repair issues, so it says nothing of who requested a code.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        GATE_CLOSED,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=GATE_CLOSED,
    )


def delete_gate_closed(hass: HomeAssistant) -> None:
    """Delete the repair issue."""
    ir.async_delete_issue(hass, DOMAIN, GATE_CLOSED)


class OpenGateFlow(ConfirmRepairFlow):
    """Opens the failure gate once an administrator confirms; Home Assistant lets nobody else fix anything."""

    @override
    async def async_step_confirm(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Open the gate."""
        if user_input is not None:
            loaded_relay(self.hass).desk.gate.open()
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    _hass: HomeAssistant, _issue_id: str, _data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of the one issue that can be fixed."""
    return OpenGateFlow()
