"""What goes wrong inside the home, or comes broken from outside, goes wrong for nobody else."""

import asyncio
import json
import logging
from typing import Any, Final, NamedTuple, override

from homeassistant.config_entries import ConfigEntryState
import pytest

from custom_components.interphone.devices.changes import Batch

from ...cameras import LiveCamera, set_up_cameras
from ...conftest import ORIGIN, Connect, Home, Socket, Tokens, enter

POLLING: Final = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture
def options() -> dict[str, Any]:
    return {
        "origins": [ORIGIN],
        "domains": ["light", "sensor", "media_player"],
        "sensitive_entities": ["camera.gate"],
    }


def switch(home: Home, name: str, state: str) -> None:
    entity_id = f"light.{name}"
    home.hass.states.async_set(entity_id, state, home.hass.states.get(entity_id).attributes)


# --- changes ---


async def test_a_listener_that_fails_keeps_no_change_from_the_others(
    home: Home, connect: Connect, tokens: Tokens, caplog: pytest.LogCaptureFixture
) -> None:
    website, _ = await enter(connect, tokens)
    heard: list[int] = []

    def fail(batch: Batch) -> None:
        raise RuntimeError(batch[0].event)

    feed = home.entry.runtime_data.feed
    feed.subscribe(fail)
    feed.subscribe(lambda batch: heard.extend(change.seq for change in batch))
    switch(home, "bed_light", "on")
    switch(home, "ceiling_lights", "off")
    received = [await website.receive("state") for _ in range(2)]
    assert [change["seq"] for change in received] == heard
    assert caplog.text.count("A subscriber to changes of devices failed") == 1


class Odd(NamedTuple):
    """An entity whose value JSON cannot hold, and the value that a website receives."""

    entity_id: str
    state: str
    attributes: dict[str, Any]
    trait: str
    field: str
    sent: Any

    def say(self, home: Home) -> None:
        home.hass.states.async_set(self.entity_id, self.state, {"friendly_name": "Odd \udc00", **self.attributes})


NOT_AS_IT_IS: Final = [
    Odd("sensor.sim_card", "89860000000000000000", {"unit_of_measurement": "B"}, "value", "value", 8.986e19),
    Odd("sensor.file", "Song \ud83d", {}, "value", "value", "Song ?"),
    Odd("media_player.den", "playing", {"media_title": "Song \ud83d"}, "media", "title", "Song ?"),
]


@pytest.mark.usefixtures("quiet_log")
@pytest.mark.parametrize("odd", NOT_AS_IT_IS, ids=lambda odd: odd.entity_id)
async def test_what_json_cannot_hold_is_sent_as_near_as_can_be(
    home: Home, connect: Connect, tokens: Tokens, odd: Odd
) -> None:
    website, _ = await enter(connect, tokens)
    light = (await home.device(tokens))["id"]
    odd.say(home)
    switch(home, "bed_light", "on")
    [added] = (await website.receive("devices"))["added"]
    assert added["name"] == "Odd ?"
    assert added["state"][odd.trait][odd.field] == odd.sent
    lit = await website.receive("state")
    assert (lit["id"], lit["state"]["on_off"]) == (light, {"on": True})
    # As a change of a device that is known, too.
    home.hass.states.async_set(odd.entity_id, "unavailable", {"friendly_name": "Odd \udc00"})
    assert (await website.receive("state"))["online"] is False
    odd.say(home)
    switch(home, "bed_light", "off")
    received = {change["id"]: change["state"] for change in [await website.receive("state") for _ in range(2)]}
    assert received[added["id"]][odd.trait][odd.field] == odd.sent
    assert received[light]["on_off"] == {"on": False}
    assert await home.device(tokens, "Odd ?") == added
    snapshot = await (await connect(tokens.token)).receive("snapshot")
    assert added in snapshot["devices"]


# --- cameras ---


class BrokenCamera(LiveCamera):
    """Cannot end what it began."""

    @override
    def close_webrtc_session(self, session_id: str) -> None:
        super().close_webrtc_session(session_id)
        raise RuntimeError("rtsp://user:secret@camera is gone")


