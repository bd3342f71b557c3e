"""The resident on the website: an account, a place, its code."""

from http import HTTPStatus

from .home import Home
from .panels import Panels
from .site import Site
from .steps import Steps, expect
from .visitor import Visitor

_NAME = "resident"
_PASSWORD = "correct horse battery"  # noqa: S105  # of an account that lives for a minute


async def pair_through_website(steps: Steps, panels: Panels, home: Home, site: Site) -> str:
    """Add the home as a place of a new account; return the token that the website's page is given for it."""
    async with Visitor(site.origin) as visitor:
        async with steps.step("website: account made"):
            page = await visitor.open("/sign-up")
            page = await visitor.submit(page, "/sign-up", name=_NAME, password=_PASSWORD)
            expect(page.path == "/places/new", f"signing up led to {page.path} ({page.status})")
        async with steps.step("website: place registered, code requested"):
            page = await visitor.submit(page, "/places/new", address=home.url, name="Home")
            expect(page.path.startswith("/pairings/"), f"adding a place led to {page.path} ({page.status})")
        async with steps.step("panel: code read on the dashboard, and who asks for it"):
            pairing = await panels.wait_on_dashboard("shown", bound=True)
            code = pairing["code"]
            expect(isinstance(code, str) and code, f"the dashboard shows no code: {sorted(pairing)}")
            expect(pairing["origin"] == site.origin, f"the dashboard names {pairing['origin']} as the one who asks")
        async with steps.step("panel: the same code read on the Socket.IO display"):
            await panels.wait_on_display(code)
        async with steps.step("website: a wrong code refused"):
            wrong = await visitor.submit(page, page.path, code=another(code))
            expect(wrong.path == page.path, f"a wrong code led to {wrong.path}")
            expect(wrong.status == HTTPStatus.UNPROCESSABLE_ENTITY, f"a wrong code was answered {wrong.status}")
        async with steps.step("website: the code checked, the place saved"):
            page = await visitor.submit(wrong, page.path, code=code)
            expect(page.path.startswith("/places/"), f"the code led to {page.path} ({page.status})")
            await panels.wait_on_dashboard("paired", bound=True)
        async with steps.step("website: its page is given a token"):
            token: str = (await visitor.call(page, f"{page.path}/token"))["token"]
    return token


def another(code: str) -> str:
    """Return a code that looks the same and is another."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)
