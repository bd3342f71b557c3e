"""Which tokens admit a session, presented in which way."""

import asyncio
import base64
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import CLIENT_ID
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from socketio.exceptions import ConnectionError as SocketConnectionError

from custom_components.interphone.api.peer import LOCAL, Peer
from custom_components.interphone.api.socketio.credentials import Handshake
from custom_components.interphone.api.socketio.view import GATEWAY

from ...conftest import ORIGIN, OTHER_ORIGIN, Connect, Home, Tokens

pytestmark = pytest.mark.usefixtures("quiet_log")

TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling"])


async def refusal(connect: Connect, **kwargs: Any) -> dict[str, Any]:
    """Connect, be refused, and return the error."""
    socket = await connect(refused=True, **kwargs)
    while (said := await socket.next())[0] != "refused":
        pass
    return said[1]


@TRANSPORTS
async def test_a_website_by_the_token_in_auth(connect: Connect, tokens: Tokens, transport: str) -> None:
    website = await connect(tokens.token, transports=[transport])
    snapshot = await website.receive("snapshot")
    assert set(snapshot) == {"epoch", "seq", "devices"}
    assert snapshot["devices"]


@TRANSPORTS
async def test_a_website_by_the_header_of_the_handshake(connect: Connect, tokens: Tokens, transport: str) -> None:
    website = await connect(headers=tokens.headers, transports=[transport])
    await website.receive("snapshot")


@TRANSPORTS
async def test_a_website_by_the_event(connect: Connect, tokens: Tokens, transport: str) -> None:
    website = await connect(transports=[transport])
    assert await website.call("authenticate", {"token": tokens.token}) == {"success": True}
    await website.receive("snapshot")


@TRANSPORTS
async def test_a_page_of_a_listed_origin(connect: Connect, tokens: Tokens, transport: str) -> None:
    website = await connect(tokens.token, headers={"Origin": ORIGIN}, transports=[transport])
    await website.receive("snapshot")


