"""A home updated from an earlier version lets in who was let in, to no more than before."""

import json
from pathlib import Path
import shutil

from homeassistant.core import HomeAssistant
import pytest

from custom_components.interphone.access.migrations import MIGRATIONS, VERSION
from custom_components.interphone.access.store import PrivateStore

from ..conftest import Home

# Files as earlier versions wrote them. The first had no age of signing keys.
STORES = Path(__file__).parent / "stores"
NOWHERE = {"areas": [], "floors": [], "labels": []}
SCOPES = {
    "whole": {"see": {"all": True}, "may": "control", "devices": None, "control": True, "doors_and_alarms": False},
    "doors": {
        "see": {"all": True},
        "may": "doors_and_alarms",
        "devices": None,
        "control": True,
        "doors_and_alarms": True,
    },
    "few": {
        "see": {**NOWHERE, "devices": ["lamp", "lock"]},
        "may": "control",
        "devices": ["lamp", "lock"],
        "control": True,
        "doors_and_alarms": False,
    },
    "look": {
        "see": {**NOWHERE, "devices": []},
        "may": "look",
        "devices": [],
        "control": False,
        "doors_and_alarms": False,
    },
}


@pytest.fixture(autouse=True, params=["1-without-ages", "1"])
def store(hass: HomeAssistant, request: pytest.FixtureRequest) -> Path:
    """The store of an earlier version, in place before the entry is loaded."""
    path = Path(hass.config.path(".storage", "interphone"))
    path.parent.mkdir(exist_ok=True)
    shutil.copy(STORES / f"{request.param}.json", path)
    return path


async def test_the_store_of_an_earlier_version(home: Home, store: Path) -> None:
    grants = {grant["id"]: grant for grant in await home.grants()}
    assert {grant_id: grant["scope"] for grant_id, grant in grants.items()} == SCOPES
    assert [grant_id for grant_id, grant in grants.items() if grant["paused"]] == ["few"]
    assert grants["doors"]["expires"] == "2030-01-01T00:00:00+00:00"
    refresh = {"grant_type": "refresh_token", "refresh_token": "refresh token of the whole home"}
    status, tokens = await home.request("POST", "/token", json=refresh)
    assert status == 200
    assert (await home.request("GET", "/devices", headers={"Authorization": f"Bearer {tokens['token']}"}))[0] == 200
    # Written again, it is of this version, and read as such.
    written = json.loads(store.read_text())
    assert written["version"] == VERSION
    assert written["data"]["grants"]["look"]["scope"] == {"see": SCOPES["look"]["see"], "types": None, "may": "look"}
    assert written["data"]["failure_gate"]["failures"] == 3
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    assert {grant["id"]: grant["scope"] for grant in await home.grants()} == SCOPES


async def test_each_earlier_version_has_a_migration(hass: HomeAssistant) -> None:
    assert sorted(MIGRATIONS) == list(range(1, VERSION))
    assert {path.name.partition(".")[0].partition("-")[0] for path in STORES.iterdir()} == set(map(str, MIGRATIONS))
    # The audit is a store too, of other sections.
    path = Path(hass.config.path(".storage", "interphone.audit"))
    path.write_text(json.dumps({"version": 1, "data": {"access": {"records": []}}}))
    assert await PrivateStore(hass, "interphone.audit").load() == {"access": {"records": []}}
