"""A visitor without a browser: follows redirects, keeps cookies, fills in the forms of the page before it."""

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, override

from aiohttp import ClientSession, CookieJar
from multidict import CIMultiDictProxy
from yarl import URL

PASSWORD = "long enough to be good"


class Reader(HTMLParser):
    """Collects the CSRF token, the visible text, the elements and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    @override
    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def csrf(self) -> str:
        return next((str(attrs["value"]) for _, attrs in self.elements if attrs.get("name") == "csrf"), "")


@dataclass(frozen=True, slots=True)
class Page:
    """An answer, read."""

    status: int
    path: str
    html: str
    headers: CIMultiDictProxy[str]

    @property
    def read(self) -> Reader:
        return Reader(self.html)


class Visitor:
    """One browser on the website at `origin`."""

    def __init__(self, origin: str, language: str = "en") -> None:
        self.origin = origin
        self.http = ClientSession(
            origin, cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": language, "Accept": "text/html"}
        )
        self.page: Page | None = None

    async def open(self, path: str, **options: Any) -> Page:
        async with self.http.get(path, **options) as response:
            self.page = Page(response.status, response.url.path, await response.text(), response.headers)
        return self.page

    async def submit(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Page:
        """Submit a form with the CSRF token of this visitor's session, and follow where it leads."""
        data = {"csrf": await self.csrf(), **fields}
        headers = {"Origin": self.origin, **(headers or {})}
        async with self.http.post(path, data=data, headers=headers) as response:
            self.page = Page(response.status, response.url.path, await response.text(), response.headers)
        return self.page

    async def call(self, path: str) -> tuple[int, dict[str, Any], CIMultiDictProxy[str]]:
        """POST as the page's script does."""
        headers = {"Origin": self.origin, "X-CSRF-Token": await self.csrf()}
        async with self.http.post(path, headers=headers) as response:
            return response.status, await response.json(), response.headers

    async def csrf(self) -> str:
        async with self.http.get("/sign-in") as response:
            return Reader(await response.text()).csrf

    def cookies(self) -> dict[str, str]:
        return {key: morsel.value for key, morsel in self.http.cookie_jar.filter_cookies(URL(self.origin)).items()}

    async def sign_up(self, name: str = "Resident") -> None:
        page = await self.submit("/sign-up", name=name, password=PASSWORD)
        assert page.path == "/places/new", page.html

    async def ask_for_code(self, address: str, name: str = "") -> Page:
        return await self.submit("/places/new", address=address, name=name)

    async def pair(self, address: str, code: str, name: str = "") -> Page:
        page = await self.ask_for_code(address, name)
        page = await self.submit(page.path, code=code)
        assert page.path.startswith("/places/"), page.read.text
        return page


def bytes_at_rest(folder: Path) -> bytes:
    """Return all that is kept on disk, save the key."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "key")
