"""Forecasts: what a weather service foretells, read as the present weather is."""

import asyncio
from collections.abc import Mapping
from functools import partial
import logging
from typing import Any, Final

from homeassistant.components.weather import DOMAIN as WEATHER, SERVICE_GET_FORECASTS
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant

from ..const import DOMAIN, FORECAST_FAILURE_LIFETIME, FORECAST_LIFETIME, FORECAST_POINTS_MAX, FORECAST_TIMEOUT
from ..errors import (
    DeviceOfflineError,
    ForecastUnavailableError,
    NotReadyError,
    UnknownDeviceError,
    UnsupportedForecastError,
)
from .catalog import Catalog
from .model import Device, Json
from .traits.weather import Weather, read_forecast

_LOGGER = logging.getLogger(__name__)

type Points = list[dict[str, Any]]
type _Key = tuple[str, str]

_KEY: Final = "forecast"


class Forecasts:
    """Asks Home Assistant for forecasts, and keeps each for `FORECAST_LIFETIME` seconds.

    A failure is kept, too, for `FORECAST_FAILURE_LIFETIME` seconds.
    """

    def __init__(self, hass: HomeAssistant, catalog: Catalog) -> None:
        """Have asked for none yet."""
        self._hass = hass
        self._catalog = catalog
        self._asked: dict[_Key, asyncio.Task[Points]] = {}
        self._timers: dict[_Key, asyncio.TimerHandle] = {}
        self._stopped = False

    def stop(self) -> None:
        """Give up every question and forget every answer; who waits for one is told `NotReadyError`."""
        self._stopped = True
        for timer in self._timers.values():
            timer.cancel()
        for asked in self._asked.values():
            asked.cancel()
        self._timers.clear()
        self._asked.clear()

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
        key = (device.id, kind)
        asked = self._asked.get(key)
        if asked is None:
            asked = self._hass.async_create_task(self._ask(device, kind), f"{DOMAIN} forecast")
            self._asked[key] = asked
            asked.add_done_callback(partial(self._keep_a_while, key))
        # Others may wait for the same answer: it is waited for when this one leaves.
        await asyncio.wait([asked])
        if self._stopped:
            raise NotReadyError
        return asked.result()

    def _keep_a_while(self, key: _Key, asked: asyncio.Task[Points]) -> None:
        failed = asked.cancelled() or asked.exception() is not None  # whoever still waits hears of it
        if self._asked.get(key) is asked:
            lifetime = FORECAST_FAILURE_LIFETIME if failed else FORECAST_LIFETIME
            self._timers[key] = self._hass.loop.call_later(lifetime, self._forget, key)

    def _forget(self, key: _Key) -> None:
        self._timers.pop(key, None)
        self._asked.pop(key, None)

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
