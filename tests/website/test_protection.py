from collections.abc import Iterator
from pathlib import Path
import re

from aiohttp import FormData, web
import pytest

from website.app import create_app
from website.settings import Settings

from .browser import PASSWORD, Page, Visitor
from .conftest import Site, serve
from .home import CODE, StandInHome

PAGES = ["/", "/sign-up", "/sign-in", "/nowhere", "/static/site.css"]


def posts(app: web.Application) -> Iterator[str]:
    """Every path that takes a POST, with ids filled in."""
    for route in app.router.routes():
        if route.method == "POST" and route.resource is not None:
            yield re.sub(r"\{[^}]*\}", "1", route.resource.canonical)


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-CSRF-Token": "guess"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
    ids=["no token", "a guessed token", "another origin", "no origin to speak of"],
)
async def test_every_post_refuses_what_other_sites_could_send(
    site: Site, resident: Visitor, headers: dict[str, str]
) -> None:
    good = {"csrf": await resident.csrf()} if "Origin" in headers else {}
    paths = list(posts(site.app))
    assert len(paths) >= 9

    for path in paths:
        async with resident.http.post(path, data={"name": "x", **good}, headers=headers) as response:
            assert response.status == 403, path

    assert (await resident.open("/places/new")).path == "/places/new", "still signed in"


async def test_what_the_browser_calls_cross_site_is_refused(resident: Visitor) -> None:
    page = await resident.submit("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})

    assert page.status == 403
    assert "reload" in page.read.text


async def test_a_token_of_another_session_is_refused(site: Site, resident: Visitor) -> None:
    other = await site.visit()
    async with resident.http.post("/sign-out", data={"csrf": await other.csrf()}) as response:
        assert response.status == 403


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_carries_the_security_headers(visitor: Visitor, path: str) -> None:
    headers = (await visitor.open(path)).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "connect-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in policy


async def test_only_the_page_of_a_place_may_connect_to_its_home(resident: Visitor, home: StandInHome) -> None:
    page = await resident.pair(home.address, CODE)

    policy = page.headers["Content-Security-Policy"]
    assert f"connect-src 'self' {home.address} {home.address.replace('http', 'ws')};" in policy
    assert page.headers["Cache-Control"] == "no-store"


def inline_code(page: Page) -> list[str]:
    """What a strict policy would not run: scripts and styles in the page."""
    found = []
    for tag, attrs in page.read.elements:
        if tag == "style" or (tag == "script" and "src" not in attrs and attrs.get("type") != "application/json"):
            found.append(tag)
        found += [key for key in attrs if key == "style" or key.startswith("on")]
    return found


async def test_no_page_needs_inline_code_and_every_file_it_names_is_there(resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)
    code = await resident.ask_for_code(home.address)
    pages = [place, code, *[await resident.open(path) for path in ("/", "/places/new", f"{place.path}/settings")]]

    named = set()
    for page in pages:
        assert inline_code(page) == []
        named |= {
            str(attrs.get("src") or attrs.get("href"))
            for tag, attrs in page.read.elements
            if tag in {"script", "link", "img"}
        }
    # The bundle of socket.io is put there by scripts/setup.
    for path in sorted(named - {"None", "/static/vendor/socket.io.min.js"}):
        assert (await resident.open(path)).status == 200, path


async def test_modules_import_only_what_is_there() -> None:
    static = Path(create_app.__code__.co_filename).parent / "static"
    for module in static.glob("*.js"):
        for imported in re.findall(r'from "\./(.+?)"', module.read_text()):
            assert (static / imported).is_file(), f"{module.name} imports {imported}"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("multipart/form-data", 400),
        ("application/x-www-form-urlencoded; charset=no-such", 400),
        ("application/json", 403),
    ],
)
async def test_a_body_that_is_no_form_is_refused_in_words(visitor: Visitor, content_type: str, status: int) -> None:
    async with visitor.http.post("/sign-in", data=b"\xff\x00{", headers={"Content-Type": content_type}) as response:
        html = await response.text()

    assert response.status == status
    assert "That did not work" in html
    assert "Traceback" not in html


async def test_too_much_is_refused(visitor: Visitor) -> None:
    page = await visitor.submit("/sign-in", name="x" * 100_000, password=PASSWORD)

    assert page.status == 413


async def test_a_file_where_text_belongs_is_no_text(resident: Visitor) -> None:
    form = FormData({"csrf": await resident.csrf()})
    form.add_field("address", b"http://127.0.0.1", filename="address")
    async with resident.http.post("/places/new", data=form) as response:
        assert response.status == 422


async def test_a_path_that_is_not_there_and_a_method_that_is_not_allowed(visitor: Visitor) -> None:
    assert (await visitor.open("/nowhere")).status == 404
    async with visitor.http.get("/sign-out") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "POST"


async def test_pages_of_others_do_not_exist(site: Site, resident: Visitor, home: StandInHome) -> None:
    place = await resident.pair(home.address, CODE)
    pairing = await resident.ask_for_code(home.address)
    other = await site.visit()
    await other.sign_up("Somebody else")

    assert (await other.open(place.path)).status == 404
    assert (await other.open(f"{place.path}/settings")).status == 404
    assert (await other.submit(f"{place.path}/forget")).status == 404
    assert (await other.call(f"{place.path}/token"))[:2] == (404, {"error": "unknown_place"})
    assert (await other.open(pairing.path)).path == "/"
    assert home.revoked == []


async def test_visitors_without_session_are_sent_to_sign_in(visitor: Visitor) -> None:
    for path in ("/places/new", "/places/1", "/pairings/x"):
        assert (await visitor.open(path)).path == "/sign-in"
    assert (await visitor.call("/places/1/token"))[:2] == (401, {"error": "signed_out"})


async def test_this_machine_has_one_name(tmp_path: Path) -> None:
    """Homes and cookies distinguish localhost and 127.0.0.1; people do not."""
    async with serve(tmp_path / "data", origin="http://localhost:8080") as site:
        visitor = await site.visit()
        async with visitor.http.get("/sign-in", allow_redirects=False) as response:
            assert response.status == 307
            assert response.headers["Location"] == "http://localhost:8080/sign-in"


@pytest.mark.parametrize("origin", ["", "localhost:8080", "http://localhost:8080/", "ftp://x", "http://x/path"])
def test_an_origin_no_browser_sends_is_refused_at_the_start(tmp_path: Path, origin: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        Settings(origin=origin, data=tmp_path)
