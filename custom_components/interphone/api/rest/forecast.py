"""`/devices/{id}/forecast`: the weather to come."""

from typing import Final

from aiohttp import web
import voluptuous as vol

from ... import errors
from ...devices.traits.weather import FORECASTS
from ..contract import Payload, component
from ..operation import Operation, json_of
from ..view import DeviceCall, DeviceView, json_response

TYPE: Final = vol.In(FORECASTS, msg=f"expected one of: {', '.join(FORECASTS)}")

QUERY: Final = Payload(
    vol.Schema({vol.Required("type", description="One of the device's `forecasts`."): TYPE}, extra=vol.REMOVE_EXTRA)
)


class ForecastView(DeviceView):
    """A weather service's forecast, soonest first."""

    path = "/devices/{device_id}/forecast"

    @Operation(
        "A weather service's forecast, soonest first",
        json_of(id=str, type=TYPE, points=[component("forecast")]),
        errors=(errors.UnsupportedForecastError, errors.DeviceOfflineError, errors.ForecastUnavailableError),
        query=QUERY,
    )
    async def get(self, call: DeviceCall) -> web.Response:
        """Return the forecast of the type that is asked for."""
        points = await call.read(call.relay.forecasts.get(call.device, call.query["type"]))
        return json_response({"success": True, "id": call.device.id, "type": call.query["type"], "points": points})
