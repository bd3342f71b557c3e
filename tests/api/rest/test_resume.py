"""A website whose line breaks all the time, by socket and by poll, ends up knowing just what there is."""

from collections.abc import Callable
import random
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest

from ...conftest import Connect, Home, Tokens
from ...devices.wire import fits

LAMPS = ["light.bed_light", "light.ceiling_lights", "light.kitchen_lights"]


class Website:
    """What it knows, and how it applies what it receives. It sees the whole home, so it receives every number."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = -1
        self.devices: dict[str, Any] = {}
        self.snapshots = 0

    @property
    def since(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "seq": self.seq}

    def enter(self, body: dict[str, Any]) -> None:
        """Take a snapshot or what was missed."""
        if "devices" in body:
            self.snapshots += 1
            self.devices = {device["id"]: device for device in body["devices"]}
        else:
            assert body["epoch"] == self.epoch
            for change in body["changes"]:
                self.take(change["event"], change["payload"])
            assert self.seq == body["seq"]
        self.epoch, self.seq = body["epoch"], body["seq"]

    def take(self, event: str, payload: dict[str, Any]) -> None:
        """Take one change: the next one, neither an earlier nor a later."""
        fits(event, payload)
        assert payload["seq"] == self.seq + 1
        self.seq += 1
        if event == "devices":
            assert not self.devices.keys() & {device["id"] for device in payload["added"]}
            assert self.devices.keys() >= {*payload["removed"], *(device["id"] for device in payload["changed"])}
            self.devices |= {device["id"]: device for device in payload["added"] + payload["changed"]}
            self.devices = {key: value for key, value in self.devices.items() if key not in payload["removed"]}
        elif event == "state":
            device = self.devices[payload["id"]]
            device["online"] = payload["online"]
            for trait, values in payload["state"].items():
                device["state"][trait] |= values


class Turmoil:
    """What happens in the home, drawn at random."""

    def __init__(self, hass: HomeAssistant, rng: random.Random) -> None:
        self.hass, self.rng = hass, rng

    async def happen(self) -> None:
        acts: list[Callable[[], None]] = [self.shine] * 6 + [self.come_and_go] * 2 + [self.rename]
        self.rng.choice(acts)()
        await self.hass.async_block_till_done()

    def shine(self) -> None:
        entity_id = self.rng.choice(LAMPS)
        state = self.hass.states.get(entity_id)
        assert state is not None
        value = self.rng.choice(["on", "off", "unavailable"])
        self.hass.states.async_set(entity_id, value, {**state.attributes, "brightness": self.rng.randrange(256)})

    def come_and_go(self) -> None:
        if not self.hass.states.async_remove("sensor.wanderer"):
            self.hass.states.async_set("sensor.wanderer", str(self.rng.random()), {"state_class": "total"})

    def rename(self) -> None:
        er.async_get(self.hass).async_update_entity(LAMPS[0], name=f"Lamp {self.rng.randrange(1000)}")


@pytest.mark.parametrize("dice", range(4))
async def test_nothing_is_lost_or_doubled(home: Home, tokens: Tokens, connect: Connect, *, dice: int) -> None:
    rng = random.Random(dice)  # noqa: S311 - a test's dice, thrown the same way each time
    website, turmoil = Website(), Turmoil(home.hass, rng)

    async def poll() -> None:
        query = {"since": f"{website.epoch}:{website.seq}"} if website.epoch else {}
        status, body = await home.request("GET", "/events", params=query, headers=tokens.headers)
        assert status == 200
        website.enter(body)

    async def listen() -> None:
        socket = await connect(auth={"token": tokens.token, "since": website.since})
        _, body = await socket.next()
        website.enter(body)
        for _ in range(rng.randrange(8)):
            await turmoil.happen()
        # Some of what was sent arrives, and then the line breaks.
        for _ in range(rng.randint(0, home.entry.runtime_data.feed.seq - website.seq)):
            website.take(*await socket.next())
        await socket.client.disconnect()

    async def be_away() -> None:
        for _ in range(rng.randrange(8)):
            await turmoil.happen()

    for round_ in range(40):
        if round_ == 20:
            await home.hass.config_entries.async_reload(home.entry.entry_id)
        await rng.choice([poll, listen, be_away])()
    await poll()
    _, listed = await home.request("GET", "/devices", headers=tokens.headers)
    assert website.devices == {device["id"]: device for device in listed["devices"]}
    assert website.since == {"epoch": listed["epoch"], "seq": listed["seq"]}
    # One when it came, and one when the home had begun anew.
    assert website.snapshots == 2
