"""Who may be a display: no code reaches anybody else, through any door, and nobody else lets a website in."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from ..conftest import ORIGIN, Connect, Display, Home
from ..test_config_flow import save_options

COMMANDS = [
    ("pairing/subscribe", {}),
    ("pairing/begin", {}),
    ("pairing/reveal", {"pairing_id": "x"}),
    ("pairing/reject", {"pairing_id": "x"}),
    ("grants/pause", {"grant_id": "x"}),
    ("grants/revoke", {"grant_id": "x"}),
]


@pytest.fixture(autouse=True)
def _quiet(quiet_log: None) -> None:
    """Nothing here is a fault of the home."""


async def make_user(hass: HomeAssistant, group: str, name: str = "Somebody") -> tuple[User, str]:
    """Create a user of one of Home Assistant's groups; return it and an access token."""
    user = await hass.auth.async_create_user(name, group_ids=[group])
    refresh_token = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
    return user, hass.auth.async_create_access_token(refresh_token)


async def send(socket: MockHAClientWebSocket, command: str, **fields: Any) -> dict[str, Any]:
    await socket.send_json_auto_id({"type": f"interphone/{command}", **fields})
    answer: dict[str, Any] = await socket.receive_json()
    return answer


async def subscribe(socket: MockHAClientWebSocket) -> Display:
    answer = await send(socket, "pairing/subscribe")
    assert answer["success"], answer
    return Display(socket)


async def hears_nothing(socket: MockHAClientWebSocket) -> None:
    """Whatever was sent before this would have come first."""
    await socket.send_json_auto_id({"type": "ping"})
    assert (await socket.receive_json())["type"] == "pong"


class TestReadOnly:
    async def test_gets_no_code_and_pairs_nothing(self, home: Home, hass_ws_client: WebSocketGenerator) -> None:
        _, token = await make_user(home.hass, GROUP_ID_READ_ONLY)
        await home.request("GET", "/code", headers={"Origin": ORIGIN})
        pairing = await home.display.next()
        while pairing["state"] != "shown":
            pairing = await home.display.next()
        socket = await hass_ws_client(home.hass, token)
        for command, fields in COMMANDS:
            answer = await send(
                socket, command, **fields | ({"pairing_id": pairing["id"]} if "pairing_id" in fields else {})
            )
            assert not answer["success"]
            assert answer["error"]["code"] == "not_a_display"
            assert pairing["code"] not in str(answer)
        # Nothing was begun, shown, refused or sent.
        await hears_nothing(socket)
        status, _ = await home.request("POST", "/codecheck", headers={"code": pairing["code"], "Origin": ORIGIN})
        assert status == 201
        assert (await home.display.next())["state"] == "paired"

    @pytest.mark.parametrize("way", ["auth", "event"])
    async def test_is_no_display_over_socketio(self, home: Home, connect: Connect, way: str) -> None:
        _, token = await make_user(home.hass, GROUP_ID_READ_ONLY)
        if way == "auth":
            socket = await connect(token, refused=True)
            while (said := await socket.next())[0] != "refused":
                pass
            assert said[1]["message"] == "not_a_display"
        else:
            socket = await connect()
            assert (await socket.call("authenticate", {"token": token}))["error"] == "not_a_display"
        await home.request("GET", "/code", headers={"Origin": ORIGIN})
        await home.display.next_code()
        assert socket._received.empty()

    async def test_reads_no_code_in_a_notification(self, home: Home, hass_ws_client: WebSocketGenerator) -> None:
        _, token = await make_user(home.hass, GROUP_ID_READ_ONLY)
        await home.request("GET", "/code", headers={"Origin": ORIGIN})
        code = await home.display.next_code()
        socket = await hass_ws_client(home.hass, token)
        await socket.send_json_auto_id({"type": "persistent_notification/get"})
        [notification] = (await socket.receive_json())["result"]
        assert ORIGIN in notification["message"]
        assert code[:3] not in notification["message"]
        assert code[-3:] not in notification["message"]

    async def test_chosen_by_name_is_a_display(self, home: Home, hass_ws_client: WebSocketGenerator) -> None:
        user, token = await make_user(home.hass, GROUP_ID_READ_ONLY)
        await save_options(home.hass, home.entry.entry_id, displays="chosen", display_users=[user.id])
        display = await subscribe(await hass_ws_client(home.hass, token))
        await home.request("GET", "/code")
        assert await display.next_code()
        # And nobody else, the administrator included.
        await hears_nothing(home.display.socket)
        assert (await home.command("pairing/begin"))["error"]["code"] == "not_a_display"


