"""`/devices/{id}/snapshot`: a camera's still picture."""

from aiohttp import hdrs, web

from ... import errors
from ..operation import Operation
from ..view import DeviceCall, DeviceView


class StillView(DeviceView):
    """A camera's picture as it is now, which no cache keeps."""

    path = "/devices/{device_id}/snapshot"

    @Operation(
        "What a camera sees now",
        {"image/*": None, "application/octet-stream": None},
        errors=(
            errors.UnsupportedCommandError,
            errors.DeviceOfflineError,
            errors.CommandFailedError,
            errors.PictureTooLargeError,
        ),
    )
    async def get(self, call: DeviceCall) -> web.Response:
        """Return the picture as the camera gave it."""
        picture = await call.read(call.relay.stills.get(call.device))
        return web.Response(
            body=picture.content,
            content_type=picture.content_type,
            headers={hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"},
        )
