"""Records pairings, changes of grants, and commands in the audit; fires the events of pairings."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import Event, HomeAssistant, callback

from .access.audit import Act, Audit
from .access.grants import GrantChange, GrantEvent, Grants
from .const import EVENT_COMMAND, EVENT_PAIRING
from .pairing.desk import PairingDesk
from .pairing.models import Pairing, PairingKind, PairingState

PAIRING_ACTS: Final = {
    PairingState.SHOWN: Act.SHOWN,
    PairingState.WAITING: Act.CONCEALED,
    PairingState.PAIRED: Act.PAIRED,
    PairingState.EXPIRED: Act.EXPIRED,
    PairingState.REJECTED: Act.REJECTED,
    PairingState.EXHAUSTED: Act.EXHAUSTED,
}


# Events of the bus for each act. "Paired" is fired once there is a grant.
EVENT_TYPES: Final = {
    Act.REQUESTED: "requested",
    Act.REFUSED: "failed",
    Act.REJECTED: "refused",
    Act.EXHAUSTED: "exhausted",
}

GRANT_ACTS: Final = {
    GrantEvent.CREATED: Act.CREATED,
    GrantEvent.EDITED: Act.EDITED,
    GrantEvent.REFRESHED: Act.REFRESHED,
    GrantEvent.PAUSED: Act.PAUSED,
    GrantEvent.RESUMED: Act.RESUMED,
    GrantEvent.REVOKED: Act.REVOKED,
    GrantEvent.TOKEN_ENDED: Act.TOKEN_ENDED,
    GrantEvent.REUSED: Act.TOKEN_REUSED,
}


class _PairingTrail:
    """Derives acts from the successive states of each pairing."""

    def __init__(self, hass: HomeAssistant, audit: Audit) -> None:
        self._hass = hass
        self._audit = audit
        self._last: dict[str, Pairing] = {}

    def follow(self, pairing: Pairing) -> None:
        """Record what has changed since the last notification of this pairing."""
        before = self._last.get(pairing.id)
        if before is None:
            self._note(Act.REQUESTED, pairing, pairing.requester.source)
        if before and pairing.attempts_left < before.attempts_left:
            self._note(Act.REFUSED, pairing, pairing.checked_from)
        if before and pairing.state is not before.state and pairing.state in PAIRING_ACTS:
            self._note(PAIRING_ACTS[pairing.state], pairing, pairing.checked_from)
        if pairing.state.live:
            self._last[pairing.id] = pairing
        else:
            self._last.pop(pairing.id, None)

    def _note(self, act: Act, pairing: Pairing, source: str | None) -> None:
        website = pairing.requester.client_name or pairing.requester.origin
        self._audit.record(act, source=source, detail=website)
        if type_ := EVENT_TYPES.get(act):
            if act is Act.REQUESTED and pairing.kind is PairingKind.DISPLAY:
                type_ = "begun"
            _fire(self._hass, type_, website, pairing.requester.origin, source)


def _fire(hass: HomeAssistant, type_: str, website: str | None, origin: str | None, source: str | None) -> None:
    """Fire an event of a pairing. `website` and `origin` are claims until there is a proof of them."""
    hass.bus.async_fire(EVENT_PAIRING, {"type": type_, "website": website, "origin": origin, "source": source})


def start(hass: HomeAssistant, audit: Audit, desk: PairingDesk, grants: Grants) -> Callable[[], None]:
    """Record from now on, until the returned function is called."""

    def follow_grant(change: GrantChange) -> None:
        grant = change.grant
        audit.record(GRANT_ACTS[change.event], grant_id=grant.id, grant_name=grant.name, source=change.source)
        if change.event is GrantEvent.CREATED:
            _fire(hass, "paired", grant.name, grant.origin, change.source)

    @callback
    def follow_command(event: Event[dict[str, Any]]) -> None:
        data = event.data
        grant = next((grant for grant in grants.all if grant.id == data["grant_id"]), None)
        audit.record(
            Act.COMMAND,
            grant_id=data["grant_id"],
            grant_name=data["grant_name"],
            source=grant.last_source if grant else None,
            detail=f"{data['command']} {data['entity_id']}",
        )

    unsubscribers = (
        desk.subscribe(_PairingTrail(hass, audit).follow),
        desk.gate.subscribe_state(lambda closed: audit.record(Act.GATE_CLOSED if closed else Act.GATE_OPENED)),
        grants.subscribe(follow_grant),
        hass.bus.async_listen(EVENT_COMMAND, follow_command),
    )

    def stop() -> None:
        for unsubscribe in unsubscribers:
            unsubscribe()

    return stop
