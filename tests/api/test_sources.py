"""Who a request counts as, and that its failures cost it nothing elsewhere in Home Assistant."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from hypothesis import given, strategies as st
import pytest

from custom_components.interphone.api.source import source_of
from custom_components.interphone.const import BASE_PATH

from ..conftest import Home


@pytest.mark.parametrize(
    ("remote", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        (None, "unknown"),
        ("", "unknown"),
        ("a socket", "a socket"),
    ],
)
def test_source(remote: str | None, source: str) -> None:
    assert source_of(remote) == source


@given(st.ip_addresses())
def test_a_source_is_a_v4_address_or_a_v6_network(address: IPv4Address | IPv6Address) -> None:
    source = source_of(str(address))
    if isinstance(address, IPv4Address):
        assert source == str(address)
    elif address.ipv4_mapped:
        assert source == str(address.ipv4_mapped)
    else:
        network = IPv6Network(source)
        assert network.prefixlen == 64
        assert address in network


async def ask_for_code(home: Home, source: str | None) -> int:
    """Ask for a code as a client behind a proxy, have it rejected, and return the status."""
    headers = {} if source is None else {"X-Forwarded-For": source}
    async with home.client.get(f"{BASE_PATH}/code", headers=headers) as response:
        status = response.status
    if status == 200:
        while (pairing := await home.display.next())["state"] not in ("shown", "waiting"):
            pass
        if source is not None and ":" not in source:
            assert pairing["source"] == source
        await home.command("pairing/reject", pairing_id=pairing["id"])
        while (await home.display.next())["state"] != "rejected":
            pass
    return status


class TestBans:
    @pytest.fixture
    def http_config(self) -> dict[str, Any]:
        return {"ip_ban_enabled": True, "login_attempts_threshold": 1}

    @pytest.fixture(autouse=True)
    async def _own_api(self, hass: HomeAssistant, http_config: dict[str, Any]) -> None:
        """Home Assistant's own REST API, to see who is banned from it."""
        assert await async_setup_component(hass, "http", {"http": http_config})
        assert await async_setup_component(hass, "api", {})

    async def test_wrong_codes_ban_nobody_from_home_assistant(self, home: Home, hass_access_token: str) -> None:
        for code in ("12345678", "87654321"):
            await home.refused(401, "expired_code", "POST", "/codecheck", headers={"code": code})
        await home.request("GET", "/code")
        code = await home.display.next_code()
        for step in (1, 2, 3):
            wrong = str((int(code) + step) % 10**9).zfill(9)
            await home.refused(401, "wrong_code", "POST", "/codecheck", headers={"code": wrong})
        for token in ("Bearer x", "Bearer a.b.c"):
            await home.refused(401, "invalid_token", "GET", "/grant", headers={"Authorization": token})
        status, _ = await home.request("POST", "/codecheck", headers={"code": code})
        assert status == 201
        async with home.client.get("/api/", headers={"Authorization": f"Bearer {hass_access_token}"}) as response:
            assert response.status == 200
        notifications = [note["notification_id"] for note in await home.notifications()]
        assert "http-login" not in notifications

    async def test_a_wrong_login_of_home_assistants_own_does(self, home: Home) -> None:
        """The ban is really on: what counts elsewhere is refused here, too, by Home Assistant itself."""
        async with home.client.get("/api/") as response:
            assert response.status == 401
        async with home.client.get(f"{BASE_PATH}/code") as response:
            assert response.status == 403


class TestTrustedProxy:
    @pytest.fixture
    def http_config(self) -> dict[str, Any]:
        return {"use_x_forwarded_for": True, "trusted_proxies": ["127.0.0.1"]}

    async def test_each_client_has_its_own_budget(self, home: Home) -> None:
        assert [await ask_for_code(home, "203.0.113.1") for _ in range(4)] == [200, 200, 200, 429]
        assert await ask_for_code(home, "203.0.113.2") == 200
        assert await ask_for_code(home, "2001:db8::1") == 200
        assert await ask_for_code(home, "2001:db8::ffff:2") == 200
        # Six requests of unknown sources an hour in all.
        assert await ask_for_code(home, "203.0.113.9") == 429

    async def test_a_network_of_ipv6_is_one_source(self, home: Home) -> None:
        sources = [f"2001:db8:0:0:{host}::1" for host in range(1, 5)]
        assert [await ask_for_code(home, source) for source in sources] == [200, 200, 200, 429]
        assert await ask_for_code(home, "2001:db8:0:1::1") == 200

    async def test_what_a_client_says_of_itself_does_not_count(self, home: Home) -> None:
        sources = [f"198.51.100.{host}, 203.0.113.1" for host in range(1, 5)]
        statuses = []
        for source in sources:
            async with home.client.get(f"{BASE_PATH}/code", headers={"X-Forwarded-For": source}) as response:
                statuses.append(response.status)
            if statuses[-1] == 200:
                while (pairing := await home.display.next())["state"] not in ("shown", "waiting"):
                    pass
                assert pairing["source"] == "203.0.113.1"
                await home.command("pairing/reject", pairing_id=pairing["id"])
                while (await home.display.next())["state"] != "rejected":
                    pass
        assert statuses == [200, 200, 200, 429]


async def test_without_that_setting_the_header_gets_nobody_in(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    async with home.client.get(f"{BASE_PATH}/code", headers={"X-Forwarded-For": "203.0.113.1"}) as response:
        assert response.status == 400
    assert not await home.notifications()
    caplog.clear()  # Home Assistant warns that a proxy is not set up
    async with home.client.get(f"{BASE_PATH}/code", headers={"X-Real-IP": "203.0.113.1"}) as response:
        assert response.status == 200
    assert (await home.display.next())["source"] == "127.0.0.1"