@pytest.fixture
async def camera(home: Home) -> BrokenCamera:
    camera = BrokenCamera()
    await set_up_cameras(home.hass, camera)
    return camera


@pytest.fixture
async def watching(home: Home, connect: Connect, tokens: Tokens, camera: BrokenCamera) -> Socket:
    """A website that watches the camera."""
    website, _ = await enter(connect, tokens)
    gate = await home.device(tokens, str(camera.name))
    assert (await website.call("webrtc_offer", {"device": gate["id"], "offer": "v=0"}))["success"]
    for type_ in ("answer", "candidate"):
        assert (await website.receive("webrtc"))["type"] == type_
    return website


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the home logged: no traceback, and nothing of the camera's own message."""
    records = [record for record in caplog.records if record.name.startswith("custom_components.interphone")]
    assert not [record for record in records if record.exc_info or record.levelno > logging.WARNING]
    assert "secret" not in caplog.text
    return [record.getMessage() for record in records]


@pytest.mark.parametrize("leaving", [False, True])
async def test_a_camera_that_cannot_end_a_stream_keeps_no_change_from_others(
    home: Home,
    connect: Connect,
    tokens: Tokens,
    camera: BrokenCamera,
    watching: Socket,
    caplog: pytest.LogCaptureFixture,
    *,
    leaving: bool,
) -> None:
    other, _ = await enter(connect, await home.pair_from_display())
    if leaving:
        await watching.client.disconnect()
        await home.hass.async_block_till_done()
        assert len(camera.closed) == 1
    assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]
    if not leaving:
        assert await watching.receive("revoked") == {"reason": "revoked"}
        await watching.closed()
    assert len(camera.closed) == 1
    switch(home, "bed_light", "on")
    assert (await other.receive("state"))["state"]["on_off"] == {"on": True}
    assert complaints(caplog) == ["A camera could not end a stream: RuntimeError"]


async def test_a_camera_that_cannot_end_a_stream_does_not_keep_the_entry_loaded(
    home: Home, connect: Connect, camera: BrokenCamera, watching: Socket, caplog: pytest.LogCaptureFixture
) -> None:
    other, _ = await enter(connect, await home.pair_from_display())
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.NOT_LOADED
    assert len(camera.closed) == 1
    for website in (watching, other):
        await website.receive("revoked")
        await website.closed()
    assert complaints(caplog) == ["A camera could not end a stream: RuntimeError"]


# --- bodies ---


async def handshake(home: Home) -> str:
    """Open a session over polling and return its address."""
    async with home.client.get(POLLING, headers={"Origin": ORIGIN}) as answer:
        return f"{POLLING}&sid={json.loads((await answer.text())[1:])['sid']}"


async def test_a_body_that_cannot_be_unpacked(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    address = await handshake(home)
    headers = {"Origin": ORIGIN, "Content-Encoding": "gzip"}
    async with asyncio.timeout(5):
        async with home.client.post(address, data=b"garbage", headers=headers) as answer:
            assert answer.status == 400
            assert await answer.json() == {"code": 3, "message": "Bad request"}
            assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            assert "Origin" in answer.headers["Vary"]
        async with home.client.get(address) as answer:
            assert answer.status == 400
    # The HTTP server itself finds nothing to say either.
    loud = [record for record in caplog.records if record.levelno >= logging.WARNING and record.name != "asyncio"]
    assert not [record.getMessage() for record in loud]


@pytest.mark.usefixtures("quiet_log")
async def test_a_body_under_way_is_over_when_the_entry_unloads(home: Home) -> None:
    address = await handshake(home)
    reader, writer = await asyncio.open_connection("127.0.0.1", home.client.port)
    head = f"POST {address} HTTP/1.1\r\nHost: home\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
    writer.write(head.encode())
    async with asyncio.timeout(5):
        # Said right before the body is read.
        assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"40")
        assert await home.hass.config_entries.async_unload(home.entry.entry_id)
        assert b" 408 " in await reader.readline()
    writer.close()
