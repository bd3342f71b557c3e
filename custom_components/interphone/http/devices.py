"""`/devices` and `/commands`: the home over REST."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs, web
from homeassistant.core import Context

from ..const import BASE_PATH, BATCH_SIZE_MAX
from ..errors import InvalidRequestError, UnknownDeviceError
from ..messages import negotiate
from ..relay import Relay
from .view import Handler, InterphoneView, answer, authenticate, read_json


class DevicesView(InterphoneView):
    """All devices the grant sees, and the feed's position they are true at."""

    url = f"{BASE_PATH}/devices"
    name = "api:interphone:devices"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        position, devices = relay.feed.snapshot(grant.scope)
        return answer({"success": True, **dict(position), "devices": [device.as_dict() for device in devices]})


class DeviceView(InterphoneView):
    """One device."""

    url = f"{BASE_PATH}/devices/{{device_id}}"
    name = "api:interphone:device"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        device = relay.catalog.get(request.match_info["device_id"])
        if device is None or not grant.scope.sees(device.id):
            raise UnknownDeviceError
        return answer({"success": True, **dict(relay.feed.position), "device": device.as_dict()})


class CommandsView(InterphoneView):
    """Carry out one command, or a list of them."""

    url = f"{BASE_PATH}/commands"
    name = "api:interphone:commands"

    def handlers(self) -> Mapping[str, Handler]:
        """POST."""
        return {hdrs.METH_POST: self._post}

    async def _post(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        asked = await read_json(request)
        language = negotiate(request.headers.get(hdrs.ACCEPT_LANGUAGE))
        if isinstance(asked, list):
            return answer({"success": True, "results": await run_batch(relay, grant.id, asked, language)})
        result = await relay.commands.run(grant, asked, context=Context())
        if result.error:
            body = relay.messages.body(result.error, language) | {"id": result.id, "status": result.status}
            return answer(body, result.error.status)
        return answer({"success": True, **result.as_dict(None)}, HTTPStatus.OK)


async def run_batch(relay: Relay, grant_id: str, envelopes: list[Any], language: str) -> list[dict[str, Any]]:
    """Carry out commands in their order; each has its own outcome. Raises `InvalidRequestError` for too many."""
    if not 1 <= len(envelopes) <= BATCH_SIZE_MAX:
        raise InvalidRequestError(f"expected 1 to {BATCH_SIZE_MAX} commands")
    results = await relay.commands.run_many(relay.grants.require_active(grant_id), envelopes)
    return [result.as_dict(relay.messages.text(result.error, language) if result.error else None) for result in results]
