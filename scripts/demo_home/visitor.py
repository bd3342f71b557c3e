"""A visitor of the reference website: opens pages, fills in forms, and keeps its cookies as a browser does."""

from dataclasses import dataclass
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self, override

import aiohttp

from .errors import DemoError


@dataclass(frozen=True, slots=True)
class Page:
    """What a visitor has before them: where they are, how it was answered, and the page's CSRF token."""

    path: str
    status: int
    html: str
    csrf: str


class _CsrfField(HTMLParser):
    """Finds the hidden field of the page's forms."""

    value = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name") == "csrf":
            self.value = given.get("value") or ""


class Visitor:
    """One browser on the website at `origin`, as an async context manager."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._http = aiohttp.ClientSession(origin, headers={"Accept-Language": "en"})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def open(self, path: str) -> Page:
        """Open a page."""
        async with self._http.get(path) as response:
            return await _page(response)

    async def submit(self, page: Page, path: str, **fields: str) -> Page:
        """Submit a form of the page to `path`; return the page it leads to."""
        headers = {"Origin": self.origin}
        async with self._http.post(path, data={"csrf": page.csrf, **fields}, headers=headers) as response:
            return await _page(response)

    async def call(self, page: Page, path: str) -> dict[str, Any]:
        """Ask as the page's script does; return the JSON of the answer."""
        headers = {"Origin": self.origin, "X-CSRF-Token": page.csrf}
        async with self._http.post(path, headers=headers) as response:
            if not response.ok:
                raise DemoError(f"the website answered POST {path} with {response.status}: {await response.text()}")
            answer: dict[str, Any] = await response.json()
            return answer


async def _page(response: aiohttp.ClientResponse) -> Page:
    html = await response.text()
    field = _CsrfField()
    field.feed(html)
    return Page(response.url.path, response.status, html, field.value)
