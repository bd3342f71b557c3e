"""`/devices/{id}/forecast`: the weather to come."""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web
import voluptuous as vol

from ...const import BASE_PATH
from ...devices.traits.weather import FORECASTS
from ...errors import InvalidRequestError
from ...relay import Relay
from ..view import Handler, InterphoneView, answer, authenticate, describe

QUERY_SCHEMA: Final = vol.Schema(
    {vol.Required("type"): vol.In(FORECASTS, msg=f"expected one of: {', '.join(FORECASTS)}")}, extra=vol.REMOVE_EXTRA
)


class ForecastView(InterphoneView):
    """What a weather service foretells, soonest first."""

    url = f"{BASE_PATH}/devices/{{device_id}}/forecast"
    name = "api:interphone:forecast"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        device = relay.catalog.seen(request.match_info["device_id"], grant.scope)
        try:
            asked = QUERY_SCHEMA(dict(request.query))
        except vol.Invalid as err:
            raise InvalidRequestError(describe(err)) from err
        points = await relay.forecasts.get(device, asked["type"])
        # The weather service took its time: what was given may have been taken back.
        relay.catalog.seen(device.id, relay.grants.require_active(grant.id).scope)
        return answer({"success": True, "id": device.id, "type": asked["type"], "points": points})
