"""The website's page at work: it lists devices, switches them, and sees what others switch."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from .api import HomeApi
from .live import LiveSession
from .steps import Steps, expect


@dataclass(frozen=True, slots=True)
class Website:
    """A paired website: where its home is, where it is itself, and its token."""

    home_url: str
    origin: str
    token: str

    def session(self) -> LiveSession:
        """Return a live session as its page opens one."""
        return LiveSession(self.home_url, self.token, origin=self.origin)

    async def devices(self) -> list[dict[str, Any]]:
        """Return the devices it sees."""
        headers = {"Authorization": f"Bearer {self.token}", "Origin": self.origin}
        async with (
            aiohttp.ClientSession(self.home_url) as http,
            http.get("/api/interphone/devices", headers=headers) as response,
        ):
            answer = await response.json()
        expect(response.ok, f"GET /devices was answered {response.status}: {answer}")
        devices: list[dict[str, Any]] = answer["devices"]
        return devices


async def list_devices(steps: Steps, website: Website) -> None:
    """List the devices over HTTP."""
    async with steps.step("website: devices listed, in their rooms"):
        devices = await website.devices()
        rooms = {device["area"] for device in devices if device["area"]}
        expect({"Kitchen", "Living Room"} <= rooms, f"{len(devices)} devices in the rooms {rooms}")
        sensitive = [device["name"] for device in devices if device["sensitive"]]
        expect(not sensitive, f"shared although nobody chose to: {sensitive}")


async def switch_a_light(steps: Steps, website: Website, api: HomeApi) -> None:
    """Switch a light in one session; see it in another, and in the home."""
    async with website.session() as one, website.session() as other:
        async with steps.step("website: two sessions opened, each with a snapshot"):
            light = _light(await one.wait_for("snapshot"))
            await other.wait_for("snapshot")
        on = not light["state"]["on_off"]["on"]
        async with steps.step("website: a light switched over Socket.IO, with its ack"):
            command = {"id": "switch-1", "device": light["id"], "command": "on_off.set", "params": {"on": on}}
            ack = await one.command(command)
            expect(ack["id"] == "switch-1" and ack["status"] in {"done", "confirmed"}, f"the ack is {ack}")
        async with steps.step("website: the new state pushed to the other session"):
            state = await other.wait_for("state", lambda state: state["id"] == light["id"])
            expect(state["state"]["on_off"]["on"] is on, f"it says {state}")
        async with steps.step("home: the light is switched"):
            states = await api.request("GET", "/api/states")
            switched = [state["state"] for state in states if state["attributes"].get("friendly_name") == light["name"]]
            expect(switched == ["on" if on else "off"], f"the home says {switched}")


async def refuse_nonsense(steps: Steps, website: Website) -> None:
    """Send commands that must not work: each is refused with its own error, and the session goes on."""
    async with website.session() as session:
        light = _light(await session.wait_for("snapshot"))["id"]
        wrong = {
            "unknown_device": {"device": "nowhere", "command": "on_off.set", "params": {"on": True}},
            "unsupported_command": {"device": light, "command": "lock.set", "params": {}},
            "invalid_params": {"device": light, "command": "on_off.set", "params": {"on": "maybe"}},
        }
        async with steps.step("website: commands that make no sense refused, each for its reason"):
            for error, command in wrong.items():
                ack = await session.command({"id": error, **command})
                expect(ack["status"] == "failed" and ack["error"] == error, f"wanted {error}, the ack is {ack}")


async def watch_again(steps: Steps, website: Website) -> None:
    """Come back after the home was restarted."""
    async with steps.step("website: its grant still good after the restart"):
        expect(await website.devices(), "no device is shared any more")
        async with website.session() as session:
            await session.wait_for("snapshot")


def _light(snapshot: dict[str, Any]) -> dict[str, Any]:
    lights = [device for device in snapshot["devices"] if device["type"] == "light" and "on_off" in device["state"]]
    expect(lights, "no light is shared")
    light: dict[str, Any] = lights[0]
    return light
