"""`/devices`: the devices of the home as the grant sees them."""

from aiohttp import web

from ...devices.payloads import position, snapshot
from ..contract import COUNT, component
from ..operation import Operation, json_of
from ..view import DeviceCall, DeviceView, GrantCall, GrantView, json_response


class DevicesView(GrantView):
    """The snapshot: all devices that the grant sees, and the position in the feed at which they are true."""

    path = "/devices"

    @Operation("All devices this website sees", json_of(epoch=str, seq=COUNT, devices=[component("device")]))
    async def get(self, call: GrantCall) -> web.Response:
        """Return the snapshot."""
        return json_response({"success": True, **snapshot(call.relay.feed, call.grant.scope)})


class DeviceDetailView(DeviceView):
    """One device, and the position in the feed at which it is true."""

    path = "/devices/{device_id}"

    @Operation("One device", json_of(epoch=str, seq=COUNT, device=component("device")))
    async def get(self, call: DeviceCall) -> web.Response:
        """Return the device."""
        at = position(call.relay.feed, call.grant.scope)
        device = call.device.seen_by(call.grant.scope) or call.device
        return json_response({"success": True, **at, "device": device.as_dict()})
