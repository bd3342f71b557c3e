"""Config and options flow: name of the home, allowed websites, shared devices, lifetimes of codes and tokens."""

from collections.abc import Iterable
import re
from typing import Any, Final, override

from homeassistant.auth.models import User
from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR, BinarySensorDeviceClass
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
import voluptuous as vol
from yarl import URL

from .access.tokens import TOKEN_LIFETIME, TOKEN_LIFETIME_MAX, TOKEN_LIFETIME_MIN
from .const import (
    CONF_AREAS,
    CONF_ASK_BEFORE_SHOWING,
    CONF_BY_AREA,
    CONF_CODE_LENGTH,
    CONF_CODE_LIFETIME,
    CONF_DEVICES,
    CONF_DISPLAY_USERS,
    CONF_DISPLAYS,
    CONF_DOMAINS,
    CONF_DOORBELLS,
    CONF_DOORS,
    CONF_ENTITIES,
    CONF_EXCLUDE,
    CONF_FLOORS,
    CONF_HARMLESS,
    CONF_INCLUDE,
    CONF_LABELS,
    CONF_ORIGINS,
    CONF_SENSITIVE_ENTITIES,
    CONF_SOCKETS_PER_SOURCE,
    CONF_TOKEN_LIFETIME,
    DOMAIN,
)
from .devices.exposure import DEFAULT_DOMAINS, SHAREABLE_DOMAINS
from .devices.registry import DOMAINS
from .devices.sensitivity import Reason, Verdict
from .displays import Audience, is_person
from .engineio.settings import SESSIONS, SESSIONS_PER_SOURCE
from .messages import Messages, negotiate
from .pairing.codes import (
    CODE_LENGTH,
    CODE_LENGTH_MAX,
    CODE_LENGTH_MIN,
    CODE_LIFETIME,
    CODE_LIFETIME_MAX,
    CODE_LIFETIME_MIN,
)

# Every entity that could be shared: whatever reaches a door is as sensitive as a door.
ANY_ENTITY: Final = selector.EntitySelector(
    selector.EntitySelectorConfig(multiple=True, filter=[{"domain": sorted(DOMAINS)}])
)

# Lines of the list that says why entities are sensitive.
REASONS_MAX: Final = 50

# Sensors that may serve as a doorbell: they notice somebody at the door.
DOORBELL_FILTER: Final = selector.EntityWithDeviceFilterSelectorConfig(
    domain=BINARY_SENSOR,
    device_class=[BinarySensorDeviceClass.MOTION, BinarySensorDeviceClass.OCCUPANCY, BinarySensorDeviceClass.SOUND],
)

# A choice of entities by place, label, device, or one by one.
PLACES: Final = vol.Schema(
    {
        vol.Optional(CONF_AREAS): selector.AreaSelector(selector.AreaSelectorConfig(multiple=True)),
        vol.Optional(CONF_FLOORS): selector.FloorSelector(selector.FloorSelectorConfig(multiple=True)),
        vol.Optional(CONF_LABELS): selector.LabelSelector(selector.LabelSelectorConfig(multiple=True)),
        vol.Optional(CONF_DEVICES): selector.DeviceSelector(selector.DeviceSelectorConfig(multiple=True)),
        vol.Optional(CONF_ENTITIES): ANY_ENTITY,
    }
)

# A DNS name or an IP address. No wildcard: origins are compared exactly.
HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")

# Addresses in translations are placeholders.
EXAMPLES: Final = {"example": "https://example.com"}

# The tabs of one browser.
SESSIONS_PER_SOURCE_MIN: Final = 8

NAME: Final = {vol.Required(CONF_NAME): selector.TextSelector()}

SHARING: Final = {
    vol.Optional(CONF_ORIGINS, default=list): selector.TextSelector(selector.TextSelectorConfig(multiple=True)),
    vol.Required(CONF_DOMAINS, default=sorted(DEFAULT_DOMAINS)): selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=sorted(SHAREABLE_DOMAINS), multiple=True, sort=True, translation_key=CONF_DOMAINS
        )
    ),
    vol.Required(CONF_BY_AREA, default=True): selector.BooleanSelector(),
    vol.Optional(CONF_SENSITIVE_ENTITIES, default=list): ANY_ENTITY,
    vol.Optional(CONF_INCLUDE): section(PLACES, {"collapsed": True}),
    vol.Optional(CONF_EXCLUDE): section(PLACES, {"collapsed": True}),
}

OWNERS_WORD: Final = {
    vol.Optional(CONF_DOORS, default=list): ANY_ENTITY,
    vol.Optional(CONF_HARMLESS, default=list): ANY_ENTITY,
}

DOORBELLS: Final = {
    vol.Optional(CONF_DOORBELLS): selector.EntitySelector(
        selector.EntitySelectorConfig(multiple=True, filter=[DOORBELL_FILTER])
    )
}


def display_fields(users: Iterable[User]) -> dict[Any, Any]:
    """Return the fields that say who may be a display, with the users there are."""
    people = [selector.SelectOptionDict(value=user.id, label=user.name or user.id) for user in users if is_person(user)]
    return {
        vol.Required(CONF_DISPLAYS, default=Audience.EVERYBODY.value): selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=[audience.value for audience in Audience], translation_key=CONF_DISPLAYS
            )
        ),
        vol.Optional(CONF_DISPLAY_USERS, default=list): selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=people, multiple=True, sort=True, mode=selector.SelectSelectorMode.DROPDOWN
            )
        ),
    }


def _number(low: float, high: float, unit: str | None, step: float = 1) -> selector.NumberSelector:
    config = selector.NumberSelectorConfig(min=low, max=high, step=step, mode=selector.NumberSelectorMode.BOX)
    if unit:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


