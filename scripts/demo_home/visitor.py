"""An HTTP client of the reference website that opens pages, submits forms and keeps cookies."""

from dataclasses import dataclass
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self, override

import aiohttp

from .errors import DemoError


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the website: the final path, the status, the HTML, and the CSRF token of its forms."""

    path: str
    status: int
    html: str
    csrf: str


class _CsrfField(HTMLParser):
    """Parser that finds the hidden CSRF field of a page's forms."""

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
        """Open a page, following redirects."""
        async with self._http.get(path) as response:
            return await _page(response)

    async def submit(self, page: Page, path: str, **fields: str) -> Page:
        """Submit a form of `page` to `path`; return the page after redirects."""
        headers = {"Origin": self.origin}
        async with self._http.post(path, data={"csrf": page.csrf, **fields}, headers=headers) as response:
            return await _page(response)

    async def call(self, page: Page, path: str) -> dict[str, Any]:
        """Send the POST that the page's script sends; return the JSON of the response."""
        headers = {"Origin": self.origin, "X-CSRF-Token": page.csrf}
        async with self._http.post(path, headers=headers) as response:
            if not response.ok:
                raise DemoError(f"POST {path} of the website returned {response.status}: {await response.text()}")
            body: dict[str, Any] = await response.json()
            return body


async def _page(response: aiohttp.ClientResponse) -> Page:
    html = await response.text()
    field = _CsrfField()
    field.feed(html)
    return Page(response.url.path, response.status, html, field.value)
