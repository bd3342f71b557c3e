from http.cookies import SimpleCookie
from pathlib import Path

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.profiles import CHEAPEST
import pytest

from website.keys import STORE

from .browser import PASSWORD, Visitor, bytes_at_rest
from .conftest import Site, serve


async def test_signing_up_signs_in_and_leads_to_the_first_place(visitor: Visitor) -> None:
    page = await visitor.submit("/sign-up", name="Resident", password=PASSWORD)

    assert (page.status, page.path) == (200, "/places/new")
    assert "Sign out" in page.read.text


@pytest.mark.usefixtures("resident")
async def test_signing_in_again(site: Site) -> None:
    other = await site.visit()

    page = await other.submit("/sign-in", name="  resident ", password=PASSWORD)

    assert (page.status, page.path) == (200, "/")
    assert "Your places" in page.read.text


@pytest.mark.parametrize(
    ("name", "password"), [("x", PASSWORD), ("x" * 65, PASSWORD), ("a\u200bb", PASSWORD), ("ok", "short"), ("ok", "")]
)
async def test_what_cannot_be_an_account_is_refused(visitor: Visitor, name: str, password: str) -> None:
    page = await visitor.submit("/sign-up", name=name, password=password)

    assert (page.status, page.path) == (422, "/sign-up")
    assert "characters" in page.read.text
    assert password not in page.html or not password


@pytest.mark.usefixtures("resident")
async def test_a_name_is_taken_whatever_its_case(site: Site) -> None:
    page = await (await site.visit()).submit("/sign-up", name="RESIDENT", password=PASSWORD)

    assert page.status == 409
    assert "taken" in page.read.text


@pytest.mark.usefixtures("resident")
async def test_unknown_names_and_wrong_passwords_get_the_same_answer(site: Site) -> None:
    visitor = await site.visit()

    unknown = await visitor.submit("/sign-in", name="Nobodyxx", password=PASSWORD)
    wrong = await visitor.submit("/sign-in", name="Resident", password="something else")

    assert unknown.status == wrong.status == 401
    assert unknown.html.replace("Nobodyxx", "Resident") == wrong.html


@pytest.mark.usefixtures("resident")
async def test_a_hash_of_other_parameters_is_replaced_at_sign_in(site: Site) -> None:
    """As passwords are kept when the library asks for more than it did at the time of sign-up."""
    store = site.app[STORE]
    account = await store.account_by_name("Resident")
    assert account is not None
    await store.set_password(account.id, PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD))

    page = await (await site.visit()).submit("/sign-in", name="Resident", password=PASSWORD)

    assert page.path == "/"
    renewed = await store.account_by_name("Resident")
    assert renewed is not None
    assert extract_parameters(renewed.password) == CHEAPEST
    page = await (await site.visit()).submit("/sign-in", name="Resident", password=PASSWORD)
    assert page.path == "/"


@pytest.mark.usefixtures("resident")
async def test_guessing_is_slowed_down_and_locks_nobody_else_out(site: Site) -> None:
    visitor = await site.visit()
    for _ in range(5):
        assert (await visitor.submit("/sign-in", name="Resident", password="a guess")).status == 401

    page = await visitor.submit("/sign-in", name="Resident", password=PASSWORD)

    assert page.status == 429
    assert "Try again in 5 min" in page.read.text
    assert (await visitor.submit("/sign-in", name="Other", password="a guess")).status == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Visitor) -> None:
    page = await visitor.open("/")

    cookie = SimpleCookie(page.headers["Set-Cookie"])["session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Lax", "/", "")


async def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    async with serve(tmp_path / "data", origin="https://site.example") as site:
        page = await (await site.visit()).open("/")

    cookie = SimpleCookie(page.headers["Set-Cookie"])["__Host-session"]
    assert cookie["secure"]
    assert "max-age" in page.headers["Strict-Transport-Security"]


@pytest.mark.usefixtures("resident")
async def test_the_session_changes_at_sign_in(site: Site) -> None:
    """A cookie planted before the login is worth nothing after it."""
    visitor = await site.visit()
    csrf_before = await visitor.csrf()
    planted = visitor.cookies()
    await visitor.submit("/sign-in", name="Resident", password=PASSWORD)

    thief = await site.visit()
    thief.http.cookie_jar.update_cookies(planted)

    assert "Your places" not in (await thief.open("/")).read.text
    assert await visitor.csrf() != csrf_before


async def test_signing_out_makes_a_copied_cookie_worthless(site: Site, resident: Visitor) -> None:
    copied = resident.cookies()
    page = await resident.submit("/sign-out")
    assert "Sign in" in page.read.text

    thief = await site.visit()
    thief.http.cookie_jar.update_cookies(copied)

    assert (await thief.open("/places/new")).path == "/sign-in"


class TestRealCost:
    @pytest.fixture(autouse=True)
    def password_cost(self) -> None:
        """The website's own."""

    async def test_passwords_are_kept_as_argon2id_only(self, site: Site, visitor: Visitor) -> None:
        await visitor.sign_up()

        account = await site.app[STORE].account_by_name("Resident")

        assert account is not None
        kept = extract_parameters(account.password)
        assert kept.type is Type.ID
        # The least that RFC 9106, section 4, recommends where memory is scarce.
        assert (kept.time_cost, kept.memory_cost, kept.hash_len) >= (3, 64 * 1024, 32)
        at_rest = bytes_at_rest(site.data)
        assert b"$argon2id$" in at_rest
        assert PASSWORD.encode() not in at_rest


async def test_accounts_and_logins_outlive_a_restart(tmp_path: Path) -> None:
    async with serve(tmp_path / "data") as site:
        visitor = await site.visit()
        await visitor.sign_up()
        cookies = visitor.cookies()

    async with serve(tmp_path / "data") as site:
        visitor = await site.visit()
        visitor.http.cookie_jar.update_cookies(cookies)
        assert "Your places" in (await visitor.open("/")).read.text