@pytest.mark.parametrize(
    ("audience", "admitted"),
    [
        ("everybody", {GROUP_ID_ADMIN, GROUP_ID_USER}),
        ("admins", {GROUP_ID_ADMIN}),
        ("chosen", set()),
        ("nobody", set()),
    ],
)
async def test_who_is_a_display(
    home: Home, connect: Connect, hass_ws_client: WebSocketGenerator, audience: str, admitted: set[str]
) -> None:
    await save_options(home.hass, home.entry.entry_id, displays=audience)
    for group in (GROUP_ID_ADMIN, GROUP_ID_USER, GROUP_ID_READ_ONLY):
        _, token = await make_user(home.hass, group)
        answer = await send(await hass_ws_client(home.hass, token), "pairing/subscribe")
        assert answer["success"] is (group in admitted)
        acknowledged = await (await connect()).call("authenticate", {"token": token})
        assert acknowledged["success"] is (group in admitted)


async def test_a_user_that_home_assistant_made_for_itself_is_no_display(
    home: Home, hass_ws_client: WebSocketGenerator
) -> None:
    user = await home.hass.auth.async_create_system_user("Service", group_ids=[GROUP_ID_ADMIN])
    refresh_token = await home.hass.auth.async_create_refresh_token(user)
    token = home.hass.auth.async_create_access_token(refresh_token)
    answer = await send(await hass_ws_client(home.hass, token), "pairing/subscribe")
    assert answer["error"]["code"] == "not_a_display"
    # It reads no notifications either.
    await home.request("GET", "/code")
    code = await home.display.next_code()
    assert code[:3] in (await home.notifications())[0]["message"]


class TestWhileSubscribed:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"origins": [ORIGIN], "domains": [], "displays": "everybody"}

    async def test_who_becomes_read_only_gets_nothing_more(
        self, home: Home, connect: Connect, hass_ws_client: WebSocketGenerator
    ) -> None:
        user, token = await make_user(home.hass, GROUP_ID_USER)
        display = await subscribe(await hass_ws_client(home.hass, token))
        socket = await connect(token)
        assert await socket.call("authenticate", {"token": token})  # has joined
        await home.hass.auth.async_update_user(user, group_ids=[GROUP_ID_READ_ONLY])
        assert await socket.receive("revoked") == {"reason": "not_a_display"}
        await socket.closed()
        await home.request("GET", "/code")
        await home.display.next_code()
        await hears_nothing(display.socket)

    async def test_who_is_deactivated_gets_nothing_more(self, home: Home, connect: Connect) -> None:
        user, token = await make_user(home.hass, GROUP_ID_USER)
        socket = await connect(token)
        assert await socket.call("authenticate", {"token": token})
        await home.hass.auth.async_update_user(user, is_active=False)
        assert (await socket.receive("revoked"))["reason"] in {"token_revoked", "not_a_display"}
        await socket.closed()

    async def test_who_is_no_longer_chosen_gets_nothing_more(
        self, home: Home, connect: Connect, hass_ws_client: WebSocketGenerator
    ) -> None:
        _, token = await make_user(home.hass, GROUP_ID_USER)
        display = await subscribe(await hass_ws_client(home.hass, token))
        socket = await connect(token)
        assert await socket.call("authenticate", {"token": token})
        await save_options(home.hass, home.entry.entry_id, displays="admins")
        assert await socket.receive("revoked") == {"reason": "not_a_display"}
        await home.request("GET", "/code")
        await home.display.next_code()
        await hears_nothing(display.socket)
        # Chosen again, and the dashboard that stayed open shows codes again.
        await save_options(home.hass, home.entry.entry_id, displays="everybody")
        await home.request("GET", "/code")
        assert await display.next_code()


class TestNotification:
    async def message(self, home: Home) -> str:
        [notification] = await home.notifications()
        message: str = notification["message"]
        return message

    @pytest.mark.parametrize("audience", ["admins", "chosen", "nobody"])
    async def test_holds_no_code_unless_everybody_may_see_it(self, home: Home, audience: str) -> None:
        await home.request("GET", "/code", headers={"Origin": ORIGIN})
        code = await home.display.next_code()
        assert code[:3] in await self.message(home)
        # Withdrawn at once from the one that is there.
        await save_options(home.hass, home.entry.entry_id, displays=audience)
        assert code[:3] not in await self.message(home)
        assert ORIGIN in await self.message(home)

    async def test_follows_the_users(self, home: Home) -> None:
        await home.command("pairing/begin")
        code = await home.display.next_code()
        assert code[:3] in await self.message(home)
        user, _ = await make_user(home.hass, GROUP_ID_READ_ONLY)
        assert code[:3] not in await self.message(home)
        await home.hass.auth.async_update_user(user, group_ids=[GROUP_ID_USER])
        assert code[:3] in await self.message(home)
        await home.hass.auth.async_update_user(user, group_ids=[GROUP_ID_READ_ONLY])
        assert code[:3] not in await self.message(home)
        await home.hass.auth.async_update_user(user, is_active=False)
        assert code[:3] in await self.message(home)
        await home.hass.auth.async_update_user(user, is_active=True)
        assert code[:3] not in await self.message(home)
        await home.hass.auth.async_remove_user(user)
        assert code[:3] in await self.message(home)
