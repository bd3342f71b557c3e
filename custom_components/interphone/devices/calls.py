"""Service calls of commands. The wait for a call is bounded; the call itself is never cancelled."""

import asyncio
from functools import partial
import logging
from typing import Any

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ..errors import CommandFailedError, CommandRejectedError, CommandTimeoutError
from .model import ServiceCall

_LOGGER = logging.getLogger(__name__)


class Calls:
    """Makes service calls and waits for each, for a limited time.

    A call is a background task of Home Assistant: it survives the wait and the unloading of Interphone, and is
    cancelled only when Home Assistant stops. A script that was cut off would leave a motor under power.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without calls."""
        self._hass = hass
        self._stopped: asyncio.Future[None] = hass.loop.create_future()

    @property
    def stopped(self) -> asyncio.Future[None]:
        """Done once nothing is waited for any more."""
        return self._stopped

    def stop(self) -> None:
        """End every wait with `CommandTimeoutError`; the calls go on."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    async def make(self, label: str, entity_id: str, call: ServiceCall, context: Context, wait: float) -> None:
        """Make a service call and wait up to so many seconds until it returns; `label` is what the log calls it.

        Raises `CommandTimeoutError`, `CommandRejectedError` for a call that Home Assistant or the device does not
        accept, and `CommandFailedError`. Failures are logged without their message, which may quote a PIN, also those
        that come after the wait.
        """
        data = {**call.data, ATTR_ENTITY_ID: entity_id}
        running = self._hass.async_create_background_task(
            self._hass.services.async_call(call.domain, call.service, data, blocking=True, context=context),
            f"{call.domain}.{call.service}",
        )
        if not running.done():
            either: set[asyncio.Future[Any]] = {running, self._stopped}
            await asyncio.wait(either, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            _LOGGER.warning("%s on %s did not return within %g s and goes on", label, entity_id, wait)
            running.add_done_callback(partial(_log_late_failure, label, entity_id))
            raise CommandTimeoutError
        if (kind := _failure(running)) is None:
            return
        _LOGGER.warning("%s on %s failed: %s", label, entity_id, kind)
        rejected = not running.cancelled() and isinstance(running.exception(), ServiceValidationError)
        raise CommandRejectedError if rejected else CommandFailedError


def _log_late_failure(label: str, entity_id: str, call: asyncio.Task[Any]) -> None:
    # Home Assistant cancels its background tasks when it stops.
    if not call.cancelled() and (kind := _failure(call)) is not None:
        _LOGGER.warning("%s on %s failed after it was no longer waited for: %s", label, entity_id, kind)


def _failure(call: asyncio.Task[Any]) -> str | None:
    """Return the kind of failure of a call that is done, None when it succeeded."""
    if call.cancelled():
        return "cancelled"
    error = call.exception()
    return None if error is None else getattr(error, "translation_key", None) or type(error).__name__
