"""Which pages of which websites may ask, on every path and by every method."""

from itertools import product
from typing import Final

from homeassistant.core_config import async_process_ha_core_config
from multidict import CIMultiDictProxy
import pytest

from custom_components.interphone.const import BASE_PATH

from .. import description
from ..conftest import ORIGIN, OTHER_ORIGIN, Home

PATHS: Final = [*description.PATHS, "/nothing"]
METHODS: Final = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]
SITES: Final = [None, "none", "same-origin", "same-site", "cross-site"]

REFUSED_ORIGINS: Final = [
    OTHER_ORIGIN,
    "null",
    "",
    "*",
    ORIGIN + "/",
    ORIGIN + ":443",
    ORIGIN + ".evil.example",
    ORIGIN.upper(),
    ORIGIN.replace("https", "http"),
    ORIGIN.replace("//", "//www."),
    f"{ORIGIN} {ORIGIN}",
    f"{ORIGIN}, {OTHER_ORIGIN}",
]


def cors(headers: CIMultiDictProxy[str]) -> set[str]:
    return {name for name in headers if name.lower().startswith("access-control-")}


async def send(
    home: Home, method: str, path: str, origin: str | None, site: str | None, **more: str
) -> tuple[int, CIMultiDictProxy[str]]:
    headers = {"Origin": origin, "Sec-Fetch-Site": site, **more}
    async with home.client.request(
        method,
        BASE_PATH + path,
        headers={name: value for name, value in headers.items() if value is not None},
        allow_redirects=False,
    ) as response:
        await response.read()
        assert "Origin" in response.headers["Vary"], (method, path)
        repeated = {name for name in response.headers if len(response.headers.getall(name)) > 1}
        assert not repeated, (method, path)
        assert response.headers.get("Access-Control-Allow-Origin") != "*"
        assert response.status < 500
        return response.status, response.headers


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
async def test_pages_of_a_listed_origin_may_read_every_answer(home: Home, path: str) -> None:
    for method, site in product(METHODS, SITES):
        _status, headers = await send(home, method, path, ORIGIN, site)
        assert headers["Access-Control-Allow-Origin"] == ORIGIN, (method, site)
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Access-Control-Expose-Headers"] == "Retry-After"


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
async def test_pages_of_other_origins_are_refused_and_read_nothing(home: Home, path: str) -> None:
    before = await home.condition()
    for method, site, origin in product(METHODS, SITES, REFUSED_ORIGINS):
        status, headers = await send(home, method, path, origin, site)
        assert status == 403, (method, site, origin)
        assert not cors(headers)
    assert await home.condition() == before


@pytest.mark.parametrize("path", PATHS)
async def test_without_an_origin_nothing_is_said_of_origins(home: Home, path: str) -> None:
    for method, site in product(METHODS, SITES):
        status, headers = await send(home, method, path, None, site)
        assert not cors(headers), (method, site)
        assert (status == 403) == (
            site == "cross-site" or (path == "/code" and method in {"GET", "POST"} and site not in {None, "none"})
        )


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
async def test_a_link_or_a_picture_shows_no_code(home: Home, site: str) -> None:
    """A page needs no script, and so sends no `Origin`, to make a browser GET."""
    await home.refused(403, "origin_not_allowed", "GET", "/code", headers={"Sec-Fetch-Site": site})
    assert not await home.notifications()
    # A person who types the address, and what is no browser, may ask.
    status, _ = await home.request("GET", "/code", headers={"Sec-Fetch-Site": "none"})
    assert status == 200


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
async def test_a_listed_page_asks_for_a_code_by_get(home: Home, site: str) -> None:
    """Its script's request says from where it comes, which no link's and no picture's does."""
    status, _headers = await send(home, "GET", "/code", ORIGIN, site)
    assert status == 200
    assert await home.display.next_code()


async def test_a_name_that_was_rebound_to_the_homes_address(home: Home) -> None:
    for origin in ("http://evil.example", "http://evil.example:8123"):
        host = origin.removeprefix("http://")
        for method, path in product(("GET", "POST", "OPTIONS"), ("/code", "/codecheck", "/devices")):
            status, headers = await send(home, method, path, origin, "same-origin", Host=host)
            assert status == 403
            assert not cors(headers)
    status, _ = await send(home, "GET", "/code", None, "same-origin", Host="evil.example")
    assert status == 403
    assert not await home.notifications()


@pytest.mark.parametrize(
    ("own", "others"),
    [
        ("http://homeassistant.local:8123", ["http://homeassistant.local", "https://homeassistant.local:8123"]),
        ("https://home.example", ["https://home.example:8123", "http://home.example"]),
    ],
)
async def test_home_assistants_own_addresses_may_ask(home: Home, own: str, others: list[str]) -> None:
    status, _ = await send(home, "GET", "/grant", own, None)
    assert status == 403
    await async_process_ha_core_config(
        home.hass, {"internal_url": "http://homeassistant.local:8123", "external_url": "https://home.example:443/"}
    )
    status, headers = await send(home, "GET", "/grant", own, None)
    assert status == 401
    assert headers["Access-Control-Allow-Origin"] == own
    for other in others:
        status, _ = await send(home, "GET", "/grant", other, None)
        assert status == 403


