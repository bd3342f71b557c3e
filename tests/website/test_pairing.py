import asyncio
import json
from pathlib import Path

from aiohttp import ClientTimeout, web
from aiohttp.test_utils import TestServer, unused_port
import pytest

from website import home as home_client
from website.address import InvalidAddressError, is_public, normalise_address

from .browser import PASSWORD, Page, Visitor, bytes_at_rest
from .conftest import Site, serve
from .home import CODE, StandInHome


async def test_a_home_becomes_a_place(site: Site, resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(f"  {home.address.upper()}/lovelace/0 ", name=" By  the lake ")
    assert page.path.startswith("/pairings/")
    assert "By the lake shows a code with 8 characters" in page.read.text

    page = await resident.submit(page.path, code=CODE)

    assert page.path.startswith("/places/")
    assert "By the lake" in page.read.text
    [(headers, body)] = home.asked("code")
    assert headers["origin"] == site.origin
    assert body["client_name"] == "My places"
    assert body["account_hint"] == "Resident"
    [(headers, _)] = home.asked("codecheck")
    assert headers["origin"] == site.origin


@pytest.mark.parametrize(
    "typed",
    [
        "4071 9326",
        " 4071-9326\n",
        "4071\u20139326",
        "\uff14\uff10\uff17\uff11\uff19\uff13\uff12\uff16",
        "4 0 7 1\u00a09 3 2 6",
    ],
)
async def test_codes_are_taken_as_people_write_them(resident: Visitor, home: StandInHome, typed: str) -> None:
    await resident.pair(home.address, typed)

    assert home.asked("codecheck")[0][0]["code"] == CODE


@pytest.mark.parametrize("typed", ["", "   ", "40!19326", "코드", "123", "1" * 17, "4071\r\nX: 1"])
async def test_what_cannot_be_a_code_costs_no_attempt(resident: Visitor, home: StandInHome, typed: str) -> None:
    page = await resident.ask_for_code(home.address)

    page = await resident.submit(page.path, code=typed)

    assert page.status == 422
    assert "cannot be the code" in page.read.text
    assert home.asked("codecheck") == []


async def test_a_wrong_code_can_be_typed_again(resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(home.address)

    page = await resident.submit(page.path, code="00000000")
    assert page.status == 422
    assert "That is not the code" in page.read.text

    assert (await resident.submit(page.path, code=CODE)).path.startswith("/places/")


async def test_an_expired_code_is_told_apart_and_a_new_one_is_asked_for(resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(home.address)
    home.challenges.clear()

    page = await resident.submit(page.path, code=CODE)
    assert page.status == 422
    assert "not valid any more" in page.read.text
    assert "Ask for a new code" in page.read.text

    page = await resident.submit(f"{page.path}/again")
    assert (await resident.submit(page.path, code=CODE)).path.startswith("/places/")


async def test_asking_again_while_the_code_lives_shows_the_same_one(resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(home.address)

    await resident.submit(f"{page.path}/again")

    first, second = (body["challenge"] for _, body in home.asked("code"))
    assert first == second


async def test_asking_again_after_the_end_of_the_code_binds_it_anew(resident: Visitor, home: StandInHome) -> None:
    home.code_expires_in = 0
    page = await resident.ask_for_code(home.address)

    await resident.submit(f"{page.path}/again")

    first, second = (body["challenge"] for _, body in home.asked("code"))
    assert first != second


@pytest.mark.parametrize(
    ("state", "words"), [("waiting", "tap “Show”"), ("requested", "Another code is on the displays"), ("?", "Another")]
)
async def test_what_the_code_waits_for_is_said(resident: Visitor, home: StandInHome, state: str, words: str) -> None:
    home.state, home.as_described = state, state != "?"
    page = await resident.ask_for_code(home.address)

    assert words in page.read.text
    assert "countdown" not in page.html


@pytest.mark.parametrize(
    ("status", "error", "more", "words"),
    [
        (403, "origin_not_allowed", {}, "Add http://127.0.0.1:"),
        (429, "rate_limited", {"retry_after": 43}, "Try again in 43 s."),
        (429, "rate_limited", {"retry_after": 3000}, "Try again in 50 min."),
        (503, "not_ready", {}, "just starting"),
    ],
)
async def test_what_the_home_refuses_is_said_in_words(
    resident: Visitor, home: StandInHome, status: int, error: str, more: dict[str, object], words: str
) -> None:
    home.refuse("code", status, error, **more)

    page = await resident.ask_for_code(home.address)

    assert (page.status, page.path) == (422, "/places/new")
    assert words in page.read.text


@pytest.mark.parametrize(
    ("status", "error", "more", "words"),
    [
        (429, "rate_limited", {"retry_after": 42.2}, "Try again in 43 s."),
        (429, "rate_limited", {"retry_after": "soon"}, "Try again later."),
        (400, "something_new", {}, "The home refused: (something_new)"),
    ],
)
async def test_what_no_home_says_today_is_said_in_words_too(
    resident: Visitor, home: StandInHome, status: int, error: str, more: dict[str, object], words: str
) -> None:
    home.as_described = False
    home.refuse("code", status, error, **more)

    page = await resident.ask_for_code(home.address)

    assert (page.status, page.path) == (422, "/places/new")
    assert words in page.read.text


async def test_the_words_of_a_home_are_words_and_not_html(resident: Visitor, home: StandInHome) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"success": False, "error": "x", "message": "<script>alert(1)</script>" * 50})

    home.answers["code"] = answer
    page = await resident.ask_for_code(home.address)

    assert "<script>alert" not in page.html
    assert page.read.text.count("alert(1)") < 10


@pytest.mark.parametrize(("language", "words"), [("en", "just starting"), ("ko", "시작되는 중")])
async def test_a_home_that_starts_is_said_in_words(
    resident: Visitor, home: StandInHome, language: str, words: str
) -> None:
    page = await resident.ask_for_code(home.address)
    await resident.submit("/language", language=language, back=page.path)
    home.refuse("codecheck", 503, "not_ready")
    page = await resident.submit(page.path, code=CODE)

    assert page.status == 422
    assert words in page.read.text


NOT_INTERPHONE = {
    "a page": web.Response(text="<h1>hello</h1>", content_type="text/html"),
    "not found": web.Response(status=404, text="404: Not Found"),
    "a list": web.json_response([1, 2]),
    "no success": web.json_response({"ok": True}),
    "no fields": web.json_response({"success": True}),
    "wrong types": web.json_response({"success": True, "pairing_id": 1, "expires_in": "x", "code_length": None}),
    "deep nesting": web.Response(text="[" * 50_000, content_type="application/json"),
    "too much": web.Response(text=json.dumps({"success": True, "x": "y" * 70_000}), content_type="application/json"),
}


@pytest.mark.parametrize("answer", NOT_INTERPHONE.values(), ids=NOT_INTERPHONE)
async def test_what_is_no_interphone_is_called_so(resident: Visitor, home: StandInHome, answer: web.Response) -> None:
    async def respond(_request: web.Request) -> web.Response:
        return web.Response(body=answer.body, status=answer.status, content_type=answer.content_type)

    home.answers["code"] = respond
    page = await resident.ask_for_code(home.address)

    assert page.status == 422
    assert "There is no Interphone at this address" in page.read.text


async def test_an_endless_answer_is_cut_off(resident: Visitor, home: StandInHome) -> None:
    ended = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        finally:
            ended.set()

    home.answers["code"] = endless
    page = await resident.ask_for_code(home.address)

    assert "There is no Interphone" in page.read.text
    await asyncio.wait_for(ended.wait(), 5)


async def test_a_home_that_never_answers_is_given_up(
    tmp_path: Path, home: StandInHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_client, "TIMEOUT", ClientTimeout(total=0.2))
    done = asyncio.Event()

    async def never(_request: web.Request) -> web.Response:
        await done.wait()
        return web.Response()

    home.answers["code"] = never
    async with serve(tmp_path / "data") as site:
        visitor = await site.visit()
        await visitor.sign_up()
        page = await visitor.ask_for_code(home.address)
    done.set()

    assert "does not answer" in page.read.text


async def test_redirects_are_not_followed(resident: Visitor, home: StandInHome) -> None:
    reached = []

    async def target(_request: web.Request) -> web.Response:
        reached.append(True)
        return web.Response()

    other = web.Application()
    other.router.add_route("*", "/{path:.*}", target)
    async with TestServer(other) as elsewhere:

        async def redirect(_request: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": str(elsewhere.make_url("/"))})

        home.answers["code"] = redirect
        page = await resident.ask_for_code(home.address)

    assert "leads on to another one" in page.read.text
    assert reached == []


async def test_where_nobody_listens(resident: Visitor) -> None:
    page = await resident.ask_for_code(f"127.0.0.1:{unused_port()}")

    assert page.status == 422
    assert "does not answer" in page.read.text
    assert 'value="127.0.0.1' in page.html, "what was typed stays"


async def test_https_where_there_is_none(resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(home.address.replace("http", "https"))

    assert page.status == 422
    assert "certificate" in page.read.text or "does not answer" in page.read.text


async def test_a_secure_website_takes_secure_homes_only(tmp_path: Path, home: StandInHome) -> None:
    async with serve(tmp_path / "data", origin="https://site.example") as site:
        visitor = await site.visit()
        cookie = ""

        async def send(method: str, path: str, **fields: str) -> Page:
            """Send the secure cookie over plain HTTP, as the proxy that ends TLS does."""
            nonlocal cookie
            async with visitor.http.request(
                method, path, data=fields or None, headers={"Cookie": cookie}, allow_redirects=False
            ) as response:
                if "Set-Cookie" in response.headers:
                    cookie = response.headers["Set-Cookie"].partition(";")[0]
                return Page(response.status, path, await response.text(), response.headers)

        page = await send("GET", "/sign-up")
        page = await send("POST", "/sign-up", csrf=page.read.csrf, name="Resident", password=PASSWORD)
        page = await send("GET", "/places/new")
        page = await send("POST", "/places/new", csrf=page.read.csrf, address=home.address)
    assert page.status == 422
    assert "begins with https://" in page.read.text
    assert home.requests == []


async def test_a_public_website_never_connects_to_private_addresses(tmp_path: Path, home: StandInHome) -> None:
    async with serve(tmp_path / "data", public_homes_only=True) as site:
        visitor = await site.visit()
        await visitor.sign_up()
        for address in (home.address, home.address.replace("127.0.0.1", "localhost")):
            page = await visitor.ask_for_code(address)
            assert "does not answer" in page.read.text
    assert home.requests == []


async def test_a_double_click_pairs_once(resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(home.address)
    form = {"csrf": await resident.csrf(), "code": CODE}

    async def click() -> str:
        async with resident.http.post(page.path, data=form) as response:
            return response.url.path

    assert sorted(await asyncio.gather(click(), click())) == ["/", "/places/1"]
    assert len(home.asked("codecheck")) == 1


async def test_pairing_a_known_home_again_renews_its_place(resident: Visitor, home: StandInHome) -> None:
    first = await resident.pair(home.address, CODE, name="Lake")
    [old] = home.refresh_tokens

    again = await resident.pair(home.address, CODE, name="Other")

    assert again.path == first.path
    assert "Lake" in again.read.text
    assert home.revoked == [old], "the grant that is not used any more is given back"


async def test_no_secret_is_readable_at_rest_or_in_a_page(site: Site, resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(home.address)
    asked = page
    place = await resident.submit(page.path, code=CODE)
    _, token, _ = await resident.call(f"{place.path}/token")
    [refresh] = home.refresh_tokens
    verifier = home.asked("codecheck")[0][1]["verifier"]
    pages = [asked, place, await resident.open(f"{place.path}/settings"), await resident.open("/")]

    kept = bytes_at_rest(site.data)
    for secret in (token["token"], refresh, verifier):
        assert secret.encode() not in kept
        assert all(secret not in page.html + page.path for page in pages)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("http://homeassistant.local:8123", "http://homeassistant.local:8123"),
        ("HTTP://HomeAssistant.local:8123/lovelace/0?edit=1#x", "http://homeassistant.local:8123"),
        (" https://home.example.org/ ", "https://home.example.org"),
        ("https://home.example.org:443", "https://home.example.org"),
        ("http://home.example.org:80/", "http://home.example.org"),
        ("homeassistant.local:8123", "http://homeassistant.local:8123"),
        ("localhost:8123", "http://localhost:8123"),
        ("192.168.1.20:8123", "http://192.168.1.20:8123"),
        ("home.example.org", "https://home.example.org"),
        ("https://집.example", "https://xn--rc6b.example"),
        ("http://home.local.", "http://home.local"),
    ],
)
def test_addresses_are_taken_as_people_paste_them(typed: str, address: str) -> None:
    assert normalise_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "ftp://home.local",
        "javascript:alert(1)",
        "http://",
        "http://user:secret@home.local",
        "http://home.local:0",
        "http://home.local:99999",
        "http://home local",
        "http://ho;me.local",
        "http://home_;script-src *",
        "http://-home.local",
        "http://[::1]:8123",
        "http://" + "a" * 64 + ".local",
        "http://home.local/" + "a" * 300,
    ],
)
def test_what_is_no_address_of_a_home(typed: str) -> None:
    with pytest.raises(InvalidAddressError):
        normalise_address(typed)


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("::ffff:192.168.1.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_which_addresses_are_public(ip: str, *, public: bool) -> None:
    assert is_public(ip) is public


async def test_a_code_of_letters_begun_on_a_display(resident: Visitor, home: StandInHome) -> None:
    page = await resident.ask_for_code(home.address)
    assert 'inputmode="numeric"' in page.html

    page = await resident.open(f"{page.path}?letters=1")
    assert 'inputmode="text"' in page.html
    await resident.submit(page.path, code="bcdf-ghjk-lmnp")

    assert home.asked("codecheck")[0][0]["code"] == "BCDFGHJKLMNP"
