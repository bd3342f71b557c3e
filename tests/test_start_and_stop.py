"""Set-up that fails, unloading, and the end of Home Assistant: what was started stops, in reverse, and is written."""

import asyncio
from collections import Counter
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_COMPONENT_LOADED, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import EventBus, HomeAssistant
from homeassistant.util.async_ import get_scheduled_timer_handles
import pytest

from custom_components.interphone.const import DOMAIN, EVENT_COMMAND

from .conftest import ORIGIN, Connect, Home
from .disk import SlowDisk


def running(hass: HomeAssistant) -> dict[str, Any]:
    """Return what a loaded entry adds to: listeners of the bus, tasks, timers, and shared data."""
    ours = [
        handle for handle in get_scheduled_timer_handles(hass.loop) if not handle.cancelled() and DOMAIN in repr(handle)
    ]
    return {
        "listeners": Counter(hass.bus.async_listeners()),
        "tasks": {task.get_name() for task in asyncio.all_tasks() if DOMAIN in repr(task)},
        "timers": ours,
        "data": {str(key) for key in hass.data if DOMAIN in str(key)},
    }


def audit_on_disk(home: Home) -> list[str]:
    """Return the acts that the audit's file holds, oldest first."""
    path = Path(home.hass.config.path(".storage", f"{DOMAIN}.audit"))
    return [record["act"] for record in json.loads(path.read_text())["data"]["access"]["records"]]


def listen_unless(refused: str) -> Callable[..., Any]:
    """Return Home Assistant's own `async_listen`, save that it fails for one type of event."""
    listen = EventBus.async_listen

    def async_listen(bus: EventBus, event_type: Any, *args: Any, **kwargs: Any) -> Any:
        if event_type == refused:
            raise RuntimeError("no more listeners")
        return listen(bus, event_type, *args, **kwargs)

    return async_listen


async def unloaded(home: Home) -> dict[str, Any]:
    """Unload the entry and return what is left running."""
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    await home.hass.async_block_till_done()
    left = running(home.hass)
    assert not left["tasks"]
    assert not left["timers"]
    assert not left["data"]
    return left


async def not_ready(home: Home) -> None:
    """Check that no door answers."""
    await home.refused(503, "not_ready", "GET", "/devices")
    async with home.client.get("/socket.io/?EIO=4&transport=polling") as response:
        assert response.status == 503
    assert (await home.command("pairing/begin"))["error"]["code"] == "not_ready"


# From the innermost part to the last step: the catalog, half-way through its start; the audit; the stop of Home
# Assistant, when sockets are open already.
@pytest.mark.parametrize("event_type", [EVENT_COMPONENT_LOADED, EVENT_COMMAND, EVENT_HOMEASSISTANT_STOP])
async def test_a_failure_half_way_leaves_nothing_behind(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, event_type: str
) -> None:
    before = await unloaded(home)
    with monkeypatch.context() as broken:
        broken.setattr(EventBus, "async_listen", listen_unless(event_type))
        assert not await home.hass.config_entries.async_setup(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.SETUP_ERROR
    assert "no more listeners" in caplog.text
    caplog.clear()
    await home.hass.async_block_till_done()
    assert running(home.hass) == before
    assert home.entry.update_listeners == []
    await not_ready(home)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.pair()


async def test_a_failure_of_the_last_step_leaves_nothing_behind(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = await unloaded(home)

    async def fail(*_args: object) -> None:
        raise RuntimeError("no platforms")

    with monkeypatch.context() as broken:
        broken.setattr(home.hass.config_entries, "async_forward_entry_setups", fail)
        assert not await home.hass.config_entries.async_setup(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.SETUP_ERROR
    caplog.clear()
    await home.hass.async_block_till_done()
    assert running(home.hass) == before
    assert home.entry.update_listeners == []
    await not_ready(home)
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await home.pair()


async def test_a_set_up_cancelled_while_the_store_is_read_leaves_nothing_behind(
    home: Home, disk: SlowDisk, caplog: pytest.LogCaptureFixture
) -> None:
    before = await unloaded(home)
    disk.slow_down()
    setting_up = home.hass.async_create_task(home.hass.config_entries.async_setup(home.entry.entry_id))
    await disk.writing.wait()  # in truth it reads
    setting_up.cancel()
    disk.go_on.set()
    await asyncio.wait([setting_up])
    caplog.clear()  # Home Assistant says that it was cancelled
    await home.hass.async_block_till_done()
    assert home.entry.state is not ConfigEntryState.LOADED
    assert running(home.hass) == before
    await not_ready(home)


async def ends_in_order(home: Home, connect: Connect, access_token: str, end: Callable[[], Any], reason: str) -> None:
    """End a home in which a code is shown: displays hear that it is over, then sockets close, then all is written."""
    tokens = await home.pair(Origin=ORIGIN)
    website = await connect(tokens.token)
    snapshot = await website.receive("snapshot")
    display = await connect(access_token)
    await home.command("pairing/begin")
    assert (await home.display.next())["state"] == "shown"
    await display.receive("code")
    await display.receive("pairing")
    assert await home.notifications()
    since = f"{snapshot['epoch']}:{snapshot['seq']}"
    polling = home.request("GET", f"/events?since={since}&wait=25", headers=tokens.headers)
    waiting = asyncio.create_task(polling)
    async with asyncio.timeout(5):
        while not home.entry.runtime_data.polls._polls:  # noqa: ASYNC110 - nothing reports that a request waits
            await asyncio.sleep(0.01)

    await end()
    if reason == "unloaded":  # when Home Assistant stops, its own WebSocket API closes first
        assert (await home.display.next())["state"] == "expired"
    assert (await display.receive("pairing"))["state"] == "expired"
    for socket in (display, website):
        assert await socket.receive("revoked") == {"reason": reason}
        await socket.closed()
    async with asyncio.timeout(5):  # at once, not after 25 s
        status, body = await waiting
    assert (status, body["error"]) == (503, "not_ready")
    assert audit_on_disk(home)[-1] == "expired"


@pytest.mark.usefixtures("quiet_log")
async def test_unloading_ends_in_order(home: Home, connect: Connect, hass_access_token: str) -> None:
    async def unload() -> None:
        assert await home.hass.config_entries.async_unload(home.entry.entry_id)

    await ends_in_order(home, connect, hass_access_token, unload, "unloaded")
    assert not await home.notifications()
    await not_ready(home)


# Home Assistant's own WebSocket API leaves one.
@pytest.mark.parametrize("expected_lingering_timers", [True])
@pytest.mark.usefixtures("quiet_log")
async def test_the_end_of_home_assistant_ends_in_order(home: Home, connect: Connect, hass_access_token: str) -> None:
    async def stop() -> None:
        await home.hass.async_stop(force=True)

    await ends_in_order(home, connect, hass_access_token, stop, "stopping")
    async with home.client.get("/socket.io/?EIO=4&transport=polling") as response:
        assert response.status == 503
