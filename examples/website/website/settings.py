"""The settings chosen when the website is started."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from yarl import URL

NAME_MAX = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the website. Raises ValueError for an invalid `origin` or `name`.

    `origin` is the website's address in the browser, such as `https://example.org`, which homes allow or refuse.
    `data` is the folder of the database and the key. With `public_homes_only` the website never connects to a private
    address: set it when anyone may sign up, or users can probe the network that it runs in (SSRF).
    """

    origin: str
    data: Path
    name: str = "My places"
    public_homes_only: bool = False

    ORIGIN_EXAMPLE: ClassVar = "https://example.org"

    def __post_init__(self) -> None:
        """Validate the origin and the name."""
        url = URL(self.origin)
        if url.scheme not in {"http", "https"} or not url.host or str(url.origin()) != self.origin:
            raise ValueError(f"{self.origin!r} is not an origin; it looks like {self.ORIGIN_EXAMPLE!r}, without a path")
        # The limit of `client_name` in the home's API.
        if not 1 <= len(self.name) <= NAME_MAX or not self.name.isprintable():
            raise ValueError(f"the name has to have 1 to {NAME_MAX} printable characters")

    @property
    def secure(self) -> bool:
        """Whether the website is served over HTTPS."""
        return self.origin.startswith("https://")
