"""Closing of the failure gate is loud: a repair issue, a bus event, and a line in the log."""

from collections.abc import Callable
import logging
from typing import Final

from homeassistant.core import HomeAssistant, callback

from . import repairs
from .const import EVENT_GATE_CLOSED
from .pairing.gate import FailureGate

_LOGGER: Final = logging.getLogger(__name__)


def start(hass: HomeAssistant, gate: FailureGate) -> Callable[[], None]:
    """Alarm when the gate closes, once; the returned function ends that and deletes the repair issue.

    A gate that is closed already has a repair issue only: its closing was reported before.
    """

    @callback
    def on_change(closed: bool) -> None:  # noqa: FBT001 - a listener's one value
        if not closed:
            repairs.delete_gate_closed(hass)
            return
        _LOGGER.warning(
            "%d wrong codes were typed in this home. No code is shown until someone taps a display, presses "
            "Interphone's button, or a day has passed",
            gate.failures,
        )
        repairs.create_gate_closed(hass)
        hass.bus.async_fire(EVENT_GATE_CLOSED, {"failures": gate.failures})

    unsubscribe = gate.subscribe_state(on_change)
    if gate.closed:
        repairs.create_gate_closed(hass)

    def stop() -> None:
        unsubscribe()
        repairs.delete_gate_closed(hass)

    return stop