@TRANSPORTS
@pytest.mark.parametrize("headers", [{"Origin": OTHER_ORIGIN}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_page_of_another_is_refused_at_the_handshake(
    connect: Connect, tokens: Tokens, transport: str, headers: dict[str, str]
) -> None:
    with pytest.raises(SocketConnectionError):
        await connect(tokens.token, headers=headers, transports=[transport])


@pytest.mark.parametrize("way", ["auth", "header", "event"])
async def test_a_home_assistant_token_makes_a_display(
    home: Home, connect: Connect, hass_access_token: str, way: str
) -> None:
    if way == "auth":
        display = await connect(hass_access_token)
    elif way == "header":
        display = await connect(headers={"Authorization": f"Bearer {hass_access_token}"})
    else:
        display = await connect()
        assert await display.call("authenticate", {"token": hass_access_token}) == {"success": True}
    await asyncio.sleep(0)
    await home.request("GET", "/code", headers={"Origin": ORIGIN})
    code = await home.display.next_code()
    received = [await display.next(), await display.next(), await display.next()]
    assert [name for name, _ in received] == ["pairing", "code", "pairing"]
    assert received[0][1]["state"] == "requested"
    assert received[1][1] == code
    assert isinstance(received[1][1], str)
    assert received[2][1]["state"] == "shown"
    assert received[2][1]["code"] == code
    assert received[2][1]["origin"] == ORIGIN
    await home.request("POST", "/codecheck", headers={"code": code})
    paired = await display.receive("pairing")
    assert (paired["state"], paired["code"]) == ("paired", None)


async def test_a_display_that_connects_later_receives_live_pairings(
    home: Home, connect: Connect, hass_access_token: str
) -> None:
    await home.request("GET", "/code")
    code = await home.display.next_code()
    display = await connect(hass_access_token)
    assert await display.receive("code") == code
    assert (await display.receive("pairing"))["code"] == code


async def test_websites_and_unauthenticated_sessions_see_no_code(home: Home, connect: Connect, tokens: Tokens) -> None:
    website = await connect(tokens.token)
    await website.receive("snapshot")
    session = await connect()
    await home.request("GET", "/code")
    await home.display.next_code()
    home.hass.states.async_set("light.bed_light", "on", home.hass.states.get("light.bed_light").attributes)
    await website.receive("state")
    await session.call("authenticate", {"token": tokens.token})
    await session.receive("snapshot")


@pytest.mark.usefixtures("short_authentication")
@TRANSPORTS
async def test_a_session_without_a_token_is_closed(connect: Connect, transport: str) -> None:
    session = await connect(transports=[transport])
    assert await session.receive("revoked") == {"reason": "missing_token"}
    await session.closed()


@pytest.mark.usefixtures("short_authentication")
async def test_one_that_shows_it_in_time_stays(connect: Connect, tokens: Tokens) -> None:
    website = await connect()
    session = await connect()
    await website.call("authenticate", {"token": tokens.token})
    await website.receive("snapshot")
    await session.receive("revoked")  # the time is over
    assert (await website.command(id="1", device="nobody", command="on_off.toggle"))["error"] == "unknown_device"


def unsigned(**claims: Any) -> str:
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join((*encoded, "c2ln"))


BAD_TOKENS = ["x", "a.b.c", "é", "x" * 10_000, unsigned(iss="nobody"), unsigned(), "12345678"]
# What Home Assistant's own check of tokens stumbles over.
ODD_TOKENS = [unsigned(iss=["a list"]), unsigned(iss={"an": "object"}), unsigned(iss=7), unsigned(iss=None)]


@pytest.mark.parametrize("token", BAD_TOKENS + ODD_TOKENS)
async def test_a_token_that_is_none(connect: Connect, token: str) -> None:
    said = await refusal(connect, auth={"token": token}, headers={"Accept-Language": "ko"})
    assert said["data"]["success"] is False
    assert said["data"]["error"] == said["message"] == "invalid_token"
    assert said["data"]["message"].startswith("이 집에서 발급한 토큰이 아닙니다")
    session = await connect()
    answer = await session.call("authenticate", {"token": token})
    assert answer["error"] == "invalid_token"
    assert answer["message"]


@TRANSPORTS
async def test_a_session_keeps_values_of_the_request_that_opened_it(
    home: Home, connect: Connect, tokens: Tokens, transport: str
) -> None:
    website = await connect(tokens.token, transports=[transport], headers={"Accept-Language": "ko"})
    await website.receive("snapshot")
    server = home.hass.data[GATEWAY]._server
    [handshake] = server.environ.values()
    assert handshake == Handshake(Peer(LOCAL, "127.0.0.1", None, own=False, language="ko"), token=None, local=True)
    [session] = server.eio._sessions.values()
    assert not session.environ


@pytest.mark.parametrize("data", [[], [None], ["token"], [7], [[]], [{}], [{"token": None}], [{"token": 7}]])
async def test_an_authentication_without_a_token(connect: Connect, tokens: Tokens, data: list[Any]) -> None:
    session = await connect()
    answer = await session.call("authenticate", *data)
    assert answer["error"] == "invalid_request"
    assert ("token" if data and isinstance(data[0], dict) else "expected") in answer["message"]
    # It may try again.
    assert await session.call("authenticate", {"token": tokens.token}) == {"success": True}


@pytest.mark.parametrize("auth", [{"token": ""}, {"token": None}, {"token": 7}, {"token": ["x"]}, {}, {"other": 1}])
async def test_an_auth_without_a_token_leaves_it_unauthenticated(connect: Connect, tokens: Tokens, auth: Any) -> None:
    session = await connect(auth=auth)
    assert await session.call("authenticate", {"token": tokens.token}) == {"success": True}
    await session.receive("snapshot")


@pytest.mark.parametrize(("act", "error"), [("pause", "grant_paused"), ("revoke", "grant_revoked")])
async def test_a_grant_that_was_paused_or_revoked(
    home: Home, connect: Connect, tokens: Tokens, act: str, error: str
) -> None:
    await home.command(f"grants/{act}", grant_id=tokens.grant_id)
    said = await refusal(connect, auth={"token": tokens.token})
    assert said["data"]["error"] == error


async def test_a_refresh_token_opens_no_socket(connect: Connect, tokens: Tokens) -> None:
    said = await refusal(connect, auth={"token": tokens.refresh_token})
    assert said["data"]["error"] == "invalid_token"


@pytest.fixture
async def resident(hass: HomeAssistant) -> User:
    """A user who is no administrator."""
    return await hass.auth.async_create_user("Resident", group_ids=[GROUP_ID_USER])


async def test_a_user_that_may_not_log_in_is_no_display(hass: HomeAssistant, connect: Connect, resident: User) -> None:
    refresh_token = await hass.auth.async_create_refresh_token(resident, CLIENT_ID)
    token = hass.auth.async_create_access_token(refresh_token)
    await hass.auth.async_update_user(resident, is_active=False)
    said = await refusal(connect, auth={"token": token})
    assert said["data"]["error"] == "invalid_token"


class TestFromOutside:
    @pytest.fixture
    def http_config(self) -> dict[str, Any]:
        return {"use_x_forwarded_for": True, "trusted_proxies": ["127.0.0.1"]}

    @pytest.mark.parametrize("by_event", [False, True])
    @pytest.mark.parametrize(("address", "admitted"), [("192.168.1.7", True), ("203.0.113.7", False)])
    async def test_a_user_of_the_home_network_only(
        self,
        hass: HomeAssistant,
        connect: Connect,
        resident: User,
        address: str,
        *,
        admitted: bool,
        by_event: bool,
    ) -> None:
        await hass.auth.async_update_user(resident, local_only=True)
        refresh_token = await hass.auth.async_create_refresh_token(resident, CLIENT_ID)
        token = hass.auth.async_create_access_token(refresh_token)
        headers = {"X-Forwarded-For": address}
        if by_event:
            display = await connect(headers=headers)
            ack = await display.call("authenticate", {"token": token})
            assert ack.get("error") == (None if admitted else "invalid_token")
        elif admitted:
            await connect(token, headers=headers)
        else:
            said = await refusal(connect, auth={"token": token}, headers=headers)
            assert said["data"]["error"] == "invalid_token"


async def test_a_display_whose_user_logs_out_is_closed(hass: HomeAssistant, connect: Connect, resident: User) -> None:
    refresh_token = await hass.auth.async_create_refresh_token(resident, CLIENT_ID)
    display = await connect(hass.auth.async_create_access_token(refresh_token))
    await display.call("authenticate", {"token": "x"})  # it has joined by the time of this ack
    hass.auth.async_remove_refresh_token(refresh_token)
    assert await display.receive("revoked") == {"reason": "token_revoked"}
    await display.closed()


async def test_an_admitted_session_stays_what_it_is(
    home: Home, connect: Connect, tokens: Tokens, hass_access_token: str
) -> None:
    other = await home.pair_from_display()
    website = await connect(tokens.token)
    await website.receive("snapshot")
    assert (await website.call("authenticate", {"token": other.token}))["error"] == "invalid_request"
    assert (await website.call("authenticate", {"token": hass_access_token}))["error"] == "invalid_request"
    display = await connect(hass_access_token)
    assert (await display.call("authenticate", {"token": tokens.token}))["error"] == "invalid_request"
    assert (await display.call("authenticate", {"token": hass_access_token}))["error"] == "invalid_request"
    # Each is still what it was.
    await home.command("grants/revoke", grant_id=other.grant_id)
    assert await website.call("authenticate", {"token": tokens.token}) == {"success": True}
    await home.request("GET", "/code")
    assert (await display.receive("pairing"))["state"] == "requested"


class TestLifetimes:
    """Under a clock that stands still unless it is moved; the loop's own clock with it."""

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"origins": [ORIGIN], "domains": ["light"], "token_lifetime": 2}

    async def test_a_socket_ends_with_its_token(self, home: Home, connect: Connect) -> None:
        tokens = await home.pair_from_display()
        website = await connect(tokens.token)
        await website.receive("snapshot")
        assert await website.receive("revoked") == {"reason": "expired_token"}
        await website.closed()

    async def test_a_fresh_token_extends_it(self, home: Home, connect: Connect) -> None:
        tokens = await home.pair_from_display()
        website, other = await connect(tokens.token), await connect(tokens.token)
        await website.receive("snapshot")
        await other.receive("snapshot")
        home.hass.config_entries.async_update_entry(home.entry, options={**home.entry.options, "token_lifetime": 3600})
        await home.hass.async_block_till_done()
        spend = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
        _, fresh = await home.request("POST", "/token", json=spend)
        assert await website.call("authenticate", {"token": fresh["token"]}) == {"success": True}
        await other.receive("revoked")  # the time of the first token is over
        await other.closed()
        assert (await website.command(id="1", device="nobody", command="on_off.toggle"))["error"] == "unknown_device"


async def test_an_expired_token(
    freezer: FrozenDateTimeFactory,
    home: Home,
    connect: Connect,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("CRITICAL", "aiohttp.access")  # stumbles over frozen time zones
    tokens = await home.pair_from_display()
    freezer.tick(30 * 3600 + 31)
    home.client = await hass_client_no_auth()
    said = await refusal(connect, auth={"token": tokens.token})
    assert said["data"]["error"] == "expired_token"
