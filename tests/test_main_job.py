"""The main job end to end: a website pairs by the code on the display and controls the home."""

import pytest

from .conftest import ORIGIN, Connect, Home


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_website_pairs_and_controls_a_light(home: Home, connect: Connect, transport: str) -> None:
    tokens = await home.pair(Origin=ORIGIN)
    status, body = await home.request("GET", "/devices", headers=tokens.headers)
    assert status == 200
    bed_light = next(device for device in body["devices"] if device["name"] == "Bed Light")
    assert bed_light["online"]
    assert bed_light["state"]["on_off"] == {"on": False}

    website = await connect(tokens.token, transports=[transport])
    watcher = await connect(tokens.token, transports=[transport])
    snapshot = await website.receive("snapshot")
    assert snapshot["devices"] == body["devices"]
    await watcher.receive("snapshot")

    ack = await website.command(id="1", device=bed_light["id"], command="on_off.set", params={"on": True})
    assert ack["id"] == "1"
    assert ack["status"] == "confirmed"
    assert home.hass.states.get("light.bed_light").state == "on"

    pushed = await watcher.receive("state")
    assert pushed["id"] == bed_light["id"]
    assert pushed["seq"] == snapshot["seq"] + 1
    assert pushed["state"]["on_off"] == {"on": True}
