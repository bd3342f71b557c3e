"""Diagnostics: options and state, without secrets, codes, names or addresses."""

from collections import Counter
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant

from .access.models import Scope
from .access.records import dump_grant
from .const import (
    CONF_DISPLAY_USERS,
    CONF_DOORBELLS,
    CONF_DOORS,
    CONF_EXCLUDE,
    CONF_HARMLESS,
    CONF_INCLUDE,
    CONF_ORIGINS,
    CONF_SENSITIVE_ENTITIES,
)
from .relay import InterphoneConfigEntry

EVERYTHING: Final = Scope()
REDACTED: Final = {
    CONF_DISPLAY_USERS,
    CONF_DOORBELLS,
    CONF_DOORS,
    CONF_EXCLUDE,
    CONF_HARMLESS,
    CONF_INCLUDE,
    CONF_ORIGINS,
    CONF_SENSITIVE_ENTITIES,
    "id",
    "name",
    "origin",
    "account_hint",
    "last_source",
    "areas",
    "floors",
    "labels",
    "devices",
}


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: InterphoneConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of the entry."""
    relay = entry.runtime_data
    devices = relay.catalog.devices(EVERYTHING)
    return {
        "options": async_redact_data(dict(entry.options), REDACTED),
        "grants": [async_redact_data(dump_grant(grant), REDACTED) for grant in relay.grants.all],
        "pairings": [{"kind": pairing.kind, "state": pairing.state} for pairing in relay.desk.live()],
        "failure_gate": {"failures": relay.desk.gate.failures, "closed": relay.desk.gate.closed},
        "devices": {
            "types": Counter(device.type for device in devices),
            "offline": sum(not device.online for device in devices),
        },
        "feed": {"seq": relay.feed.seq},
        "acts": Counter(record["act"] for record in relay.audit.records()),
    }
