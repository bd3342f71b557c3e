"""`scripts/demo`: runs the home and the website until they are stopped."""

import asyncio
from pathlib import Path

from .api import PASSWORD, USERNAME
from .folder import forget, locked
from .home import CHECKOUT, Home
from .ports import require_free
from .site import Site
from .steps import Steps

FOLDER = CHECKOUT / ".demo"


async def demo(port: int, website_port: int, *, fresh: bool, folder: Path = FOLDER) -> None:
    """Run both until cancelled. Raises `DemoError` when one of them ends by itself."""
    home, site = Home(folder / "home", port), Site(folder / "website", website_port)
    with locked(folder):
        require_free(port, option="--port")
        require_free(website_port, option="--website-port")
        if fresh:
            forget(folder)
        home.prepare()
        steps, announced = Steps(), "Home Assistant started"
        async with site.running(steps):
            while True:
                async with home.running(steps, announced) as api:
                    async with steps.step("Interphone set up for the website"):
                        await home.connect(api, site.origin)
                    _print_instructions(home, site)
                    await _until_one_ends(home, site)
                announced = "Home Assistant restarted on request"


async def _until_one_ends(home: Home, site: Site) -> None:
    """Return when Home Assistant asks to be restarted; raise `DemoError` when either ends otherwise."""
    ends = [asyncio.create_task(home.wait_for_end()), asyncio.create_task(site.wait_for_end())]
    try:
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()
    for end in done:
        end.result()


def _print_instructions(home: Home, site: Site) -> None:
    print(
        f"""
  The home      {home.url}   user {USERNAME}, password {PASSWORD}
  The website   {site.origin}   sign up with any name and password

  1. Log in to the home, and leave it open: it is the display.
  2. On the website, sign up and add a place; the address of the home is {home.url}
  3. The home shows a code. Type it into the website: you see the home's devices and can control them.

  Ctrl-C stops both. Their logs: {home.log}
                                 {site.log}
""",
        flush=True,
    )
