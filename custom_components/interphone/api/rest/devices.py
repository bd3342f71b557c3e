"""`/devices` and `/commands`: the home over REST."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from aiohttp import hdrs, web
from homeassistant.core import Context

from ...access.models import Grant
from ...const import BASE_PATH
from ...devices.commands import CommandResult
from ...devices.payloads import position, snapshot
from ...errors import InterphoneError
from ...messages import negotiate
from ...relay import Relay
from ..view import Handler, InterphoneView, answer, authenticate, read_json


class DevicesView(InterphoneView):
    """All devices the grant sees, and the feed's position they are true at."""

    url = f"{BASE_PATH}/devices"
    name = "api:interphone:devices"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        return answer({"success": True, **snapshot(relay.feed, grant.scope)})


class DeviceView(InterphoneView):
    """One device."""

    url = f"{BASE_PATH}/devices/{{device_id}}"
    name = "api:interphone:device"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        device = relay.catalog.seen(request.match_info["device_id"], grant.scope)
        return answer({"success": True, **position(relay.feed, grant.scope), "device": device.as_dict()})


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
        # The body took its time: what was given may have been taken back.
        grant = relay.grants.require_active(grant.id)
        language = negotiate(request.headers.get(hdrs.ACCEPT_LANGUAGE))
        if isinstance(asked, list):
            results = await relay.commands.run_many(partial(relay.grants.require_active, grant.id), asked)
            told = (relay.messages.outcome(_as_seen(relay, grant, result), language) for result in results)
            return answer({"success": True, "results": list(told)})
        result = _as_seen(relay, grant, await relay.commands.run(grant, asked, context=Context()))
        if result.error:
            body = relay.messages.body(result.error, language) | {"id": result.id, "status": result.status}
            return answer(body, result.error.status)
        return answer({"success": True, **result.as_dict(None)}, HTTPStatus.OK)


def _as_seen(relay: Relay, grant: Grant, result: CommandResult) -> CommandResult:
    """Return what came of a command; a website that was put out while it ran learns no state by it."""
    try:
        relay.grants.require_active(grant.id)
    except InterphoneError:
        return replace(result, state=None)
    return result
