"""A home with a camera that streams a film, a website that sees it, and the address of the stream."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.setup import async_setup_component
import pytest

from ....cameras import FilmCamera, LiveCamera, StillCamera, set_up_cameras
from ....conftest import ORIGIN, Home, Tokens
from ....film import Lens, make_film
from .addresses import SECONDS, opened


@pytest.fixture(scope="module")
def film() -> bytes:
    return make_film(SECONDS)


@pytest.fixture
def options() -> dict[str, Any]:
    cameras = ["camera.garden", "camera.porch", "camera.gate"]
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": cameras}


@pytest.fixture
async def lens(film: bytes) -> AsyncGenerator[Lens]:
    lens = Lens(film)
    await lens.open()
    yield lens
    await lens.close()


@pytest.fixture
async def camera(home: Home, lens: Lens) -> AsyncGenerator[FilmCamera]:
    # The shorter a part, the sooner a missing one times out.
    assert await async_setup_component(home.hass, "stream", {"stream": {"part_duration": 0.2}})
    camera = FilmCamera(lens.address)
    await set_up_cameras(home.hass, camera, StillCamera(), LiveCamera())
    yield camera
    # Home Assistant leaves a timer behind when a stream is stopped while watched, or before its first part.
    await lens.close()
    if camera.stream:
        for output in camera.stream.outputs().values():
            await camera.stream.remove_provider(output)
            output.idle_timer.clear()


@pytest.fixture
async def path(home: Home, tokens: Tokens, camera: FilmCamera) -> str:
    return f"/devices/{(await home.device(tokens, camera.name))['id']}/stream"


@pytest.fixture
async def master(home: Home, tokens: Tokens, path: str) -> str:
    return await opened(home, tokens, path)
