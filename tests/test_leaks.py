"""Whoever comes and goes leaves nothing behind in the home's memory."""

import asyncio
from collections import Counter
import gc
from types import FunctionType
from typing import Any, Final

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from .cameras import LiveCamera, set_up_cameras
from .conftest import ORIGIN, Connect, Home, Tokens, enter

pytestmark = pytest.mark.slow

OURS: Final = "custom_components.interphone"
ROUNDS: Final = 5
# Kept on purpose and bounded elsewhere: the audit, buckets of rates until they are full again, results by command id,
# changes to resume from with their devices, cancelled timers, which are swept together, and the last request of
# each open connection.
KEPT: Final = {"AuditRecord", "CommandResult", "_Running", "StateChange", "Device", "Timer", "Peer", "TokenBucket"}


@pytest.fixture
def options() -> dict[str, Any]:
    return {"origins": [ORIGIN], "domains": ["light", "input_boolean"], "sensitive_entities": ["camera.gate"]}


def alive() -> Counter[str]:
    """Count the objects of our classes, and the closures of our functions."""
    gc.collect()
    found = Counter[str]()
    for thing in gc.get_objects():
        if type(thing) is FunctionType and str(thing.__module__).startswith(OURS):
            found[f"{thing.__module__}:{thing.__qualname__}"] += 1
        elif type(thing).__module__.startswith(OURS):
            found[f"{type(thing).__module__}:{type(thing).__qualname__}"] += 1
    return found


async def watch(website: Any, camera: str) -> str:
    """Set a stream up and return its name."""
    acknowledged = await website.call("webrtc_offer", {"device": camera, "offer": "v=0"})
    for type_ in ("answer", "candidate"):
        assert (await website.receive("webrtc"))["type"] == type_
    return acknowledged["stream"]


async def round_of(home: Home, connect: Connect, hass_ws_client: WebSocketGenerator, website: Any, camera: str) -> None:
    # Streams of a socket that stays, and of one that goes.
    await website.call("webrtc_close", {"stream": await watch(website, camera)})
    tokens = await home.pair_from_display()
    for transport in ("websocket", "polling"):
        other, snapshot = await enter(connect, tokens, transports=[transport])
        await watch(other, camera)
        light = next(device for device in snapshot["devices"] if device["name"] == "Bed Light")
        assert (await other.command(id=transport, device=light["id"], command="on_off.toggle"))["status"] == "done"
        await other.receive("state")
        assert (await website.receive("state"))["id"] == light["id"]
        await other.client.disconnect()
    # Polls, also one that ends before its time.
    _status, body = await home.request("GET", "/events", headers=tokens.headers)
    since = f"{body['epoch']}:{body['seq']}"
    await home.request("GET", f"/events?since={since}&wait=0.01", headers=tokens.headers)
    waiting = asyncio.create_task(home.request("GET", f"/events?since={since}&wait=25", headers=tokens.headers))
    # A display that comes and goes, and a pairing that comes to nothing.
    display = await hass_ws_client(home.hass)
    await display.send_json_auto_id({"type": "interphone/pairing/subscribe"})
    assert (await display.receive_json())["success"]
    begun = (await home.command("pairing/begin"))["result"]["pairing"]
    assert (await home.command("pairing/reject", pairing_id=begun["id"]))["success"]
    await display.close()
    while (await home.display.next())["state"] != "rejected":
        pass
    # The grant is revoked.
    assert (await home.command("grants/revoke", grant_id=tokens.grant_id))["success"]
    assert (await waiting)[0] == 401
    await home.hass.async_block_till_done()


async def test_coming_and_going(
    home: Home, connect: Connect, tokens: Tokens, hass_ws_client: WebSocketGenerator
) -> None:
    camera = LiveCamera()
    await set_up_cameras(home.hass, camera)
    website, snapshot = await enter(connect, tokens)
    [gate] = [device["id"] for device in snapshot["devices"] if device["name"] == "Gate"]
    await round_of(home, connect, hass_ws_client, website, gate)
    before = alive()
    for _ in range(ROUNDS):
        await round_of(home, connect, hass_ws_client, website, gate)
    grown = {name: count - before[name] for name, count in alive().items() if count > before[name]}
    grown = {name: more for name, more in grown.items() if name.rpartition(":")[2] not in KEPT}
    assert grown == {}