ASK: Final = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,code,content-type,x-pairing-challenge,x-pairing-verifier",
}


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/code", {"GET", "POST", "OPTIONS"}),
        ("/codecheck", {"POST", "OPTIONS"}),
        ("/token", {"POST", "OPTIONS"}),
        ("/revoke", {"POST", "OPTIONS"}),
        ("/grant", {"GET", "HEAD", "OPTIONS"}),
        ("/devices", {"GET", "HEAD", "OPTIONS"}),
        ("/devices/some", {"GET", "HEAD", "OPTIONS"}),
        ("/devices/some/history", {"GET", "HEAD", "OPTIONS"}),
        ("/devices/some/forecast", {"GET", "HEAD", "OPTIONS"}),
        ("/devices/some/snapshot", {"GET", "HEAD", "OPTIONS"}),
        ("/devices/some/stream", {"GET", "OPTIONS"}),
        ("/streams/some/playlist.m3u8", {"GET", "HEAD", "OPTIONS"}),
        ("/events", {"GET", "HEAD", "OPTIONS"}),
        ("/events/some/answer", {"POST", "OPTIONS"}),
        ("/openapi.json", {"GET", "HEAD", "OPTIONS"}),
        ("/commands", {"POST", "OPTIONS"}),
    ],
)
async def test_preflights(home: Home, path: str, methods: set[str]) -> None:
    before = await home.condition()
    for site in SITES:
        status, headers = await send(home, "OPTIONS", path, ORIGIN, site, **ASK)
        assert status == 204
        assert headers["Access-Control-Allow-Origin"] == ORIGIN
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert set(headers["Access-Control-Allow-Methods"].split(", ")) == methods
        assert headers["Access-Control-Allow-Headers"].replace(" ", "") == ASK["Access-Control-Request-Headers"]
        assert int(headers["Access-Control-Max-Age"]) > 0
        assert "Access-Control-Allow-Private-Network" not in headers
        for origin in REFUSED_ORIGINS:
            status, headers = await send(home, "OPTIONS", path, origin, site, **ASK)
            assert status == 403
            assert not cors(headers)
    assert await home.condition() == before


async def test_a_public_website_may_reach_a_private_address(home: Home) -> None:
    more = {**ASK, "Access-Control-Request-Private-Network": "true"}
    _, headers = await send(home, "OPTIONS", "/code", ORIGIN, "cross-site", **more)
    assert headers["Access-Control-Allow-Private-Network"] == "true"
    _, headers = await send(home, "OPTIONS", "/code", OTHER_ORIGIN, "cross-site", **more)
    assert not cors(headers)


SOCKET: Final = "/socket.io/?EIO=4&transport=polling"


async def test_the_socket_has_the_same_list(home: Home) -> None:
    async def ask(method: str, **headers: str) -> tuple[int, CIMultiDictProxy[str]]:
        async with home.client.request(method, SOCKET, headers=headers) as response:
            return response.status, response.headers

    status, headers = await ask("GET", Origin=ORIGIN)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Vary"] == "Origin"
    status, headers = await ask("GET")
    assert status == 200
    assert not cors(headers)
    assert headers["Vary"] == "Origin"
    status, headers = await ask("OPTIONS", Origin=ORIGIN, **ASK)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    for origin, method in product(REFUSED_ORIGINS, ("GET", "POST", "OPTIONS")):
        status, headers = await ask(method, Origin=origin, **(ASK if method == "OPTIONS" else {}))
        assert status == 403, origin
        assert not cors(headers)


@pytest.mark.parametrize("path", ["/socket.io", "/socket.io/", "/socket.io/1/", "/socket.io/1", "/socket.io/v4/x/"])
async def test_every_tail_of_the_sockets_path_is_the_same_endpoint(home: Home, path: str) -> None:
    async with home.client.get(f"{path}?EIO=4&transport=polling", headers={"Origin": ORIGIN}) as response:
        assert response.status == 200
        assert (await response.text()).startswith('0{"sid":')
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    async with home.client.get(f"{path}?EIO=4&transport=polling", headers={"Origin": OTHER_ORIGIN}) as response:
        assert response.status == 403


async def test_caches_keep_the_sockets_refusals_apart(home: Home) -> None:
    async with home.client.get(SOCKET, headers={"Origin": OTHER_ORIGIN}) as response:
        assert response.status == 403
        assert response.headers.get("Vary") == "Origin"


class TestManyOrigins:
    @pytest.fixture
    def options(self) -> dict[str, list[str]]:
        return {"origins": [ORIGIN, OTHER_ORIGIN], "domains": ["light"]}

    async def test_each_is_answered_by_its_own_name(self, home: Home) -> None:
        for origin in (ORIGIN, OTHER_ORIGIN):
            _, headers = await send(home, "GET", "/grant", origin, None)
            assert headers["Access-Control-Allow-Origin"] == origin


class TestNoOrigins:
    @pytest.fixture
    def options(self) -> dict[str, list[str]]:
        return {"origins": [], "domains": ["light"]}

    async def test_servers_may_ask_and_pages_may_not(self, home: Home) -> None:
        status, _ = await send(home, "GET", "/code", ORIGIN, None)
        assert status == 403
        status, _ = await send(home, "GET", "/code", None, None)
        assert status == 200