CODES_AND_TOKENS: Final = {
    vol.Required(CONF_ASK_BEFORE_SHOWING, default=False): selector.BooleanSelector(),
    vol.Required(CONF_CODE_LENGTH, default=CODE_LENGTH): _number(CODE_LENGTH_MIN, CODE_LENGTH_MAX, None),
    vol.Required(CONF_CODE_LIFETIME, default=CODE_LIFETIME): _number(CODE_LIFETIME_MIN, CODE_LIFETIME_MAX, "s"),
    vol.Required(CONF_TOKEN_LIFETIME, default=TOKEN_LIFETIME): _number(TOKEN_LIFETIME_MIN, TOKEN_LIFETIME_MAX, "s"),
    vol.Required(CONF_SOCKETS_PER_SOURCE, default=SESSIONS_PER_SOURCE): _number(
        SESSIONS_PER_SOURCE_MIN, SESSIONS, None
    ),
}


# The origin that clients for Arduino send. Browsers send `null` for files.
FILE_ORIGIN: Final = "file://"


class InvalidOriginError(ValueError):
    """Not a scheme and a host, with or without a port, and nothing else."""


def parse_origin(text: str) -> str:
    """Return an origin as browsers write it (RFC 6454, section 6.2). Raises `InvalidOriginError`.

    `file://` is taken as it is.
    """
    if text.strip().lower() == FILE_ORIGIN:
        return FILE_ORIGIN
    try:
        url = URL(text.strip())
        origin = str(url.origin())
    except ValueError:
        raise InvalidOriginError(text) from None
    bare = url.path in ("", "/") and not (url.query or url.fragment or url.user or url.password)
    if url.scheme not in ("http", "https") or not bare or not HOST.fullmatch(url.raw_host or ""):
        raise InvalidOriginError(text)
    return origin


def checked(user_input: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the options as they are stored, and the error of each invalid field."""
    try:
        origins = [parse_origin(origin) for origin in user_input.get(CONF_ORIGINS, ())]
    except InvalidOriginError:
        return user_input, {CONF_ORIGINS: "invalid_origin"}
    return user_input | {CONF_ORIGINS: list(dict.fromkeys(origins))}, {}


class InterphoneConfigFlow(ConfigFlow, domain=DOMAIN):
    """The config flow, in one step."""

    VERSION = 1
    MINOR_VERSION = 2

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the name of the home, the websites and the devices."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options, errors = checked(user_input)
            if not errors:
                name = options.pop(CONF_NAME).strip() or self.hass.config.location_name
                return self.async_create_entry(title=name, data={}, options=options)
        schema = self.add_suggested_values_to_schema(
            vol.Schema({**NAME, **SHARING}), user_input or {CONF_NAME: self.hass.config.location_name}
        )
        return self.async_show_form(
            step_id="user", data_schema=schema, errors=errors, description_placeholders=EXAMPLES
        )

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> InterphoneOptionsFlow:
        """Return the options flow."""
        return InterphoneOptionsFlow()


class InterphoneOptionsFlow(OptionsFlow):
    """The options of the config flow, doorbells, and lifetimes. Changes take effect without a reload."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for all options at once."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options, errors = checked(user_input)
            if not errors:
                return self._save(options)
        users = await self.hass.auth.async_get_users()
        current = {CONF_NAME: self.config_entry.title, CONF_BY_AREA: False, **self.config_entry.options}
        # A user who is gone cannot be suggested: the selector would refuse the form.
        chosen = [user.id for user in users if is_person(user) and user.id in current.get(CONF_DISPLAY_USERS, ())]
        fields = {**NAME, **SHARING, **OWNERS_WORD, **DOORBELLS, **display_fields(users), **CODES_AND_TOKENS}
        schema = self.add_suggested_values_to_schema(
            vol.Schema(fields), user_input or {**current, CONF_DISPLAY_USERS: chosen}
        )
        return self.async_show_form(
            step_id="init",
            data_schema=schema,
            errors=errors,
            description_placeholders={**EXAMPLES, "reasons": self._reasons()},
        )

    def _reasons(self) -> str:
        """Return a list, in Markdown and the home's language, of why entities are sensitive that do not look so."""
        if self.config_entry.state is not ConfigEntryState.LOADED:
            return ""
        relay = self.config_entry.runtime_data
        language = negotiate(self.hass.config.language)
        lines = [
            f"- {_name(self.hass, entity_id)}: {_why(self.hass, relay.messages, verdict, language)}"
            for entity_id, verdict in sorted(relay.catalog.verdicts().items())
            if verdict.through or verdict.reason not in OBVIOUS
        ]
        if not lines:
            return ""
        more = [f"- … (+{len(lines) - REASONS_MAX})"] if len(lines) > REASONS_MAX else []
        return "\n".join([relay.messages.phrase("why_sensitive", language), "", *lines[:REASONS_MAX], *more])

    def _save(self, options: dict[str, Any]) -> ConfigFlowResult:
        name = options.pop(CONF_NAME).strip() or self.config_entry.title
        self.hass.config_entries.async_update_entry(self.config_entry, title=name)
        return self.async_create_entry(data=options)


# Reasons that need no explanation: the device is sensitive by its kind.
OBVIOUS: Final = frozenset({Reason.OPENS, Reason.GUARDS, Reason.WATCHES, Reason.TRACKS, Reason.OWNER})


def _name(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    name = state.name if state else entity_id
    # In a code span: names are no Markdown.
    return f"`{name.replace('`', chr(39))}`"


def _why(hass: HomeAssistant, messages: Messages, verdict: Verdict, language: str) -> str:
    if verdict.through is not None:
        return messages.phrase("why_through", language, name=_name(hass, verdict.through))
    return messages.phrase(f"why_{verdict.reason}", language)
