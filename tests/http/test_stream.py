"""What a camera streams, for players that have nothing but an address, and only while the grant behind it lasts."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
import logging
from typing import Any, NamedTuple
from urllib.parse import urljoin

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.stream.const import NUM_PLAYLIST_SEGMENTS
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.interphone.const import BASE_PATH, STREAM_IDLE_TIMEOUT, STREAM_REQUESTS_MAX, STREAMS_PER_GRANT
from custom_components.interphone.http.stream import MASTER_PLAYLIST

from ..cameras import FilmCamera, LiveCamera, StillCamera, set_up_cameras
from ..conftest import ORIGIN, OTHER_ORIGIN, Home, Tokens
from ..film import FRAMES_A_SECOND, Lens, count_frames, make_film, watch
from ..player import fetch, named, playlist

# Home Assistant cuts segments of at least six seconds, at a key frame; the last one waits for the next key frame.
SEGMENT_SECONDS = 6
WHOLE_SEGMENTS = 6
SECONDS = SEGMENT_SECONDS * WHOLE_SEGMENTS + 4


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
    # The shorter a part, the sooner one that does not come is given up.
    assert await async_setup_component(home.hass, "stream", {"stream": {"part_duration": 0.2}})
    camera = FilmCamera(lens.address)
    await set_up_cameras(home.hass, camera, StillCamera(), LiveCamera())
    yield camera
    # Home Assistant forgets a timer when a stream is stopped while it is watched, or sends its first piece.
    await lens.close()
    if camera.stream:
        for output in camera.stream.outputs().values():
            await camera.stream.remove_provider(output)
            output.idle_timer.clear()


@pytest.fixture
async def tokens(home: Home) -> Tokens:
    return await home.pair_from_panel()


@pytest.fixture
async def path(home: Home, tokens: Tokens, camera: FilmCamera) -> str:
    return f"/devices/{(await home.device(tokens, camera.name))['id']}/stream"


async def opened(home: Home, tokens: Tokens, path: str) -> str:
    """Ask for an address; return it below the base path."""
    status, body = await home.request("GET", path, headers=tokens.headers)
    assert status == 200, body
    assert body["format"] == "hls"
    assert body["expires_in"] == STREAM_IDLE_TIMEOUT
    return str(body["url"]).removeprefix(BASE_PATH)


@pytest.fixture
async def master(home: Home, tokens: Tokens, path: str) -> str:
    return await opened(home, tokens, path)


async def reload(home: Home, media: str) -> list[str]:
    """Ask for one segment after the other, as players that wait for the next do, until the film is at its end."""
    for number in range(WHOLE_SEGMENTS):
        lines = await playlist(home, f"{media}?_HLS_msn={number}")
    return lines


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


async def test_an_address_that_was_never_given(home: Home, path: str, master: str) -> None:
    for address in ("/streams/x/playlist.m3u8", master.replace("/streams/", "/streams/x"), "/streams/x/init.mp4"):
        await home.refused(404, "unknown_stream", "GET", address)
    await home.refused(401, "missing_token", "GET", path)
    await home.refused(401, "invalid_token", "GET", path, headers={"Authorization": f"Bearer {master.split('/')[2]}"})


@pytest.mark.usefixtures("camera")
async def test_what_has_no_such_stream_says_so(home: Home, tokens: Tokens) -> None:
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
async def test_a_camera_that_fails_is_told_without_its_words(
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


async def test_a_camera_that_names_no_source_in_time(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.streams.STREAM_TIMEOUT", 0.01)
    camera.ready.clear()
    await home.refused(503, "stream_unavailable", "GET", path, headers=tokens.headers)


async def test_what_a_stream_does_not_hold(home: Home, master: str) -> None:
    [media] = named(await playlist(home, master), master)
    await reload(home, media)
    for query in ("_HLS_msn=x", "_HLS_msn=1&_HLS_part=-1", "_HLS_part=1", "_HLS_msn=99", f"_HLS_msn={'1' * 5000}"):
        await home.refused(400, "invalid_request", "GET", f"{media}?{query}")
    for name in ("segment/99.m4s", f"segment/{WHOLE_SEGMENTS}.99.m4s", "segment/x.m4s", f"segment/{'1' * 5000}.m4s"):
        await home.refused(404, "not_found", "GET", urljoin(media, name))
    await home.refused(405, "method_not_allowed", "POST", media)


async def revoke(home: Home, tokens: Tokens) -> None:
    await home.command("grants/revoke", grant_id=tokens.grant_id)


async def revoke_all(home: Home, _tokens: Tokens) -> None:
    await home.command("grants/revoke_all")


async def leave(home: Home, tokens: Tokens) -> None:
    assert (await home.request("POST", "/revoke", json={"token": tokens.token}))[0] == 200


async def pause(home: Home, tokens: Tokens) -> None:
    await home.command("grants/pause", grant_id=tokens.grant_id)


async def show_nothing(home: Home, tokens: Tokens) -> None:
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": []})


async def end(home: Home, tokens: Tokens) -> None:
    await home.command("grants/update", grant_id=tokens.grant_id, expires=dt_util.utcnow().isoformat())


async def share_no_camera(home: Home, _tokens: Tokens) -> None:
    options = {**home.entry.options, "sensitive_entities": []}
    home.hass.config_entries.async_update_entry(home.entry, options=options)
    await home.hass.async_block_till_done()


async def unload(home: Home, _tokens: Tokens) -> None:
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)


class PutOut(NamedTuple):
    """How a website loses sight of a camera, and what it is told when that happens while it waits."""

    act: Callable[[Home, Tokens], Awaitable[None]]
    status: int
    error: str


PUT_OUT = (
    PutOut(revoke, 401, "grant_revoked"),
    PutOut(revoke_all, 401, "grant_revoked"),
    PutOut(leave, 401, "grant_revoked"),
    PutOut(end, 401, "grant_revoked"),
    PutOut(pause, 403, "grant_paused"),
    PutOut(show_nothing, 404, "unknown_device"),
    PutOut(share_no_camera, 404, "unknown_device"),
    PutOut(unload, 503, "not_ready"),
)
each_way_out = pytest.mark.parametrize("way", PUT_OUT, ids=lambda way: way.act.__name__)


@each_way_out
async def test_an_address_is_over_with_what_it_was_given_for(
    home: Home, tokens: Tokens, master: str, way: PutOut
) -> None:
    [media] = named(await playlist(home, master), master)
    segment = named(await reload(home, media), media)[-1]
    await fetch(home, segment, "video/iso.segment")
    await way.act(home, tokens)
    refusal = (503, "not_ready") if way.act is unload else (404, "unknown_stream")
    for address in (segment, urljoin(media, "init.mp4"), media, master):
        await home.refused(*refusal, "GET", address)

    # Nor does it come back with what was taken.
    if way.act is unload:
        assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.command("grants/resume", grant_id=tokens.grant_id)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": None})
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, "sensitive_entities": ["camera.garden"]}
    )
    await home.hass.async_block_till_done()
    await home.refused(404, "unknown_stream", "GET", segment)


def waiting_for_a_segment(camera: FilmCamera, monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[None]:
    """Return what is put something into for each request that waits for Home Assistant's next segment."""
    assert camera.stream
    output = camera.stream.outputs()["hls"]
    waits, segment = asyncio.Queue[None](), output.recv

    async def recv() -> bool:
        waits.put_nowait(None)
        return await segment()

    monkeypatch.setattr(output, "recv", recv)
    return waits


