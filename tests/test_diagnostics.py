import json

from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from .conftest import ORIGIN, Home


async def test_diagnostics_tell_how_it_stands_and_no_secret(home: Home, hass_client: ClientSessionGenerator) -> None:
    assert await async_setup_component(home.hass, "diagnostics", {})
    tokens = await home.pair(Origin=ORIGIN)
    await home.request("GET", "/code")
    code = await home.display.next_code()

    diagnostics = await get_diagnostics_for_config_entry(home.hass, hass_client, home.entry)

    assert diagnostics["devices"]["types"]["light"] == 6
    assert diagnostics["pairings"] == [{"kind": "plain", "state": "shown"}]
    assert diagnostics["failure_gate"] == {"failures": 0, "closed": False}
    assert diagnostics["acts"] == {"requested": 2, "shown": 2, "paired": 1, "created": 1}
    assert len(diagnostics["grants"]) == 1
    text = json.dumps(diagnostics)
    secrets = (code, tokens.token, tokens.refresh_token, tokens.grant_id, tokens.serial, "website.example", "127.0.0.1")
    assert not [secret for secret in secrets if secret in text]
