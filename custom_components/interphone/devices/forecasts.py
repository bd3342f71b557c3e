"""Weather forecasts, read as the present weather is."""

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
from .coalesced import Coalesced
from .model import Device, Json
from .traits.weather import Weather, read_forecast

# Sixteen days by the hour, the longest forecast that services give.
FORECAST_POINTS_MAX: Final = 384
# Timeout of a weather service, in seconds.
FORECAST_TIMEOUT: Final = 10.0
# All requests within this time get the same forecast: services make a new one every ten minutes at best, and some
# count or charge each request.
FORECAST_LIFETIME: Final = 60.0
# And the same failure: a service that is down is not requested without a pause, and is soon requested again.
FORECAST_FAILURE_LIFETIME: Final = 5.0

_LOGGER = logging.getLogger(__name__)

type Points = list[dict[str, Any]]

_KEY: Final = "forecast"


class Forecasts:
    """Fetches forecasts from Home Assistant, and caches each for `FORECAST_LIFETIME` seconds.

    A failure is cached for `FORECAST_FAILURE_LIFETIME` seconds.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog) -> None:
        """Start with an empty cache."""
        self._hass = hass
        self._catalog = catalog
        self._cache: Coalesced[tuple[str, str], Points] = Coalesced(
            hass, f"{DOMAIN} forecast", FORECAST_LIFETIME, FORECAST_FAILURE_LIFETIME
        )

    def stop(self) -> None:
        """Cancel every fetch and clear the cache; waiting requests get `NotReadyError`."""
        self._cache.stop()

    async def get(self, device: Device, kind: str) -> Points:
        """Return a forecast: at most `FORECAST_POINTS_MAX` points, soonest first, each an object of `FORECAST_FIELDS`.

        `kind` is one of `FORECASTS`. Raises `UnsupportedForecastError` for a device that does not offer it,
        `DeviceOfflineError`, `ForecastUnavailableError`, `NotReadyError`, and `UnknownDeviceError` when the device was
        removed meanwhile.
        """
        offered: Json = device.traits.get(Weather.name, {})
        kinds = offered.get("forecasts", ())
        if kind not in kinds:
            raise UnsupportedForecastError(f"this device's forecasts: {', '.join(kinds) or 'none'}")
        if not device.online:
            raise DeviceOfflineError
        return await self._cache.get((device.id, kind), partial(self._fetch, device, kind))

    async def _fetch(self, device: Device, kind: str) -> Points:
        raw = await self._call(device.entity_id, kind)
        entity = self._catalog.entity(device)
        if entity is None:
            raise UnknownDeviceError
        read = (read_forecast(entity, point) for point in raw if isinstance(point, Mapping))
        points = sorted((point for point in read if point), key=lambda point: str(point["at"]))
        if not points:
            # Home Assistant returns no points when a service could not be reached.
            raise ForecastUnavailableError
        return points[:FORECAST_POINTS_MAX]

    async def _call(self, entity_id: str, kind: str) -> list[Any]:
        data = {ATTR_ENTITY_ID: entity_id, "type": kind}
        try:
            async with asyncio.timeout(FORECAST_TIMEOUT):
                response = await self._hass.services.async_call(
                    WEATHER, SERVICE_GET_FORECASTS, data, blocking=True, return_response=True
                )
        except Exception as err:  # noqa: BLE001 - integrations raise anything
            _LOGGER.warning("%s gave no forecast: %s", entity_id, type(err).__name__)
            raise ForecastUnavailableError from None
        of_entity = (response or {}).get(entity_id)
        points = of_entity.get(_KEY) if isinstance(of_entity, Mapping) else None
        if not isinstance(points, list):
            raise ForecastUnavailableError
        return points
