"""Repair issues: what the owner has to mend or to decide, and the flows in which they do."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, override

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig
import voluptuous as vol

from .access.models import Grant, PausedBy
from .const import DOMAIN
from .errors import InterphoneError, StorageError, UnknownGrantError
from .relay import loaded_relay

STORE_UNREADABLE: Final = "store_unreadable"
GATE_CLOSED: Final = "gate_closed"
BACKUP_RESTORED: Final = "backup_restored"

# Fields of the flow of a restored backup.
LET_IN_AGAIN: Final = "let_in_again"
REVOKE: Final = "revoke"


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


def create_backup_restored(hass: HomeAssistant, count: int) -> None:
    """Create the repair issue: a restored backup paused `count` grants.

    Every user can list repair issues; the names of the websites stand in the fix flow, which is for administrators.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        BACKUP_RESTORED,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=BACKUP_RESTORED,
        translation_placeholders={"count": str(count)},
    )


def delete_backup_restored(hass: HomeAssistant) -> None:
    """Delete the repair issue."""
    ir.async_delete_issue(hass, DOMAIN, BACKUP_RESTORED)


def delete_all(hass: HomeAssistant) -> None:
    """Delete every repair issue of Interphone."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


class RestoredBackupFlow(RepairsFlow):
    """Lists the websites that a restored backup paused: each is let in again, revoked, or left for later."""

    async def async_step_init(self, _issue: dict[str, str] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_decide()

    async def async_step_decide(self, user_input: dict[str, list[str]] | None = None) -> RepairsFlowResult:
        """Show the list, and again what is left of it after each choice."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._decide(set(user_input[LET_IN_AGAIN]), set(user_input[REVOKE]))
        try:
            left = [grant for grant in loaded_relay(self.hass).grants.all if grant.paused_by is PausedBy.RESTORE]
        except InterphoneError as err:
            return self.async_abort(reason=err.code)
        if not left:
            return self.async_create_entry(data={})
        options = [SelectOptionDict(value=grant.id, label=_label(grant)) for grant in left]
        choice = SelectSelector(SelectSelectorConfig(options=options, multiple=True))
        fields = {vol.Optional(name, default=list): choice for name in (LET_IN_AGAIN, REVOKE)}
        return self.async_show_form(step_id="decide", data_schema=vol.Schema(fields), errors=errors)

    async def _decide(self, let_in_again: set[str], revoke: set[str]) -> dict[str, str]:
        """Apply a choice, and return what was wrong with it. A website that is gone meanwhile is passed over."""
        if let_in_again & revoke:
            return {"base": "chosen_twice"}
        try:
            grants = loaded_relay(self.hass).grants
            for grant_id in revoke:
                with suppress(UnknownGrantError):
                    await grants.revoke(grant_id)
            for grant_id in let_in_again:
                with suppress(UnknownGrantError):
                    await grants.resume(grant_id)
        except StorageError as err:
            return {"base": err.code}
        return {}


def _label(grant: Grant) -> str:
    return f"{grant.name} ({grant.origin})" if grant.origin else grant.name


FLOWS: Final[Mapping[str, type[RepairsFlow]]] = {GATE_CLOSED: OpenGateFlow, BACKUP_RESTORED: RestoredBackupFlow}


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, _data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    return FLOWS[issue_id]()
