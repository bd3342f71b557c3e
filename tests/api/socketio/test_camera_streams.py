"""A website knows of each camera which pictures it may ask for, and hears when that changes."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.components.camera import CameraEntityFeature, async_register_webrtc_provider
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from ...cameras import FilmCamera, GoBetween, LiveCamera, StillCamera, set_up_cameras
from ...conftest import ORIGIN, Connect, Home

type Streams = Callable[[], Awaitable[list[str]]]

# Nobody watches here.
NOWHERE = "tcp://127.0.0.1:1"


@pytest.fixture
def options() -> dict[str, Any]:
    cameras = ["camera.garden", "camera.yard", "camera.porch", "camera.gate"]
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": cameras}


@pytest.fixture
def registered() -> bool:
    """Whether Home Assistant's registry knows the camera."""
    return True


@pytest.fixture
async def camera(home: Home, *, registered: bool) -> FilmCamera:
    camera = FilmCamera(NOWHERE)
    if not registered:
        camera._attr_unique_id = None
    await set_up_cameras(home.hass, camera, StillCamera(), LiveCamera())
    return camera


@pytest.fixture
async def streams(home: Home, camera: FilmCamera, connect: Connect) -> Streams:
    """Return the camera's streams in the next `devices`."""
    website = await connect((await home.pair_from_display()).token)
    devices = (await website.receive("snapshot"))["devices"]
    described = {device["name"]: device["traits"]["camera"] for device in devices if device["type"] == "camera"}
    assert described == {
        "Garden": {"snapshot": True, "streams": []},
        "Gate": {"snapshot": True, "streams": ["webrtc"]},
        "Porch": {"snapshot": True, "streams": []},
    }

    async def streams() -> list[str]:
        [changed] = (await website.receive("devices"))["changed"]
        assert changed["name"] == camera.name
        return list(changed["traits"]["camera"]["streams"])

    # Home Assistant can stream from now on.
    assert await async_setup_component(home.hass, "stream", {})
    assert await streams() == ["hls"]
    return streams


async def test_another_integration_makes_webrtc_of_it(home: Home, streams: Streams) -> None:
    unregister = async_register_webrtc_provider(home.hass, GoBetween())
    assert await streams() == ["hls", "webrtc"]
    unregister()
    assert await streams() == ["hls"]


async def test_another_integration_does_when_the_camera_begins_to_record(
    home: Home, camera: FilmCamera, streams: Streams
) -> None:
    camera._attr_is_recording = True
    async_register_webrtc_provider(home.hass, GoBetween())
    assert await streams() == ["hls", "webrtc"]


@pytest.mark.parametrize("registered", [True, False])
async def test_the_camera_itself_changes(camera: FilmCamera, streams: Streams) -> None:
    for features, expected in ((CameraEntityFeature(0), []), (CameraEntityFeature.STREAM, ["hls"])):
        camera._attr_supported_features = features
        camera.async_write_ha_state()
        assert await streams() == expected


async def test_a_camera_that_was_renamed(home: Home, streams: Streams) -> None:
    er.async_get(home.hass).async_update_entity("camera.garden", new_entity_id="camera.yard")
    await home.hass.async_block_till_done()
    async_register_webrtc_provider(home.hass, GoBetween())
    assert await streams() == ["hls", "webrtc"]


@pytest.mark.usefixtures("streams")
async def test_a_camera_out_of_reach_keeps_its_description(home: Home, camera: FilmCamera) -> None:
    camera._attr_available = False
    camera.async_write_ha_state()
    await home.hass.async_block_till_done()
    tokens = await home.pair_from_display()
    device = await home.device(tokens, "Garden")
    assert (device["online"], device["traits"]["camera"]["streams"]) == (False, ["hls"])
