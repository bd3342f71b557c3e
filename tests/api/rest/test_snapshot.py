"""What a camera sees now, for those who may see it."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.interphone.const import BASE_PATH
from custom_components.interphone.media.stills import STILL_LIFETIME, STILL_SIZE_MAX

from ...cameras import StillCamera, set_up_cameras
from ...conftest import ORIGIN, Home, Tokens


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": ["camera.porch"]}


@pytest.fixture
async def camera(home: Home) -> StillCamera:
    camera = StillCamera()
    await set_up_cameras(home.hass, camera)
    return camera


@pytest.fixture
async def path(home: Home, tokens: Tokens, camera: StillCamera) -> str:
    return f"/devices/{(await home.device(tokens, camera.name))['id']}/snapshot"


async def picture(home: Home, tokens: Tokens, path: str) -> bytes:
    async with home.client.get(BASE_PATH + path, headers=tokens.headers) as response:
        assert response.status == 200, await response.text()
        return await response.read()


async def test_a_picture_that_no_cache_keeps(home: Home, tokens: Tokens, path: str) -> None:
    async with home.client.get(BASE_PATH + path, headers={**tokens.headers, "Origin": ORIGIN}) as response:
        assert response.status == 200
        assert response.content_type == "image/jpeg"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert await response.read() == b"\xff\xd8 the porch"


async def test_all_who_ask_at_once_share_one_fetch(home: Home, tokens: Tokens, path: str, camera: StillCamera) -> None:
    camera.ready.clear()
    asked = [asyncio.create_task(picture(home, tokens, path)) for _ in range(8)]
    left = asyncio.create_task(picture(home, tokens, path))
    await camera.working.wait()
    # One of them leaving takes nothing from the others.
    left.cancel()
    camera.ready.set()
    assert set(await asyncio.gather(*asked)) == {b"\xff\xd8 the porch"}
    assert camera.asked == 1


async def test_a_picture_is_kept_for_a_moment_only(home: Home, tokens: Tokens, path: str, camera: StillCamera) -> None:
    await picture(home, tokens, path)
    camera.picture = b"later"
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=STILL_LIFETIME + 0.1))
    assert await picture(home, tokens, path) == b"later"


@pytest.mark.parametrize(
    ("claimed", "passed_on"),
    [
        ("image/jpg", "image/jpeg"),
        ("image/png", "image/png"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
    ],
)
async def test_only_pictures_are_called_pictures(
    home: Home, tokens: Tokens, path: str, camera: StillCamera, claimed: str, passed_on: str
) -> None:
    camera.content_type = claimed
    async with home.client.get(BASE_PATH + path, headers=tokens.headers) as response:
        assert response.content_type == passed_on


async def test_what_has_no_picture_says_so(home: Home, tokens: Tokens, path: str) -> None:
    light = (await home.device(tokens))["id"]
    await home.refused(422, "unsupported_command", "GET", f"/devices/{light}/snapshot", headers=tokens.headers)
    await home.refused(404, "unknown_device", "GET", "/devices/nothing/snapshot", headers=tokens.headers)
    await home.refused(401, "missing_token", "GET", path)


@pytest.mark.parametrize("fault", [None, ValueError("rtsp://user:secret@camera"), TimeoutError()])
async def test_a_camera_that_fails_is_told_without_its_words(
    home: Home,
    tokens: Tokens,
    path: str,
    camera: StillCamera,
    fault: Exception | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera.picture, camera.fault = None, fault
    body = await home.refused(502, "command_failed", "GET", path, headers=tokens.headers)
    assert "secret" not in body["message"]
    assert "secret" not in caplog.text


async def test_a_film_is_not_passed_on(home: Home, tokens: Tokens, path: str, camera: StillCamera) -> None:
    camera.picture = bytes(STILL_SIZE_MAX + 1)
    await home.refused(502, "picture_too_large", "GET", path, headers=tokens.headers)


async def test_a_camera_out_of_reach(home: Home, tokens: Tokens, path: str, camera: StillCamera) -> None:
    camera._attr_available = False
    camera.async_write_ha_state()
    await home.refused(409, "device_offline", "GET", path, headers=tokens.headers)
    assert not camera.asked


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ({"command": "grants/revoke"}, (401, "grant_revoked")),
        ({"command": "grants/pause"}, (403, "grant_paused")),
        ({"command": "grants/update", "scope": {"devices": []}}, (404, "unknown_device")),
    ],
)
async def test_who_is_put_out_while_the_camera_works_gets_nothing(
    home: Home, tokens: Tokens, path: str, camera: StillCamera, act: dict[str, Any], refusal: tuple[int, str]
) -> None:
    camera.ready.clear()
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    await camera.working.wait()
    await home.command(grant_id=tokens.grant_id, **act)
    camera.ready.set()
    status, body = await asked
    assert (status, body["error"]) == refusal


async def test_a_home_that_stops_waits_for_no_camera(
    home: Home, tokens: Tokens, path: str, camera: StillCamera
) -> None:
    camera.ready.clear()
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    await camera.working.wait()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    status, body = await asked
    assert (status, body["error"]) == (503, "not_ready")
