"""`scripts/demo --check`: what a resident does, done without one, against real processes of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from .contract import pair_as_in_2021, revoke
from .control import Website, list_devices, refuse_nonsense, switch_a_light, watch_again
from .errors import DemoError
from .home import Home
from .panels import Panels
from .ports import free_ports
from .process import tail
from .site import Site
from .steps import Steps
from .visit import pair_through_website


async def check() -> None:
    """Do every step, and print each with its time; raise `DemoError` at the first that fails."""
    home_port, site_port = free_ports(2)
    steps = Steps()
    with TemporaryDirectory(prefix="interphone-check-") as name:
        home, site = Home(Path(name) / "home", home_port), Site(Path(name) / "website", site_port)
        home.prepare()
        with _log_of(home):
            await _first_day(home, site, steps)
    print(f"{steps.passed} passed, 0 failed", flush=True)


async def _first_day(home: Home, site: Site, steps: Steps) -> None:
    """Pair, control, restart the home, and end it all; the website runs on throughout."""
    async with site.running(steps):
        async with home.running(steps) as api:
            async with steps.step("Interphone set up through its config flow"):
                await home.connect(api, site.origin)
            async with Panels(api) as panels:
                token = await pair_through_website(steps, panels, home, site)
                device = await pair_as_in_2021(steps, panels, home)
            website = Website(home.url, site.origin, token)
            await list_devices(steps, website)
            await switch_a_light(steps, website, api)
            await refuse_nonsense(steps, website)
        async with home.running(steps, "Home Assistant restarted") as api:
            await watch_again(steps, website)
            await revoke(steps, api, device)


@contextmanager
def _log_of(home: Home) -> Iterator[None]:
    """On failure show the end of the log before its folder goes."""
    try:
        yield
    except Exception as err:
        log = err.log if isinstance(err, DemoError) and err.log else home.log
        print(f"\n{log.parent.name}/{log.name}:\n{tail(log)}\n", file=sys.stderr, flush=True)
        raise
