"""A home with Interphone and a paired website, in which each test puts the entities that it needs."""

from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, setup_test_component_platform

from custom_components.interphone.const import DOMAIN
from custom_components.interphone.devices.exposure import SHAREABLE_DOMAINS

from ...conftest import (
    Home,
    Tokens,
    home,  # noqa: F401 - of this package; the one of tests/devices is a demo home without doors
)
from ...description import ResponseCheck

# Sensitive entities are shared by name: these are the names that the tests use.
NAMED: Final = [
    *("lock.front_door", "alarm_control_panel.house", "cover.garage", "person.ada", "camera.porch"),
    *("automation.stairs", "cover.shutter"),
]


@pytest.fixture
def options() -> dict[str, Any]:
    """Share every domain; a module may override this."""
    return {"origins": [], "domains": sorted(SHAREABLE_DOMAINS), "sensitive_entities": NAMED}


@pytest.fixture
async def entry(
    hass: HomeAssistant, options: dict[str, Any], http_config: dict[str, Any], response_check: ResponseCheck
) -> MockConfigEntry:
    """Interphone, loaded in an empty home."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "http", {"http": http_config})
    hass.http.app.on_response_prepare.append(response_check)
    entry = MockConfigEntry(domain=DOMAIN, title="Home", options=options)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
def fahrenheit(hass: HomeAssistant) -> None:
    """Let the home use °F."""
    hass.config.units = US_CUSTOMARY_SYSTEM


@dataclass(slots=True)
class House:
    """The home, and one paired website."""

    hass: HomeAssistant
    home: Home
    tokens: Tokens
    ids: count[int]

    async def add(self, domain: str, *entities: Entity) -> None:
        """Add entities through Home Assistant's own platforms."""
        setup_test_component_platform(self.hass, domain, list(entities))
        assert await async_setup_component(self.hass, domain, {domain: {"platform": "test"}})
        await self.hass.async_block_till_done()

    async def set_up(self, **config: Any) -> None:
        """Set components up as `configuration.yaml` does."""
        for domain, content in config.items():
            assert await async_setup_component(self.hass, domain, {domain: content})
        await self.hass.async_block_till_done()

    async def devices(self) -> list[dict[str, Any]]:
        """Return all devices that the website sees."""
        await self.hass.async_block_till_done()
        status, body = await self.home.request("GET", "/devices", headers=self.tokens.headers)
        assert status == 200, body
        return body["devices"]

    async def see(self, name: str) -> dict[str, Any]:
        """Return the one device of this name."""
        [device] = [device for device in await self.devices() if device["name"] == name]
        return device

    async def sees(self, name: str) -> bool:
        """Return whether the website sees a device of this name."""
        return name in {device["name"] for device in await self.devices()}

    async def send(self, name: str, command: str, **params: Any) -> tuple[int, dict[str, Any]]:
        """Send one command over REST; return the status and the body of the response."""
        device = await self.see(name)
        envelope = {"id": f"c{next(self.ids)}", "device": device["id"], "command": command, "params": params}
        return await self.home.request("POST", "/commands", json=envelope, headers=self.tokens.headers)

    async def history(self, name: str) -> list[dict[str, Any]]:
        """Return the recorded states of a device."""
        device = await self.see(name)
        path = f"/devices/{device['id']}/history"
        status, body = await self.home.request("GET", path, headers=self.tokens.headers)
        assert status == 200, body
        return body["points"]

    async def position(self) -> str:
        """Return the position of the feed."""
        _, body = await self.home.request("GET", "/events", headers=self.tokens.headers)
        return f"{body['epoch']}:{body['seq']}"

    async def changes(self, since: str) -> list[dict[str, Any]]:
        """Return the changes after a position."""
        await self.hass.async_block_till_done()
        _, body = await self.home.request("GET", "/events", params={"since": since}, headers=self.tokens.headers)
        return body["changes"]

    async def permit_doors_and_alarms(self) -> None:
        """Let the website control what is sensitive, too."""
        scope = {"doors_and_alarms": True}
        answer = await self.home.command("grants/update", grant_id=self.tokens.grant_id, scope=scope)
        assert answer["success"], answer


@pytest.fixture
async def house(hass: HomeAssistant, home: Home) -> House:  # noqa: F811 - the fixture imported above
    """The home, with a website paired from a display."""
    return House(hass, home, await home.pair_from_display(), count(1))
