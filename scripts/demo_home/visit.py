"""The resident on the website: creates an account, adds a place, types the code."""

from http import HTTPStatus

from .displays import Displays
from .home import Home
from .site import Site
from .steps import Steps, expect
from .visitor import Visitor

_NAME = "resident"
_PASSWORD = "correct horse battery"  # noqa: S105  # of an account that exists for one run


async def pair_through_website(steps: Steps, displays: Displays, home: Home, site: Site) -> str:
    """Add the home as a place of a new account; return the access token that the place's page receives."""
    async with Visitor(site.origin) as visitor:
        async with steps.step("website: account created"):
            page = await visitor.open("/sign-up")
            page = await visitor.submit(page, "/sign-up", name=_NAME, password=_PASSWORD)
            expect(page.path == "/places/new", f"signing up led to {page.path} ({page.status})")
        async with steps.step("website: place registered, code requested"):
            page = await visitor.submit(page, "/places/new", address=home.url, name="Home")
            expect(page.path.startswith("/pairings/"), f"adding a place led to {page.path} ({page.status})")
        async with steps.step("display: code read on the dashboard, with the origin of the website"):
            pairing = await displays.wait_on_dashboard("shown", bound=True)
            code = pairing["code"]
            expect(isinstance(code, str) and code, f"the dashboard shows no code: {sorted(pairing)}")
            expect(pairing["origin"] == site.origin, f"the dashboard names the origin {pairing['origin']}")
        async with steps.step("display: the same code read on the Socket.IO screen"):
            await displays.wait_on_screen(code)
        async with steps.step("website: a wrong code refused"):
            wrong = await visitor.submit(page, page.path, code=another(code))
            expect(wrong.path == page.path, f"a wrong code led to {wrong.path}")
            expect(wrong.status == HTTPStatus.UNPROCESSABLE_ENTITY, f"a wrong code returned {wrong.status}")
        async with steps.step("website: the code checked, the place saved"):
            page = await visitor.submit(wrong, page.path, code=code)
            expect(page.path.startswith("/places/"), f"the code led to {page.path} ({page.status})")
            await displays.wait_on_dashboard("paired", bound=True)
        async with steps.step("website: its page receives a token"):
            token: str = (await visitor.call(page, f"{page.path}/token"))["token"]
    return token


def another(code: str) -> str:
    """Return a different code of the same length."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)
