"""`scripts/demo --check`: a scripted resident, against a home and a website started for this run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from .contract import pair_as_in_2021, revoke
from .control import Website, list_devices, reconnect, send_invalid_commands, switch_a_light
from .displays import Displays
from .errors import DemoError
from .home import Home
from .ports import free_ports
from .process import tail
from .site import Site
from .steps import Steps
from .visit import pair_through_website


async def check() -> None:
    """Run every step and print its duration; raise `DemoError` at the first that fails."""
    home_port, site_port = free_ports(2)
    steps = Steps()
    with TemporaryDirectory(prefix="interphone-check-") as name:
        home, site = Home(Path(name) / "home", home_port), Site(Path(name) / "website", site_port)
        home.prepare()
        with _print_log_on_failure(home):
            await _first_day(home, site, steps)
    print(f"{steps.passed} passed, 0 failed", flush=True)


async def _first_day(home: Home, site: Site, steps: Steps) -> None:
    """Pair, control, restart the home, revoke. The website keeps running throughout."""
    async with site.running(steps):
        async with home.running(steps) as api:
            async with steps.step("Interphone set up through its config flow"):
                await home.connect(api, site.origin)
            async with Displays(api) as displays:
                token = await pair_through_website(steps, displays, home, site)
                device = await pair_as_in_2021(steps, displays, home)
            website = Website(home.url, site.origin, token)
            await list_devices(steps, website)
            await switch_a_light(steps, website, api)
            await send_invalid_commands(steps, website)
        async with home.running(steps, "Home Assistant restarted") as api:
            await reconnect(steps, website)
            await revoke(steps, api, device)


@contextmanager
def _print_log_on_failure(home: Home) -> Iterator[None]:
    """Print the end of the log on an exception, before the temporary folder is deleted."""
    try:
        yield
    except Exception as err:
        log = err.log if isinstance(err, DemoError) and err.log else home.log
        print(f"\n{log.parent.name}/{log.name}:\n{tail(log)}\n", file=sys.stderr, flush=True)
        raise
