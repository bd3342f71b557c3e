"""`/devices/{id}/snapshot`: what a camera sees now."""

from collections.abc import Mapping

from aiohttp import hdrs, web

from ...const import BASE_PATH
from ...relay import Relay
from ..view import Handler, InterphoneView, authenticate


class SnapshotView(InterphoneView):
    """A still picture, which no cache keeps."""

    url = f"{BASE_PATH}/devices/{{device_id}}/snapshot"
    name = "api:interphone:snapshot"

    def handlers(self) -> Mapping[str, Handler]:
        """GET."""
        return {hdrs.METH_GET: self._get}

    async def _get(self, relay: Relay, request: web.Request) -> web.Response:
        grant = authenticate(relay, request)
        device = relay.catalog.seen(request.match_info["device_id"], grant.scope)
        picture = await relay.pictures.get(device)
        # The camera took its time: what was given may have been taken back.
        relay.catalog.seen(device.id, relay.grants.require_active(grant.id).scope)
        return web.Response(
            body=picture.content,
            content_type=picture.content_type,
            headers={hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"},
        )
