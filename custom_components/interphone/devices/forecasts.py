"""Forecasts: what a weather service foretells, read as the present weather is."""

import asyncio
from collections.abc import Mapping
from functools import partial
import logging
from typing import Any, Final

from homeassistant.components.weather import DOMAIN as WEATHER, SERVICE_GET_FORECASTS
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..errors import (
    DeviceOfflineError,
    ForecastUnavailableError,
    UnknownDeviceError,
    UnsupportedForecastError,
)
from .catalog import Catalog
from .model import Device, Json
from .once import Once
from .traits.weather import Weather, read_forecast

# A forecast: sixteen days by the hour, as the most generous services give.
FORECAST_POINTS_MAX: Final = 384
# A weather service that has not answered by then is given up.
FORECAST_TIMEOUT: Final = 10.0
# Everyone who asks for it within this time gets the same one: services foretell anew every ten minutes at best, and
# some count or charge each question.
FORECAST_LIFETIME: Final = 60.0
# And the same failure: a service that is down is not asked without a pause, and is soon asked again.
FORECAST_FAILURE_LIFETIME: Final = 5.0

_LOGGER = logging.getLogger(__name__)

type Points = list[dict[str, Any]]

_KEY: Final = "forecast"


class Forecasts:
    """Asks Home Assistant for forecasts, and keeps each for `FORECAST_LIFETIME` seconds.

    A failure is kept, too, for `FORECAST_FAILURE_LIFETIME` seconds.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog) -> None:
        """Have asked for none yet."""
        self._hass = hass
        self._catalog = catalog
        self._asked: Once[tuple[str, str], Points] = Once(
            hass, f"{DOMAIN} forecast", FORECAST_LIFETIME, FORECAST_FAILURE_LIFETIME
        )

    def stop(self) -> None:
        """Give up every question and forget every answer; who waits for one is told `NotReadyError`."""
        self._asked.stop()

    async def get(self, device: Device, kind: str) -> Points:
        """Return a forecast's points, soonest first, at most `FORECAST_POINTS_MAX`, each as `FORECAST_FIELDS` say.

        They were told now or a moment ago. Raises `UnsupportedForecastError` for what does not offer this kind,
        `DeviceOfflineError`, `ForecastUnavailableError`, and `UnknownDeviceError` when the device is just gone.
        """
        offered: Json = device.traits.get(Weather.name, {})
        kinds = offered.get("forecasts", ())
        if kind not in kinds:
            raise UnsupportedForecastError(f"this device's forecasts: {', '.join(kinds) or 'none'}")
        if not device.online:
            raise DeviceOfflineError
        return await self._asked.get((device.id, kind), partial(self._ask, device, kind))

    async def _ask(self, device: Device, kind: str) -> Points:
        told = await self._told(device.entity_id, kind)
        entity = self._catalog.entity(device)
        if entity is None:
            raise UnknownDeviceError
        read = (read_forecast(entity, point) for point in told if isinstance(point, Mapping))
        points = sorted((point for point in read if point), key=lambda point: str(point["at"]))
        if not points:
            # So Home Assistant tells of a service that could not be asked.
            raise ForecastUnavailableError
        return points[:FORECAST_POINTS_MAX]

    async def _told(self, entity_id: str, kind: str) -> list[Any]:
        data = {ATTR_ENTITY_ID: entity_id, "type": kind}
        try:
            async with asyncio.timeout(FORECAST_TIMEOUT):
                response = await self._hass.services.async_call(
                    WEATHER, SERVICE_GET_FORECASTS, data, blocking=True, return_response=True
                )
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            _LOGGER.warning("%s gave no forecast: %s", entity_id, type(err).__name__)
            raise ForecastUnavailableError from None
        answer = (response or {}).get(entity_id)
        told = answer.get(_KEY) if isinstance(answer, Mapping) else None
        if not isinstance(told, list):
            raise ForecastUnavailableError
        return told
