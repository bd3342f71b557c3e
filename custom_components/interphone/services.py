"""The service `interphone.ring`: notifies websites of a ring, and may wait for the first answer."""

from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID, ATTR_NAME
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .const import DOMAIN
from .devices.feed import EVENT_LIFETIME
from .devices.model import Device
from .devices.rings import RING_TEXT_MAX
from .devices.times import instant
from .errors import InterphoneError
from .relay import Relay, loaded_relay

# Seconds that a ring may wait for an answer: nobody stands at a door for more than five minutes.
RING_TIMEOUT_MIN: Final = 5
RING_TIMEOUT_MAX: Final = 300

SERVICE_RING: Final = "ring"
ATTR_MESSAGE: Final = "message"
ATTR_TIMEOUT: Final = "timeout"

TEXT: Final = vol.All(cv.string, vol.Length(min=1, max=RING_TEXT_MAX))
RING_SCHEMA: Final = vol.All(
    vol.Schema(
        {
            vol.Optional(ATTR_ENTITY_ID): cv.entity_id,
            vol.Optional(ATTR_NAME): TEXT,
            vol.Optional(ATTR_MESSAGE): TEXT,
            vol.Optional(ATTR_TIMEOUT, default=EVENT_LIFETIME): vol.All(
                vol.Coerce(float), vol.Range(min=RING_TIMEOUT_MIN, max=RING_TIMEOUT_MAX)
            ),
        }
    ),
    cv.has_at_least_one_key(ATTR_ENTITY_ID, ATTR_NAME),
)


def async_register(hass: HomeAssistant) -> None:
    """Register every service, once: they stay registered, and fail while no entry is loaded."""
    hass.services.async_register(
        DOMAIN, SERVICE_RING, _ring, schema=RING_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )


async def _ring(call: ServiceCall) -> ServiceResponse:
    """Ring. Respond with `{event_id, answered, website?, action?, at?}`, `at` in ISO 8601, once answered or over."""
    try:
        relay = loaded_relay(call.hass)
    except InterphoneError as err:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key=err.code) from err
    if relay.provenance.goes_back_to_a_website(call.context):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="caused_by_website")
    ring = relay.rings.ring(
        _device(relay, call),
        name=call.data.get(ATTR_NAME),
        message=call.data.get(ATTR_MESSAGE),
        seconds=call.data[ATTR_TIMEOUT],
    )
    if not call.return_response:
        return None
    answer = await relay.rings.wait(ring.event_id)
    response: dict[str, Any] = {"event_id": ring.event_id, "answered": answer is not None}
    if answer is not None:
        response |= {"website": answer.grant_name, "action": answer.action, "at": instant(answer.at)}
    return response


def _device(relay: Relay, call: ServiceCall) -> Device | None:
    """Return the shared device that rings, None for a ring with a name of its own.

    Raises `ServiceValidationError` when the entity is not shared.
    """
    entity_id = call.data.get(ATTR_ENTITY_ID)
    if entity_id is None:
        return None
    device = relay.catalog.find(entity_id)
    if device is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="entity_not_shared",
            translation_placeholders={"entity_id": entity_id},
        )
    return device
