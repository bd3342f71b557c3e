"""A password is never sent: not as a state, nor as one of its past states."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from .conftest import House
from .entities import Secret

pytestmark = pytest.mark.usefixtures("recorder_mock")


@pytest.fixture(autouse=True)
def _custom_integrations(async_test_recorder: Any, enable_custom_integrations: None) -> None:
    """Make recorders possible before there is a Home Assistant."""


@pytest.mark.parametrize("unique_id", ["wifi", None])
async def test_the_history_of_a_password(house: House, unique_id: str | None) -> None:
    """FutureTense/lock-manager#74. Entities of `configuration.yaml` often have no unique id, and so no entry."""
    secret = Secret("hunter2-old", unique_id)
    await house.add("text", secret)
    await secret.async_set_value("hunter2-new")
    await async_wait_recording_done(house.hass)
    assert (await house.see("Wi-Fi key"))["state"]["text"] == {"text": None}
    points = await house.history("Wi-Fi key")
    assert points
    assert "hunter2" not in str(points)


async def test_the_history_of_a_text_that_has_become_a_password(house: House) -> None:
    attributes = {"friendly_name": "Key", "min": 0, "max": 100, "pattern": None}
    house.hass.states.async_set("input_text.key", "hunter2", {**attributes, "mode": "text"})
    assert (await house.see("Key"))["state"]["text"] == {"text": "hunter2"}
    await async_wait_recording_done(house.hass)
    house.hass.states.async_set("input_text.key", "hunter3", {**attributes, "mode": "password"})
    await async_wait_recording_done(house.hass)
    assert "hunter" not in str(await house.history("Key"))


async def test_a_password_that_is_offline(house: House) -> None:
    attributes = {"friendly_name": "Key", "min": 0, "max": 100, "pattern": None, "mode": "password"}
    house.hass.states.async_set("text.key", "hunter2", attributes)
    await async_wait_recording_done(house.hass)
    house.hass.states.async_set("text.key", "unavailable", {"friendly_name": "Key"})
    await async_wait_recording_done(house.hass)
    assert (await house.see("Key"))["online"] is False
    assert "hunter" not in str(await house.history("Key"))
