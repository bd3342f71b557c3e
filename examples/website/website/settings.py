"""What is chosen when the website is started."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from yarl import URL

NAME_MAX = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """How this website is run.

    `origin` is the address its visitors see in the browser, such as `https://example.org`: homes allow websites by
    it. `data` is the folder of the database and the key. With `public_homes_only` the website never connects to a
    private address: set it where strangers may sign up, or they could use the website to look into its network.
    """

    origin: str
    data: Path
    name: str = "My places"
    public_homes_only: bool = False

    ORIGIN_EXAMPLE: ClassVar = "https://example.org"

    def __post_init__(self) -> None:
        """Refuse an origin that a browser would never send, and a name that panels would not show."""
        url = URL(self.origin)
        if url.scheme not in {"http", "https"} or not url.host or str(url.origin()) != self.origin:
            raise ValueError(f"{self.origin!r} is not an origin; it looks like {self.ORIGIN_EXAMPLE!r}, without a path")

        if not 1 <= len(self.name) <= NAME_MAX or not self.name.isprintable():
            raise ValueError(f"the name has to have 1 to {NAME_MAX} printable characters")

    @property
    def secure(self) -> bool:
        """Tell whether visitors come over HTTPS."""
        return self.origin.startswith("https://")
