"""Limits of streams: lifetime and number of addresses, and how long a camera is tried."""

import asyncio

from homeassistant.components.stream.const import OUTPUT_STARTUP_TIMEOUT
import pytest

from custom_components.interphone.media.hls import STREAM_FAILURE_LIFETIME, STREAM_REQUESTS_MAX, STREAMS_PER_GRANT

from ....cameras import FilmCamera
from ....conftest import Home, Tokens
from ....player import named, playlist
from .addresses import (
    WHOLE_SEGMENTS,
    opened,
    pass_seconds,
    reach,
    reload,
    revoke,
    set_token_lifetime,
    waiting_for_a_segment,
)


async def test_a_camera_that_failed_is_not_tried_again_for_a_while(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera
) -> None:
    source, camera.source = camera.source, None
    other = await home.pair_from_display()
    for headers in (tokens.headers, other.headers, tokens.headers):
        await home.refused(503, "stream_unavailable", "GET", path, headers=headers)
    assert camera.asked == 1
    camera.source = source
    pass_seconds(home, STREAM_FAILURE_LIFETIME + 1)
    await playlist(home, await opened(home, tokens, path))
    assert camera.asked == 2


async def test_a_camera_that_never_delivers_is_not_tried_for_ever(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "homeassistant.components.stream")
    camera.source = "tcp://127.0.0.1:1"
    await opened(home, tokens, path)
    assert camera.stream
    await reach(home.hass, camera.entity_id, "unavailable")
    await revoke(home, tokens)
    pass_seconds(home, OUTPUT_STARTUP_TIMEOUT + 1)
    await reach(home.hass, camera.entity_id, "idle")
    assert not camera.stream.outputs()


async def test_an_unused_address_expires(
    home: Home, tokens: Tokens, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Less than the idle timeout of Home Assistant's own stream.
    limit = "custom_components.interphone.media.hls.STREAM_IDLE_TIMEOUT"
    monkeypatch.setattr(limit, 10)
    first, second = await opened(home, tokens, path), await opened(home, tokens, path)
    monkeypatch.setattr(limit, 20)
    pass_seconds(home, 9)
    await playlist(home, first)
    pass_seconds(home, 11)
    await home.refused(404, "unknown_stream", "GET", second)
    await playlist(home, first)
    pass_seconds(home, 21)
    await home.refused(404, "unknown_stream", "GET", first)


async def test_an_address_in_use_expires_after_its_lifetime(
    home: Home, tokens: Tokens, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.media.hls.STREAM_LIFETIME", 10)
    address = await opened(home, tokens, path)
    pass_seconds(home, 9)
    await playlist(home, address)
    pass_seconds(home, 11)
    await home.refused(404, "unknown_stream", "GET", address)


async def test_one_address_too_many_ends_the_least_recently_used(home: Home, tokens: Tokens, path: str) -> None:
    other = await home.pair_from_display()
    others = await opened(home, other, path)
    addresses = [await opened(home, tokens, path) for _ in range(STREAMS_PER_GRANT)]
    assert len({others, *addresses}) == STREAMS_PER_GRANT + 1
    await playlist(home, addresses[0])
    addresses.append(await opened(home, tokens, path))
    await home.refused(404, "unknown_stream", "GET", addresses.pop(1))
    for address in (others, *addresses):
        await playlist(home, address)


async def test_a_refused_request_ends_no_other_address(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera
) -> None:
    porch = f"/devices/{(await home.device(tokens, 'Porch'))['id']}/stream"
    addresses = [await opened(home, tokens, path) for _ in range(STREAMS_PER_GRANT)]
    await home.refused(422, "unsupported_stream", "GET", porch, headers=tokens.headers)
    camera._attr_available = False
    camera.async_write_ha_state()
    await home.refused(409, "device_offline", "GET", path, headers=tokens.headers)
    camera._attr_available, camera._attr_is_on = True, False
    camera.async_write_ha_state()
    await home.refused(503, "stream_unavailable", "GET", path, headers=tokens.headers)
    camera._attr_is_on = True
    camera.async_write_ha_state()
    for address in addresses:
        await playlist(home, address)


async def test_too_many_requests_for_addresses_at_once_are_refused(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera
) -> None:
    camera.ready.clear()
    asked = [
        asyncio.create_task(home.request("GET", path, headers=tokens.headers)) for _ in range(STREAM_REQUESTS_MAX + 1)
    ]
    async with asyncio.timeout(5):
        [first], rest = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert first.result()[0] == 429
        camera.ready.set()
        assert {status for status, _body in await asyncio.gather(*rest)} == {200}


async def test_an_address_expires_with_its_access_token(home: Home, path: str) -> None:
    # Less than an unused address lasts.
    set_token_lifetime(home, 20)
    address = await opened(home, await home.pair_from_display(), path)
    set_token_lifetime(home, 3600)
    longer = await opened(home, await home.pair_from_display(), path)
    pass_seconds(home, 15)
    await playlist(home, address)
    pass_seconds(home, 21)
    await home.refused(404, "unknown_stream", "GET", address)
    await playlist(home, longer)


async def test_an_expired_token_gets_no_address(home: Home, path: str) -> None:
    set_token_lifetime(home, 0)
    tokens = await home.pair_from_display()
    await home.refused(401, "expired_token", "GET", path, headers=tokens.headers)


async def test_too_many_waiting_requests_of_one_address_are_refused(
    home: Home, tokens: Tokens, master: str, camera: FilmCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    [media] = named(await playlist(home, master), master)
    await reload(home, media)
    waits = waiting_for_a_segment(camera, monkeypatch)
    next_segment = f"{media}?_HLS_msn={WHOLE_SEGMENTS}"
    asked = [asyncio.create_task(home.request("GET", next_segment)) for _ in range(STREAM_REQUESTS_MAX)]
    async with asyncio.timeout(5):
        for _ in asked:
            await waits.get()
        body = await home.refused(429, "rate_limited", "GET", master)
        assert body["retry_after"] == 1
        await revoke(home, tokens)
        assert {body["error"] for _status, body in await asyncio.gather(*asked)} == {"grant_revoked"}
