"""Playing a stream by its address alone, while its grant lasts."""

import asyncio
import logging
from urllib.parse import urljoin

from homeassistant.components.stream.const import NUM_PLAYLIST_SEGMENTS
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.api.rest.stream import MASTER_PLAYLIST
from custom_components.interphone.const import BASE_PATH

from ....cameras import FilmCamera
from ....conftest import ORIGIN, OTHER_ORIGIN, Home, Tokens
from ....film import FRAMES_A_SECOND, Lens, count_frames, watch
from ....player import fetch, named, playlist
from .addresses import (
    SEGMENT_SECONDS,
    WHOLE_SEGMENTS,
    opened,
    reload,
)


async def test_a_player_with_an_address_plays(home: Home, master: str) -> None:
    [media] = named(await playlist(home, master), master)
    lines = await reload(home, media)
    assert '#EXT-X-MAP:URI="init.mp4"' in lines
    init = await fetch(home, urljoin(media, "init.mp4"), "video/mp4")
    segments = named(lines, media)
    assert len(segments) == NUM_PLAYLIST_SEGMENTS
    for segment in segments:
        film = init + await fetch(home, segment, "video/iso.segment")
        assert count_frames(film) == SEGMENT_SECONDS * FRAMES_A_SECOND
    part = next(line for line in lines if line.startswith("#EXT-X-PART:")).partition('URI="')[2].strip('"')
    assert await fetch(home, urljoin(media, part.partition('"')[0]), "video/iso.segment")
    assert "/api/hls/" not in "".join(lines)


async def test_a_real_player_plays(home: Home, master: str) -> None:
    await reload(home, master.replace(MASTER_PLAYLIST, "playlist.m3u8"))
    address = str(home.client.make_url(BASE_PATH + master))
    assert await home.hass.async_add_executor_job(watch, address, SEGMENT_SECONDS * FRAMES_A_SECOND)


async def test_home_assistants_own_address_is_never_made(home: Home, camera: FilmCamera, master: str) -> None:
    await playlist(home, master)
    assert camera.stream
    assert camera.stream.access_token is None


async def test_players_of_a_listed_website_only(home: Home, master: str) -> None:
    [media] = named(await playlist(home, master, Origin=ORIGIN), master)
    segment = named(await reload(home, media), media)[-1]
    for address in (master, media, urljoin(media, "init.mp4"), segment):
        async with home.client.get(BASE_PATH + address, headers={"Origin": ORIGIN}) as response:
            assert response.status == 200, address
            assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert response.headers["Vary"] == "Origin"
        headers = {"Origin": OTHER_ORIGIN}
        body = await home.refused(403, "origin_not_allowed", "GET", address, headers=headers)
        assert "Access-Control-Allow-Origin" not in body


async def test_an_unknown_address(home: Home, path: str, master: str) -> None:
    for address in ("/streams/x/playlist.m3u8", master.replace("/streams/", "/streams/x"), "/streams/x/init.mp4"):
        await home.refused(404, "unknown_stream", "GET", address)
    await home.refused(401, "missing_token", "GET", path)
    await home.refused(401, "invalid_token", "GET", path, headers={"Authorization": f"Bearer {master.split('/')[2]}"})


@pytest.mark.usefixtures("camera")
async def test_a_device_without_hls_is_refused(home: Home, tokens: Tokens) -> None:
    for name in ("Bed Light", "Porch", "Gate"):
        device = (await home.device(tokens, name))["id"]
        await home.refused(422, "unsupported_stream", "GET", f"/devices/{device}/stream", headers=tokens.headers)
    await home.refused(404, "unknown_device", "GET", "/devices/nothing/stream", headers=tokens.headers)


async def test_a_camera_out_of_reach(home: Home, tokens: Tokens, path: str, master: str, camera: FilmCamera) -> None:
    camera._attr_available = False
    camera.async_write_ha_state()
    await home.refused(409, "device_offline", "GET", path, headers=tokens.headers)
    await home.refused(409, "device_offline", "GET", master)
    camera._attr_available = True
    camera.async_write_ha_state()
    await playlist(home, master)