@each_way_out
async def test_who_waits_for_the_next_segment_is_put_out_at_once(
    home: Home,
    tokens: Tokens,
    master: str,
    camera: FilmCamera,
    monkeypatch: pytest.MonkeyPatch,
    way: PutOut,
) -> None:
    [media] = named(await playlist(home, master), master)
    await reload(home, media)
    waits = waiting_for_a_segment(camera, monkeypatch)
    asked = asyncio.create_task(home.request("GET", f"{media}?_HLS_msn={WHOLE_SEGMENTS}"))
    async with asyncio.timeout(5):
        await waits.get()
        await way.act(home, tokens)
        answered, body = await asked
    assert (answered, body["error"]) == (way.status, way.error)


@each_way_out
async def test_who_waits_for_an_address_is_put_out_at_once(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera, way: PutOut
) -> None:
    camera.ready.clear()
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    async with asyncio.timeout(5):
        await camera.working.wait()
        await way.act(home, tokens)
        answered, body = await asked
    assert (answered, body["error"]) == (way.status, way.error)


async def test_who_is_let_in_no_longer_while_the_camera_works_gets_nothing(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera, freezer: FrozenDateTimeFactory
) -> None:
    expires = (dt_util.utcnow() + timedelta(seconds=5)).isoformat()
    assert (await home.command("grants/update", grant_id=tokens.grant_id, expires=expires))["success"]
    camera.ready.clear()
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    await camera.working.wait()
    freezer.tick(6)
    camera.ready.set()
    status, body = await asked
    assert (status, body["error"]) == (401, "grant_revoked")


async def test_who_still_sees_the_camera_goes_on_watching(home: Home, tokens: Tokens, master: str) -> None:
    device = (await home.device(tokens, "Garden"))["id"]
    scope = {"devices": [device], "control": False}
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=scope))["success"]
    other = await home.pair_from_panel()
    await home.command("grants/revoke", grant_id=other.grant_id)
    er.async_get(home.hass).async_update_entity("camera.garden", name="Back garden")
    await home.hass.async_block_till_done()
    await playlist(home, master)


def pass_seconds(home: Home, seconds: float) -> None:
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=seconds))


async def test_an_address_that_nobody_uses_is_over(
    home: Home, tokens: Tokens, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Less than Home Assistant's own stream waits for.
    limit = "custom_components.interphone.devices.streams.STREAM_IDLE_TIMEOUT"
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


async def test_an_address_that_somebody_always_uses_is_over_some_day(
    home: Home, tokens: Tokens, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.streams.STREAM_LIFETIME", 10)
    address = await opened(home, tokens, path)
    pass_seconds(home, 9)
    await playlist(home, address)
    pass_seconds(home, 11)
    await home.refused(404, "unknown_stream", "GET", address)


async def test_one_address_too_many_ends_the_least_used(home: Home, tokens: Tokens, path: str) -> None:
    other = await home.pair_from_panel()
    others = await opened(home, other, path)
    addresses = [await opened(home, tokens, path) for _ in range(STREAMS_PER_GRANT)]
    assert len({others, *addresses}) == STREAMS_PER_GRANT + 1
    await playlist(home, addresses[0])
    addresses.append(await opened(home, tokens, path))
    await home.refused(404, "unknown_stream", "GET", addresses.pop(1))
    for address in (others, *addresses):
        await playlist(home, address)


async def test_more_than_players_ask_at_once_is_refused(
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


async def test_all_who_watch_share_one_stream(home: Home, tokens: Tokens, path: str, lens: Lens) -> None:
    for address in [await opened(home, tokens, path) for _ in range(3)]:
        await playlist(home, address)
    assert lens.watchers == 1


async def test_we_tell_no_ticket(
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
    told = [*own, str(diagnostics), relay, *(str(event.as_dict()) for event in events)]
    assert [text for text in told if ticket in text] == []
