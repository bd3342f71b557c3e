"""WebRTC over the socket: a website and a camera find each other, and lose each other when they must."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.helpers import area_registry as ar, entity_registry as er
import pytest

from ...cameras import LiveCamera, StillCamera, set_up_cameras
from ...conftest import ORIGIN, Connect, Home, Socket, Tokens, enter

CANDIDATE = {"candidate": "candidate:2 1 udp 1 192.0.2.1 6000 typ host", "sdpMid": "0", "sdpMLineIndex": 0}

type Watch = Callable[[Socket], Awaitable[str]]


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": ["camera.gate", "camera.porch"]}


@pytest.fixture
async def camera(home: Home) -> LiveCamera:
    camera = LiveCamera()
    await set_up_cameras(home.hass, camera, StillCamera())
    return camera


@pytest.fixture
async def gate(home: Home, camera: LiveCamera, tokens: Tokens) -> str:
    """The device id of the camera at the gate."""
    device_id: str = (await home.device(tokens, camera.name))["id"]
    return device_id


@pytest.fixture
async def website(connect: Connect, tokens: Tokens, gate: str) -> Socket:
    website = await connect(tokens.token)
    snapshot = await website.receive("snapshot")
    assert gate in {device["id"] for device in snapshot["devices"]}
    return website


@pytest.fixture
def watch(gate: str) -> Watch:
    """Set a stream up and return its name."""

    async def watch(website: Socket) -> str:
        acknowledged = await ask(website, "webrtc_offer", device=gate, offer="v=0")
        assert acknowledged["success"], acknowledged
        for type_ in ("answer", "candidate"):
            assert (await website.receive("webrtc"))["type"] == type_
        stream: str = acknowledged["stream"]
        return stream

    return watch


async def ask(website: Socket, event: str, **data: Any) -> Any:
    return await website.call(event, data)


async def test_an_offer_is_answered(website: Socket, camera: LiveCamera, gate: str) -> None:
    acknowledged = await ask(website, "webrtc_offer", device=gate, offer="v=0 offer")
    stream = acknowledged.pop("stream")
    assert acknowledged == {"success": True}
    assert await website.receive("webrtc") == {"stream": stream, "type": "answer", "answer": "answer to v=0 offer"}
    candidate = await website.receive("webrtc")
    assert (candidate["stream"], candidate["type"]) == (stream, "candidate")
    assert candidate["candidate"]["candidate"].startswith("candidate:1 1 udp")
    assert camera.offers == {stream: "v=0 offer"}


async def test_candidates_reach_the_camera(website: Socket, camera: LiveCamera, watch: Watch) -> None:
    stream = await watch(website)
    assert await ask(website, "webrtc_candidate", stream=stream, candidate=CANDIDATE) == {"success": True}
    assert await ask(website, "webrtc_candidate", stream=stream, candidate={"candidate": "", "sdpMid": "0"}) == {
        "success": True
    }
    (to, candidate), (_, last) = camera.candidates
    assert to == stream
    assert (candidate.candidate, candidate.sdp_m_line_index) == (CANDIDATE["candidate"], 0)
    assert not last.candidate


async def test_how_to_set_a_connection_up(website: Socket, gate: str) -> None:
    body = await ask(website, "webrtc_config", device=gate)
    assert body["success"] is True
    assert isinstance(body["configuration"], dict)
    assert body["data_channel"] is None


async def test_the_camera_is_told_when_the_website_leaves(
    website: Socket, camera: LiveCamera, watch: Watch, home: Home
) -> None:
    closed = await watch(website)
    assert await ask(website, "webrtc_close", stream=closed) == {"success": True}
    assert camera.closed == [closed]
    open_ = await watch(website)
    await website.client.disconnect()
    await home.hass.async_block_till_done()
    assert camera.closed == [closed, open_]


@pytest.mark.parametrize("command", ["grants/revoke", "grants/pause"])
async def test_who_is_put_out_watches_no_longer(
    website: Socket, camera: LiveCamera, watch: Watch, home: Home, tokens: Tokens, command: str
) -> None:
    stream = await watch(website)
    await home.command(command, grant_id=tokens.grant_id)
    assert camera.closed == [stream]
    await website.receive("revoked")


async def test_a_scope_without_the_camera_ends_the_stream(
    website: Socket, camera: LiveCamera, watch: Watch, home: Home, tokens: Tokens
) -> None:
    stream = await watch(website)
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"devices": []})
    assert camera.closed == [stream]
    received = [await website.next() for _ in range(2)]
    assert ("webrtc", {"stream": stream, "type": "closed"}) in received
    refused = await ask(website, "webrtc_candidate", stream=stream, candidate=CANDIDATE)
    assert refused["error"] == "invalid_request"


async def test_a_camera_that_goes_ends_the_stream(website: Socket, camera: LiveCamera, watch: Watch) -> None:
    stream = await watch(website)
    camera._attr_available = False
    camera.async_write_ha_state()
    assert camera.closed == [stream]
    assert await website.receive("webrtc") == {"stream": stream, "type": "closed"}


async def test_a_camera_that_is_moved_out_of_the_scope_ends_the_stream(
    connect: Connect, camera: LiveCamera, gate: str, watch: Watch, home: Home, tokens: Tokens
) -> None:
    entity_id = home.entry.runtime_data.catalog.get(gate).entity_id
    ar.async_get(home.hass).async_create("Garden")
    er.async_get(home.hass).async_update_entity(entity_id, name="Gate", area_id="garden")
    await home.hass.async_block_till_done()
    scope = {"see": {"areas": ["garden"]}}
    assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=scope))["success"]
    website, _ = await enter(connect, tokens)
    stream = await watch(website)
    er.async_get(home.hass).async_update_entity(entity_id, name="Camera at the gate")
    assert [device["id"] for device in (await website.receive("devices"))["changed"]] == [gate]
    assert camera.closed == []
    er.async_get(home.hass).async_update_entity(entity_id, area_id=None)
    received = [await website.next() for _ in range(2)]
    assert ("webrtc", {"stream": stream, "type": "closed"}) in received
    assert camera.closed == [stream]


async def test_unloading_ends_every_stream(website: Socket, camera: LiveCamera, watch: Watch, home: Home) -> None:
    stream = await watch(website)
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert camera.closed == [stream]


@pytest.mark.parametrize("fault", [ValueError("rtsp://user:secret@camera"), None])
async def test_a_camera_that_refuses_is_told_without_its_words(
    website: Socket, camera: LiveCamera, gate: str, fault: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    camera.fault = fault
    stream = (await ask(website, "webrtc_offer", device=gate, offer="nonsense"))["stream"]
    signal = await website.receive("webrtc")
    assert (signal["stream"], signal["type"], signal["error"]) == (stream, "error", "command_failed")
    assert "secret" not in signal["message"]
    assert "secret" not in caplog.text
    assert camera.closed == [stream]


async def test_only_so_many_streams(website: Socket, camera: LiveCamera, gate: str, watch: Watch) -> None:
    first = await watch(website)
    for _ in range(3):
        await watch(website)
    refused = await ask(website, "webrtc_offer", device=gate, offer="v=0")
    assert refused["error"] == "rate_limited"
    await ask(website, "webrtc_close", stream=first)
    await watch(website)
    assert len(camera.offers) == 5


async def test_a_stream_is_one_socket_s(website: Socket, watch: Watch, connect: Connect, tokens: Tokens) -> None:
    stream = await watch(website)
    other = await connect(tokens.token)
    await other.receive("snapshot")
    for event, more in (("webrtc_candidate", {"candidate": CANDIDATE}), ("webrtc_close", {})):
        assert (await ask(other, event, stream=stream, **more))["error"] == "invalid_request"


async def test_what_cannot_be_watched(
    website: Socket, home: Home, tokens: Tokens, camera: LiveCamera, gate: str
) -> None:
    async def refused(**data: Any) -> str:
        for event, more in (("webrtc_offer", {"offer": "v=0"}), ("webrtc_config", {})):
            body = await ask(website, event, **data, **more)
            assert body["success"] is False
        error: str = body["error"]
        return error

    assert await refused(device=(await home.device(tokens, "Bed Light"))["id"]) == "unsupported_stream"
    assert await refused(device=(await home.device(tokens, "Porch"))["id"]) == "unsupported_stream"
    assert await refused(device="nothing") == "unknown_device"
    assert await refused() == "invalid_request"
    camera._attr_is_on = False
    camera.async_write_ha_state()
    assert await refused(device=gate) == "stream_unavailable"
    camera._attr_available = False
    camera.async_write_ha_state()
    assert await refused(device=gate) == "device_offline"
    assert not camera.offers


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"stream": "s"},
        {"stream": "s", "candidate": "candidate"},
        {"stream": "s", "candidate": {"candidate": 5}},
        {"stream": "s", "candidate": {"candidate": "x" * 5000}},
        {"stream": "s", "candidate": {"candidate": "", "sdpMLineIndex": -1}},
        {"stream": "s", "candidate": {"candidate": "", "sdpMLineIndex": 65536}},
        {"stream": "s", "candidate": {"candidate": "", "sdpMid": "x" * 65}},
        {"stream": "s", "candidate": {"candidate": "", "usernameFragment": "x" * 257}},
        {"stream": "s", "candidate": CANDIDATE, "more": 1},
    ],
)
async def test_what_is_no_candidate(website: Socket, watch: Watch, camera: LiveCamera, data: Any) -> None:
    stream = await watch(website)
    if isinstance(data, dict):
        data = {**data, "stream": stream}
    body = await website.call("webrtc_candidate", data)
    assert body["error"] == "invalid_request"
    assert not camera.candidates


async def test_unauthenticated_sessions_watch_nothing(connect: Connect, gate: str, camera: LiveCamera) -> None:
    unauthenticated = await connect()
    assert (await ask(unauthenticated, "webrtc_offer", device=gate, offer="v=0"))["error"] == "missing_token"
    assert not camera.offers
