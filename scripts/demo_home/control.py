"""What the website's page does: list devices, send commands, receive pushed states."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from .api import HomeApi
from .live import LiveSession
from .steps import Steps, expect


@dataclass(frozen=True, slots=True)
class Website:
    """A paired website: the URL of its home, its own origin, its access token."""

    home_url: str
    origin: str
    token: str

    def session(self) -> LiveSession:
        """Return a Socket.IO session with the page's origin, not yet connected."""
        return LiveSession(self.home_url, self.token, origin=self.origin)

    async def devices(self) -> list[dict[str, Any]]:
        """Return the devices that its grant sees."""
        headers = {"Authorization": f"Bearer {self.token}", "Origin": self.origin}
        async with (
            aiohttp.ClientSession(self.home_url) as http,
            http.get("/api/interphone/devices", headers=headers) as response,
        ):
            body = await response.json()
        expect(response.ok, f"GET /devices returned {response.status}: {body}")
        devices: list[dict[str, Any]] = body["devices"]
        return devices


async def list_devices(steps: Steps, website: Website) -> None:
    """List the devices over REST: rooms are named, and nothing sensitive is shared by default."""
    async with steps.step("website: devices listed, in their rooms"):
        devices = await website.devices()
        rooms = {device["area"] for device in devices if device["area"]}
        expect({"Kitchen", "Living Room"} <= rooms, f"{len(devices)} devices in the rooms {rooms}")
        sensitive = [device["name"] for device in devices if device["sensitive"]]
        expect(not sensitive, f"sensitive devices are shared by default: {sensitive}")


async def switch_a_light(steps: Steps, website: Website, api: HomeApi) -> None:
    """Switch a light in one session; expect the new state in another session and in Home Assistant."""
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
            expect(state["state"]["on_off"]["on"] is on, f"the state is {state}")
        async with steps.step("home: the light is switched"):
            states = await api.request("GET", "/api/states")
            switched = [state["state"] for state in states if state["attributes"].get("friendly_name") == light["name"]]
            expect(switched == ["on" if on else "off"], f"Home Assistant has {switched}")


async def send_invalid_commands(steps: Steps, website: Website) -> None:
    """Send invalid commands: each fails with its own error, and the session stays open."""
    async with website.session() as session:
        light = _light(await session.wait_for("snapshot"))["id"]
        wrong = {
            "unknown_device": {"device": "nowhere", "command": "on_off.set", "params": {"on": True}},
            "unsupported_command": {"device": light, "command": "lock.set", "params": {}},
            "invalid_params": {"device": light, "command": "on_off.set", "params": {"on": "maybe"}},
        }
        async with steps.step("website: invalid commands refused, each with its own error"):
            for error, command in wrong.items():
                ack = await session.command({"id": error, **command})
                expect(ack["status"] == "failed" and ack["error"] == error, f"expected {error}, the ack is {ack}")


async def reconnect(steps: Steps, website: Website) -> None:
    """Use the grant again after a restart of the home."""
    async with steps.step("website: its grant still valid after the restart"):
        expect(await website.devices(), "no device is shared any more")
        async with website.session() as session:
            await session.wait_for("snapshot")


def _light(snapshot: dict[str, Any]) -> dict[str, Any]:
    lights = [device for device in snapshot["devices"] if device["type"] == "light" and "on_off" in device["state"]]
    expect(lights, "no light is shared")
    light: dict[str, Any] = lights[0]
    return light
