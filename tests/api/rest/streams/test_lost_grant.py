"""An address ends when its grant loses the camera, also for waiting requests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urljoin

from freezegun.api import FrozenDateTimeFactory
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from ....cameras import FilmCamera
from ....conftest import Home, Tokens
from ....player import fetch, named, playlist
from .addresses import (
    WHOLE_SEGMENTS,
    opened,
    reload,
    revoke,
    waiting_for_a_segment,
)


async def revoke_all(home: Home, _tokens: Tokens) -> None:
    await home.command("grants/revoke_all")


async def leave(home: Home, tokens: Tokens) -> None:
    assert (await home.request("POST", "/revoke", json={"token": tokens.token}))[0] == 200


async def pause(home: Home, tokens: Tokens) -> None:
    await home.command("grants/pause", grant_id=tokens.grant_id)


async def show_nothing(home: Home, tokens: Tokens) -> None:
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": []})


async def end(home: Home, tokens: Tokens) -> None:
    """Give the grant an end that is over by the time it is saved."""
    await home.entry.runtime_data.grants.edit(tokens.grant_id, expires=dt_util.utcnow())


async def share_no_camera(home: Home, _tokens: Tokens) -> None:
    options = {**home.entry.options, "sensitive_entities": []}
    home.hass.config_entries.async_update_entry(home.entry, options=options)
    await home.hass.async_block_till_done()


async def unload(home: Home, _tokens: Tokens) -> None:
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)


class PutOut(NamedTuple):
    """How a grant loses a camera, and the error of a request that waits meanwhile."""

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
async def test_an_address_ends_with_its_grant(home: Home, tokens: Tokens, master: str, way: PutOut) -> None:
    [media] = named(await playlist(home, master), master)
    segment = named(await reload(home, media), media)[-1]
    await fetch(home, segment, "video/iso.segment")
    await way.act(home, tokens)
    refusal = (503, "not_ready") if way.act is unload else (404, "unknown_stream")
    for address in (segment, urljoin(media, "init.mp4"), media, master):
        await home.refused(*refusal, "GET", address)

    # Giving the camera back does not revive it.
    if way.act is unload:
        assert await home.hass.config_entries.async_setup(home.entry.entry_id)
    await home.command("grants/resume", grant_id=tokens.grant_id)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": None})
    home.hass.config_entries.async_update_entry(
        home.entry, options={**home.entry.options, "sensitive_entities": ["camera.garden"]}
    )
    await home.hass.async_block_till_done()
    await home.refused(404, "unknown_stream", "GET", segment)


@each_way_out
async def test_a_request_waiting_for_a_segment_ends_at_once(
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
async def test_a_request_waiting_for_an_address_ends_at_once(
    home: Home, tokens: Tokens, path: str, camera: FilmCamera, way: PutOut
) -> None:
    camera.ready.clear()
    asked = asyncio.create_task(home.request("GET", path, headers=tokens.headers))
    async with asyncio.timeout(5):
        await camera.working.wait()
        await way.act(home, tokens)
        answered, body = await asked
    assert (answered, body["error"]) == (way.status, way.error)


async def test_a_grant_lost_while_the_camera_starts_gets_no_address(
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


async def test_a_grant_that_keeps_the_camera_keeps_its_stream(home: Home, tokens: Tokens, master: str) -> None:
    device = (await home.device(tokens, "Garden"))["id"]
    scope = {"devices": [device], "control": False}
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=scope))["success"]
    other = await home.pair_from_display()
    await home.command("grants/revoke", grant_id=other.grant_id)
    er.async_get(home.hass).async_update_entity("camera.garden", name="Back garden")
    await home.hass.async_block_till_done()
    await playlist(home, master)


async def test_an_address_ends_with_its_exchanged_token(
    home: Home, tokens: Tokens, path: str, master: str, camera: FilmCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, also for a request that waits for a segment; the website's own address goes on."""
    exchange = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": tokens.token}
    _status, body = await home.request("POST", "/token", json=exchange)
    exchanged = replace(tokens, token=body["token"])
    given = await opened(home, exchanged, path)
    [media] = named(await playlist(home, given), given)
    await reload(home, media)
    waits = waiting_for_a_segment(camera, monkeypatch)
    asked = asyncio.create_task(home.request("GET", f"{media}?_HLS_msn={WHOLE_SEGMENTS}"))
    async with asyncio.timeout(5):
        await waits.get()
        await leave(home, exchanged)
        answered, refusal = await asked
    assert (answered, refusal["error"]) == (401, "invalid_token")
    await home.refused(404, "unknown_stream", "GET", given)
    await playlist(home, master)
