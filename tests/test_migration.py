"""Entries of earlier versions are migrated, those of newer ones left alone."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.interphone.const import DOMAIN


@pytest.mark.parametrize(("stored", "raised"), [(6, 8), (7, 8), (8, 8), (9, 9), (10, 10), (None, None)])
async def test_codes_shorter_than_allowed_are_raised(
    hass: HomeAssistant, stored: int | None, raised: int | None
) -> None:
    """Earlier versions allowed six digits."""
    options = {"origins": [], "domains": []} | ({} if stored is None else {"code_length": stored})
    entry = MockConfigEntry(domain=DOMAIN, options=options, version=1, minor_version=1)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.options.get("code_length") == raised
    assert (entry.version, entry.minor_version) == (1, 2)
    assert entry.runtime_data.desk.settings.style.length == (raised or 9)


async def test_an_entry_of_a_newer_version_is_left_alone(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain=DOMAIN, options={"code_length": 6}, version=2)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert entry.options == {"code_length": 6}
