"""Requests of a website and its players for a stream, and control of the home meanwhile."""

import asyncio
from datetime import timedelta

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.interphone.const import BASE_PATH
from custom_components.interphone.media.hls import STREAM_IDLE_TIMEOUT

from ....cameras import FilmCamera
from ....conftest import Home, Tokens
from ....player import playlist

# Home Assistant cuts segments of at least six seconds, at a key frame; the last one waits for the next key frame.
SEGMENT_SECONDS = 6
WHOLE_SEGMENTS = 6
SECONDS = SEGMENT_SECONDS * WHOLE_SEGMENTS + 4


async def opened(home: Home, tokens: Tokens, path: str) -> str:
    """Request an address; return it below the base path."""
    status, body = await home.request("GET", path, headers=tokens.headers)
    assert status == 200, body
    assert body["format"] == "hls"
    assert body["expires_in"] == STREAM_IDLE_TIMEOUT
    return str(body["url"]).removeprefix(BASE_PATH)


async def reload(home: Home, media: str) -> list[str]:
    """Fetch one segment after the other, as players do, until the film ends."""
    for number in range(WHOLE_SEGMENTS):
        lines = await playlist(home, f"{media}?_HLS_msn={number}")
    return lines


async def reach(hass: HomeAssistant, entity_id: str, state: str) -> None:
    """Wait until the entity is in a state."""
    reached = asyncio.Event()

    @callback
    def look(_event: Event[EventStateChangedData] | None = None) -> None:
        if hass.states.is_state(entity_id, state):
            reached.set()

    release = async_track_state_change_event(hass, entity_id, look)
    look()
    async with asyncio.timeout(5):
        await reached.wait()
    release()


async def revoke(home: Home, tokens: Tokens) -> None:
    await home.command("grants/revoke", grant_id=tokens.grant_id)


def waiting_for_a_segment(camera: FilmCamera, monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[None]:
    """Return a queue that gets an item for each request that waits for Home Assistant's next segment."""
    assert camera.stream
    output = camera.stream.outputs()["hls"]
    waits, segment = asyncio.Queue[None](), output.recv

    async def recv() -> bool:
        waits.put_nowait(None)
        return await segment()

    monkeypatch.setattr(output, "recv", recv)
    return waits


def set_token_lifetime(home: Home, seconds: float) -> None:
    home.hass.config_entries.async_update_entry(home.entry, options={**home.entry.options, "token_lifetime": seconds})


def pass_seconds(home: Home, seconds: float) -> None:
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=seconds))
