"""Commands over the socket: each ack holds the outcome, whatever was sent."""

import asyncio
from typing import Any

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.interphone.devices.commands import BATCH_SIZE_MAX

from ...conftest import Connect, Home, Socket, Tokens

pytestmark = pytest.mark.usefixtures("quiet_log")

LIGHT = "light.bed_light"


@pytest.fixture(autouse=True)
def _short_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.interphone.devices.commands.CONFIRM_TIMEOUT", 0.05)


@pytest.fixture(params=["websocket", "polling"])
async def website(request: pytest.FixtureRequest, connect: Connect, tokens: Tokens) -> Socket:
    website = await connect(tokens.token, transports=[request.param], headers={"Accept-Language": "ko"})
    await website.receive("snapshot")
    return website


@pytest.fixture
async def light(home: Home, tokens: Tokens) -> str:
    return (await home.device(tokens))["id"]


async def test_one_command(home: Home, website: Socket, light: str) -> None:
    ack = await website.command(id="a", device=light, command="on_off.set", params={"on": True})
    assert ack["id"] == "a"
    assert ack["status"] == "confirmed"
    assert ack["state"]["on_off"] == {"on": True}
    assert home.hass.states.get(LIGHT).state == "on"


async def test_the_same_command_twice_is_done_once(home: Home, website: Socket, light: str) -> None:
    first = await website.command(id="a", device=light, command="on_off.toggle")
    assert await website.command(id="a", device=light, command="on_off.toggle") == first
    assert home.hass.states.get(LIGHT).state == "on"


async def test_a_list_of_them(website: Socket, light: str) -> None:
    batch = [
        {"id": "1", "device": light, "command": "on_off.set", "params": {"on": True}},
        {"id": "2", "device": "nobody", "command": "on_off.toggle"},
        None,
        {"id": "4", "device": light, "command": "brightness.set", "params": {"percent": 50}},
    ]
    acks = await website.call("command", batch)
    assert [(ack["id"], ack.get("error")) for ack in acks] == [
        ("1", None),
        ("2", "unknown_device"),
        (None, "invalid_request"),
        ("4", None),
    ]
    assert acks[1]["message"].startswith("그런 기기가 없습니다")


@pytest.mark.parametrize("count", [0, BATCH_SIZE_MAX + 1])
async def test_a_list_of_a_wrong_size(home: Home, website: Socket, light: str, count: int) -> None:
    before = await home.condition()
    batch = [{"id": str(i), "device": light, "command": "on_off.toggle"} for i in range(count)]
    ack = await website.call("command", batch)
    assert ack["success"] is False
    assert ack["error"] == "invalid_request"
    assert await home.condition() == before


@pytest.mark.parametrize(
    "data",
    [
        [],
        [None],
        [7],
        ["on_off.toggle"],
        [True],
        [{}],
        [{"id": 1}],
        [{"id": "a", "device": ["x"], "command": {}}],
        [b"\x00\x01"],
        [{"id": "a", "device": b"\x00", "command": "on_off.toggle"}],
    ],
)
async def test_what_is_no_command(home: Home, website: Socket, data: list[Any]) -> None:
    before = await home.condition()
    ack = await website.call("command", *data)
    assert ack["error"] == "invalid_request"
    assert ack["message"]
    assert await home.condition() == before


async def test_arguments_beyond_the_command_are_not_looked_at(website: Socket) -> None:
    ack = await website.call("command", {"id": "a", "device": "d", "command": "c"}, "more", 7)
    assert ack["error"] == "unknown_device"


@pytest.mark.parametrize(
    ("envelope", "error"),
    [
        ({"id": b"a"}, "invalid_request"),
        ({"device": b"1"}, "invalid_request"),
        ({"params": {"on": b"1"}}, "invalid_params"),
        ({"params": b"{}"}, "invalid_params"),
    ],
)
async def test_attachments_where_json_belongs(
    website: Socket, light: str, envelope: dict[str, Any], error: str
) -> None:
    ack = await website.command(**({"id": "a", "device": light, "command": "on_off.set"} | envelope))
    assert ack["status"] == "failed"
    assert ack["error"] == error


