"""What Home Assistant's own frontend asks: pairing for displays, grants for admins."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from .conftest import ORIGIN, Display, Home, Tokens

LOCK = "lock.openable_lock"

ADMINS_ONLY = [
    ("grants/list", {}),
    ("grants/update", {"grant_id": "x", "name": "y"}),
    ("grants/resume", {"grant_id": "x"}),
    ("grants/revoke_all", {}),
    ("audit/list", {}),
]
FOR_DISPLAYS = [
    ("pairing/subscribe", {}),
    ("pairing/begin", {}),
    ("pairing/reveal", {"pairing_id": "x"}),
    ("pairing/reject", {"pairing_id": "x"}),
    ("grants/pause", {"grant_id": "x"}),
    ("grants/revoke", {"grant_id": "x"}),
]

pytestmark = pytest.mark.usefixtures("quiet_log")


@pytest.fixture
async def resident_token(hass: HomeAssistant) -> str:
    """An access token of a user who is no administrator."""
    user = await hass.auth.async_create_user("Resident", group_ids=[GROUP_ID_USER])
    return hass.auth.async_create_access_token(await hass.auth.async_create_refresh_token(user, CLIENT_ID))


async def subscribe(socket: MockHAClientWebSocket) -> Display:
    await socket.send_json_auto_id({"type": "interphone/pairing/subscribe"})
    answer = await socket.receive_json()
    assert answer["type"] == "result"
    assert answer["success"]
    assert answer["result"] is None
    return Display(socket)


async def test_a_panel_that_comes_later_sees_what_is_live(home: Home, hass_ws_client: WebSocketGenerator) -> None:
    await home.request("GET", "/code", headers={"Origin": ORIGIN}, params={"client_name": "Hotel"})
    code = await home.display.next_code()
    late = await subscribe(await hass_ws_client(home.hass))
    pairing = await late.next()
    assert pairing["code"] == code
    assert pairing["state"] == "shown"
    assert pairing["client_name"] == "Hotel"
    assert pairing["origin"] == ORIGIN
    assert pairing["source"] == "127.0.0.1"
    assert pairing["bound"] is False
    assert pairing["begun_on_panel"] is False
    assert pairing["attempts_left"] == 20


async def test_unsubscribing(home: Home, hass_ws_client: WebSocketGenerator) -> None:
    socket = await hass_ws_client(home.hass)
    await socket.send_json({"id": 50, "type": "interphone/pairing/subscribe"})
    assert (await socket.receive_json())["success"]
    await socket.send_json({"id": 51, "type": "unsubscribe_events", "subscription": 50})
    assert (await socket.receive_json())["success"]
    await home.request("GET", "/code")
    await home.display.next_code()
    await socket.send_json({"id": 52, "type": "ping"})
    assert (await socket.receive_json())["type"] == "pong"


async def test_a_panel_that_leaves_is_missed_by_nobody(home: Home, hass_ws_client: WebSocketGenerator) -> None:
    gone = await subscribe(await hass_ws_client(home.hass))
    await gone.socket.close()
    await home.hass.async_block_till_done()
    await home.request("GET", "/code")
    assert await home.display.next_code()


async def test_a_panel_outlives_a_reload(home: Home) -> None:
    """A dashboard that is open all day still shows the next code after the owner changed something."""
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.request("GET", "/code")
    assert await home.display.next_code()


async def test_a_live_code_ends_with_a_reload(home: Home) -> None:
    await home.request("GET", "/code")
    code = await home.display.next_code()
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    ended = await home.display.next()
    assert ended["state"] == "expired"
    assert ended["code"] is None
    await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": code})


async def test_begun_on_a_panel(home: Home) -> None:
    begun = (await home.command("pairing/begin"))["result"]["pairing"]
    assert begun["begun_on_panel"] is True
    assert begun["state"] == "shown"
    assert await home.display.next_code() == begun["code"]
    again = (await home.command("pairing/begin"))["result"]["pairing"]
    assert again["code"] == begun["code"]
    status, _ = await home.request("POST", "/codecheck", headers={"code": begun["code"].lower()})
    assert status == 201
    await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": begun["code"]})


async def test_rejecting(home: Home) -> None:
    await home.request("GET", "/code")
    code = await home.display.next_code()
    [pairing_id] = {pairing["id"] for pairing in [await latest(home)]}
    assert (await home.command("pairing/reject", pairing_id=pairing_id))["success"]
    rejected = await home.display.next()
    while rejected["state"] == "shown":
        rejected = await home.display.next()
    assert rejected["state"] == "rejected"
    assert rejected["code"] is None
    await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": code})
    answer = await home.command("pairing/reject", pairing_id=pairing_id)
    assert answer["error"]["code"] == "unknown_pairing"


async def latest(home: Home) -> dict[str, Any]:
    """Ask once more, and return the pairing that the display receives again."""
    await home.request("GET", "/code")
    return await home.display.next()


class TestAskBeforeShowing:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"origins": [ORIGIN], "domains": ["light"], "ask_before_showing": True}

    async def test_a_tap_shows_the_code(self, home: Home) -> None:
        assert await home.request("GET", "/code") == (200, {"success": True})
        waiting = await home.display.next()
        assert waiting["state"] == "waiting"
        assert waiting["code"] is None
        await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": "12345678"})
        revealed = (await home.command("pairing/reveal", pairing_id=waiting["id"]))["result"]["pairing"]
        assert revealed["state"] == "shown"
        assert await home.display.next_code() == revealed["code"]
        status, _ = await home.request("POST", "/codecheck", headers={"code": revealed["code"]})
        assert status == 201


async def test_grants(home: Home) -> None:
    assert await home.grants() == []
    tokens = await home.pair(Origin=ORIGIN)
    [grant] = await home.grants()
    assert grant["id"] == tokens.grant_id
    assert grant["origin"] == ORIGIN
    assert grant["name"] == "website.example"
    assert grant["paused"] is False
    assert not {tokens.token, tokens.refresh_token} & set(map(str, grant.values()))

    light = await home.device(tokens)
    scope = {"see": {"devices": [light["id"]]}, "may": "look"}
    edited = await home.command("grants/update", grant_id=grant["id"], name="  Hotel ", scope=scope)
    assert edited["result"]["grant"]["name"] == "Hotel"
    assert edited["result"]["grant"]["scope"]["devices"] == [light["id"]]
    _, body = await home.request("GET", "/grant", headers=tokens.headers)
    assert body["grant"]["scope"] == edited["result"]["grant"]["scope"]
    _, body = await home.request("GET", "/devices", headers=tokens.headers)
    assert [device["id"] for device in body["devices"]] == [light["id"]]

    paused = await home.command("grants/pause", grant_id=grant["id"])
    assert paused["result"]["grant"]["paused"] is True
    resumed = await home.command("grants/resume", grant_id=grant["id"])
    assert resumed["result"]["grant"]["paused"] is False
    assert (await home.command("grants/revoke", grant_id=grant["id"]))["success"]
    assert await home.grants() == []


class TestDoors:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"origins": [ORIGIN], "domains": ["light"], "sensitive_entities": [LOCK]}

    async def locked_out(self, home: Home, tokens: Tokens) -> None:
        """A command to the lock is refused, and does not reach it."""
        lock = await home.device(tokens, "Openable Lock")
        command = {"id": "1", "device": lock["id"], "command": "lock.unlock"}
        before = home.hass.states.get(LOCK)
        await home.refused(403, "not_permitted", "POST", "/commands", json=command, headers=tokens.headers)
        assert home.hass.states.get(LOCK) is before

    async def test_a_scope_that_names_devices_gives_no_doors(self, home: Home, tokens: Tokens) -> None:
        """Nor does pairing, nor a scope that takes them back by leaving them out."""
        await self.locked_out(home, tokens)
        lock = await home.device(tokens, "Openable Lock")
        by_devices: tuple[Any, ...] = ({"devices": [lock["id"]]}, {"devices": [lock["id"]], "control": True}, {})
        by_selection: tuple[Any, ...] = ({"see": {"devices": [lock["id"]]}}, {"see": {"all": True}, "types": ["lock"]})
        for scope in by_devices + by_selection:
            given = await home.command("grants/update", grant_id=tokens.grant_id, scope={"doors_and_alarms": True})
            assert given["success"]
            assert (await home.command("grants/update", grant_id=tokens.grant_id, scope=scope))["success"]
            await self.locked_out(home, tokens)


async def test_revoking_all(home: Home) -> None:
    first, second = await home.pair_from_display(), await home.pair_from_display()
    assert len(await home.grants()) == 2
    assert (await home.command("grants/revoke_all"))["success"]
    assert await home.grants() == []
    for tokens in (first, second):
        await home.refused(401, "invalid_token", "GET", "/grant", headers=tokens.headers)


@pytest.mark.parametrize("command", ["grants/update", "grants/pause", "grants/resume", "grants/revoke"])
async def test_a_grant_nobody_knows(home: Home, command: str) -> None:
    answer = await home.command(command, grant_id="nobody")
    assert answer["error"]["code"] == "unknown_grant"
    assert answer["error"]["message"].startswith("There is no such grant")


@pytest.mark.parametrize("command", ["pairing/reveal", "pairing/reject"])
async def test_a_pairing_nobody_knows(home: Home, command: str) -> None:
    home.hass.config.language = "ko"
    answer = await home.command(command, pairing_id="nobody")
    assert answer["error"]["code"] == "unknown_pairing"
    assert answer["error"]["message"].startswith("이미 끝난")


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("pairing/reveal", {}),
        ("pairing/reveal", {"pairing_id": 7}),
        ("grants/update", {"name": "x"}),
        ("grants/update", {"grant_id": "x", "name": ""}),
        ("grants/update", {"grant_id": "x", "name": "   "}),
        ("grants/update", {"grant_id": "x", "name": "x" * 65}),
        ("grants/update", {"grant_id": "x", "scope": None}),
        ("grants/update", {"grant_id": "x", "scope": {"control": "yes"}}),
        ("grants/update", {"grant_id": "x", "scope": {"devices": "all"}}),
        ("grants/update", {"grant_id": "x", "scope": {"everything": True}}),
        ("grants/update", {"grant_id": "x", "expires": "tomorrow"}),
        ("grants/update", {"grant_id": "x", "paused": True}),
        ("grants/revoke", {"grant_id": ["x"]}),
    ],
)
async def test_fields_that_do_not_fit(
    home: Home, command: str, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = await home.command(command, **fields)
    assert not answer["success"]
    assert answer["error"]["code"] == "invalid_format"
    caplog.clear()  # Home Assistant logs every such message as an error


@pytest.mark.parametrize(("command", "fields"), ADMINS_ONLY)
async def test_what_is_for_admins(
    home: Home,
    hass_ws_client: WebSocketGenerator,
    resident_token: str,
    caplog: pytest.LogCaptureFixture,
    command: str,
    fields: Any,
) -> None:
    tokens = await home.pair_from_display()
    resident = await hass_ws_client(home.hass, resident_token)
    if "grant_id" in fields:
        fields = {**fields, "grant_id": tokens.grant_id}
        assert (await home.command("grants/pause", grant_id=tokens.grant_id))["success"]
    await resident.send_json_auto_id({"type": f"interphone/{command}", **fields})
    answer = await resident.receive_json()
    assert not answer["success"]
    assert answer["error"]["code"] == "unauthorized"
    [grant] = await home.grants()
    assert grant["paused"] is ("grant_id" in fields)
    assert grant["name"] != fields.get("name")
    caplog.clear()  # Home Assistant logs that as an error


async def test_any_resident_may_take_access_away(
    home: Home, hass_ws_client: WebSocketGenerator, resident_token: str
) -> None:
    tokens = await home.pair_from_display()
    resident = await hass_ws_client(home.hass, resident_token)
    await resident.send_json_auto_id({"type": "interphone/grants/pause", "grant_id": tokens.grant_id})
    assert (await resident.receive_json())["result"]["grant"]["paused"] is True
    await home.refused(403, "grant_paused", "GET", "/grant", headers=tokens.headers)
    await resident.send_json_auto_id({"type": "interphone/grants/revoke", "grant_id": tokens.grant_id})
    assert (await resident.receive_json())["success"]
    await home.refused(401, "grant_revoked", "GET", "/grant", headers=tokens.headers)


async def test_any_resident_may_let_a_website_in(
    home: Home, hass_ws_client: WebSocketGenerator, resident_token: str
) -> None:
    resident = await hass_ws_client(home.hass, resident_token)
    await resident.send_json_auto_id({"type": "interphone/pairing/begin"})
    begun = (await resident.receive_json())["result"]["pairing"]
    status, _ = await home.request("POST", "/codecheck", headers={"code": begun["code"]})
    assert status == 201
    display = await subscribe(await hass_ws_client(home.hass, resident_token))
    await home.request("GET", "/code")
    assert await display.next_code()


@pytest.mark.parametrize(("command", "fields"), ADMINS_ONLY + FOR_DISPLAYS)
async def test_while_it_is_not_loaded(home: Home, command: str, fields: dict[str, Any]) -> None:
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    answer = await home.command(command, **fields)
    assert not answer["success"]
    assert answer["error"]["code"] == "not_ready"
    assert isinstance(answer["error"]["message"], str)
    assert answer["error"]["message"] not in ("", "not_ready")


async def test_before_it_was_ever_set_up(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    assert await async_setup_component(hass, "interphone", {})
    socket = await hass_ws_client(hass)
    await socket.send_json_auto_id({"type": "interphone/pairing/subscribe"})
    error = (await socket.receive_json())["error"]
    assert (error["code"], type(error["message"])) == ("not_ready", str)
