from datetime import timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.interphone.access.tokens import SIGNING_KEY_MAX_AGE, TOKEN_LIFETIME_MAX
from custom_components.interphone.relay import SIGNING_KEY_CHECK
from tests.conftest import Home


async def pass_time(home: Home, freezer: FrozenDateTimeFactory, seconds: float) -> None:
    """Let so much time pass, and the daily look at the key's age come."""
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=SIGNING_KEY_CHECK))
    await home.hass.async_block_till_done()


def kids(home: Home) -> list[str]:
    return [key.kid for key in home.entry.runtime_data.grants._access.keys]  # nothing outside shows which key signs


async def test_an_old_key_is_renewed_and_its_tokens_live_on(freezer: FrozenDateTimeFactory, home: Home) -> None:
    (first,) = kids(home)
    await pass_time(home, freezer, SIGNING_KEY_MAX_AGE - SIGNING_KEY_CHECK)
    assert kids(home) == [first]
    tokens = await home.pair()
    await pass_time(home, freezer, SIGNING_KEY_CHECK)
    second, former = kids(home)
    assert former == first != second
    assert (await home.request("GET", "/grant", headers=tokens.headers))[0] == 200
    await pass_time(home, freezer, TOKEN_LIFETIME_MAX + 31)
    assert kids(home) == [second]
    assert (await home.request("GET", "/grant", headers=tokens.headers))[1]["error"] == "invalid_token"


def kids_on_disk(home: Home) -> list[str]:
    tokens = json.loads(Path(home.hass.config.path(".storage", "interphone")).read_bytes())["data"]["tokens"]
    return [key["kid"] for key in tokens["keys"]]


async def restart_after_a_crash(home: Home) -> None:
    """Load Interphone again as it is on the disk now: nothing that was to be written later is."""
    path = Path(home.hass.config.path(".storage", "interphone"))
    written = path.read_bytes()
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    path.write_bytes(written)
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)


async def test_a_renewed_key_is_on_the_disk_at_once(freezer: FrozenDateTimeFactory, home: Home) -> None:
    """What it signs is good after a crash, and the one that was dropped does not come back."""
    tokens = await home.pair()
    await pass_time(home, freezer, SIGNING_KEY_MAX_AGE)
    renewed = kids(home)
    assert len(renewed) == 2
    await restart_after_a_crash(home)
    assert kids(home) == renewed
    assert (await home.request("GET", "/grant", headers=tokens.headers))[1]["error"] == "expired_token"
    await pass_time(home, freezer, TOKEN_LIFETIME_MAX + 31)
    assert kids(home) == kids_on_disk(home) == renewed[:1]


async def test_revoking_all_makes_every_token_invalid(home: Home) -> None:
    tokens = [await home.pair(), await home.pair()]
    assert (await home.command("grants/revoke_all"))["success"]
    assert await home.grants() == []
    for each in tokens:
        assert (await home.request("GET", "/devices", headers=each.headers))[1]["error"] == "invalid_token"
        refresh = {"grant_type": "refresh_token", "refresh_token": each.refresh_token}
        assert (await home.request("POST", "/token", json=refresh))[1]["error"] == "invalid_token"
    await home.pair()