async def test_without_an_ack_it_is_done_all_the_same(website: Socket, light: str) -> None:
    await website.client.emit("command", {"id": "a", "device": light, "command": "on_off.set", "params": {"on": True}})
    assert (await website.receive("state"))["state"]["on_off"] == {"on": True}


async def test_events_nobody_knows(website: Socket, light: str) -> None:
    for name in ("nothing", "snapshot", "state", "code", "pairing", "revoked", "", "__proto__"):
        await website.client.emit(name, {"code": "12345678"})
    assert (await website.command(id="a", device=light, command="on_off.toggle"))["status"] == "done"


async def test_a_device_that_cannot_be_reached(home: Home, website: Socket, light: str) -> None:
    home.hass.states.async_set(LIGHT, "unavailable", home.hass.states.get(LIGHT).attributes)
    ack = await website.command(id="a", device=light, command="on_off.toggle")
    assert (ack["status"], ack["error"]) == ("failed", "device_offline")
    assert ack["message"].startswith("기기에 연결할 수 없습니다")


async def test_a_service_that_fails(home: Home, website: Socket, light: str) -> None:
    async def fail(_call: ServiceCall) -> None:
        raise HomeAssistantError("the bridge at 10.0.0.5 said no")

    home.hass.services.async_register("light", "toggle", fail)
    home.hass.services.async_register("light", "turn_on", fail)
    ack = await website.command(id="a", device=light, command="on_off.set", params={"on": True})
    assert (ack["status"], ack["error"]) == ("failed", "command_failed")
    assert "10.0.0.5" not in str(ack)


async def test_a_service_that_hangs_holds_nobody_else_up(
    home: Home, website: Socket, light: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = asyncio.Event()

    async def hang(_call: ServiceCall) -> None:
        called.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("custom_components.interphone.devices.commands.COMMAND_TIMEOUT", 0.5)
    home.hass.services.async_register("light", "turn_on", hang)
    hanging = asyncio.create_task(website.command(id="a", device=light, command="on_off.set", params={"on": True}))
    await called.wait()
    other = await website.command(id="b", device="nobody", command="on_off.toggle")
    assert other["error"] == "unknown_device"
    assert not hanging.done()
    ack = await hanging
    assert (ack["status"], ack["error"]) == ("failed", "timeout")


async def test_only_what_its_scope_lets_it(home: Home, website: Socket, tokens: Tokens, light: str) -> None:
    await home.command("grants/update", grant_id=tokens.grant_id, scope={"control": False})
    ack = await website.command(id="a", device=light, command="on_off.toggle")
    assert ack["error"] == "not_permitted"
    assert home.hass.states.get(LIGHT).state == "off"


async def test_displays_and_unauthenticated_sessions_command_nothing(
    home: Home, connect: Connect, hass_access_token: str, light: str
) -> None:
    for token in (hass_access_token, None):
        socket = await connect(token)
        for data in ({"id": "a", "device": light, "command": "on_off.toggle"}, [], None):
            ack = await socket.call("command", data)
            assert ack["success"] is False
            assert ack["error"] == "missing_token"
            assert ack["message"]
    assert home.hass.states.get(LIGHT).state == "off"


@pytest.mark.parametrize("event", ["connect", "disconnect", "connect_error"])
@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_names_of_the_librarys_own_calls_cannot_be_forged(
    home: Home, connect: Connect, hass_access_token: str, event: str, transport: str
) -> None:
    forger = await connect(transports=[transport])
    await forger.client.emit(event, ({"aiohttp.request": None}, {"token": hass_access_token}))
    while (await forger.next())[0] != "closed":
        pass
    assert not await home.notifications()