async def test_a_camera_that_is_off(home: Home, tokens: Tokens, path: str, master: str, camera: FilmCamera) -> None:
    camera._attr_is_on = False
    camera.async_write_ha_state()
    await home.refused(503, "stream_unavailable", "GET", path, headers=tokens.headers)
    await home.refused(503, "stream_unavailable", "GET", master)


@pytest.mark.parametrize("fault", [None, ValueError("rtsp://user:secret@camera"), TimeoutError()])
async def test_the_error_of_a_camera_stays_in_the_home(
    home: Home,
    tokens: Tokens,
    path: str,
    camera: FilmCamera,
    fault: Exception | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera.source, camera.fault = None, fault
    body = await home.refused(503, "stream_unavailable", "GET", path, headers=tokens.headers)
    assert "secret" not in body["message"]
    assert "secret" not in caplog.text


async def test_a_camera_without_a_source_in_time(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.media.hls.STREAM_TIMEOUT", 0.01)
    camera.ready.clear()
    await home.refused(503, "stream_unavailable", "GET", path, headers=tokens.headers)


async def test_a_late_part_is_fetched_again(home: Home, master: str) -> None:
    """Players fetch a playlist again after a 503, and stop after a 404."""
    [media] = named(await playlist(home, master), master)
    await reload(home, media)
    async with asyncio.timeout(20):
        while True:
            [hint] = [line for line in await playlist(home, media) if line.startswith("#EXT-X-PRELOAD-HINT:")]
            number, part = hint.rpartition("/")[2].split(".")[:2]
            query = f"?_HLS_msn={number}&_HLS_part={part}"
            async with home.client.get(f"{BASE_PATH}{media}{query}") as response:
                if response.status != 200:  # else it has just arrived
                    break
        await home.refused(503, "stream_unavailable", "GET", media + query)


async def test_a_change_of_home_assistants_stream_views_is_an_internal_error(
    home: Home, master: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr("homeassistant.components.stream.hls.HlsMasterPlaylistView")
    await home.refused(500, "internal_error", "GET", master)
    assert "HlsMasterPlaylistView" in caplog.text
    caplog.clear()


async def test_parts_that_a_stream_does_not_have(home: Home, master: str) -> None:
    [media] = named(await playlist(home, master), master)
    await reload(home, media)
    for query in ("_HLS_msn=x", "_HLS_msn=1&_HLS_part=-1", "_HLS_part=1", "_HLS_msn=99", f"_HLS_msn={'1' * 5000}"):
        await home.refused(400, "invalid_request", "GET", f"{media}?{query}")
    for name in ("segment/99.m4s", f"segment/{WHOLE_SEGMENTS}.99.m4s", "segment/x.m4s", f"segment/{'1' * 5000}.m4s"):
        await home.refused(404, "not_found", "GET", urljoin(media, name))
    await home.refused(405, "method_not_allowed", "POST", media)


async def test_all_who_watch_share_one_stream(home: Home, tokens: Tokens, path: str, lens: Lens) -> None:
    for address in [await opened(home, tokens, path) for _ in range(3)]:
        await playlist(home, address)
    assert lens.watchers == 1


async def test_no_ticket_is_logged_or_published(
    home: Home, tokens: Tokens, path: str, hass_client: ClientSessionGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[Event] = []
    home.hass.bus.async_listen(MATCH_ALL, events.append)
    address = await opened(home, tokens, path)
    [media] = named(await playlist(home, address), address)
    await home.refused(400, "invalid_request", "GET", f"{media}?_HLS_msn=x")
    ticket = address.split("/")[2]
    assert len(ticket) * 6 >= 256
    own = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.interphone")]
    assert await async_setup_component(home.hass, "diagnostics", {})
    diagnostics = await get_diagnostics_for_config_entry(home.hass, hass_client, home.entry)
    relay = repr(home.entry.runtime_data.streams.__dict__)
    published = [*own, str(diagnostics), relay, *(str(event.as_dict()) for event in events)]
    assert [text for text in published if ticket in text] == []
