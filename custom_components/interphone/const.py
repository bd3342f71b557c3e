"""Names that several rooms share. A limit stands beside what it limits."""

from typing import Final

DOMAIN: Final = "interphone"

# The wire.
BASE_PATH: Final = "/api/interphone"
SOCKETIO_PATH: Final = "/socket.io/"

# Options of the config entry.
CONF_ORIGINS: Final = "origins"
CONF_DOMAINS: Final = "domains"
CONF_SENSITIVE_ENTITIES: Final = "sensitive_entities"
CONF_DOORBELLS: Final = "doorbells"
CONF_INCLUDE: Final = "include"
CONF_EXCLUDE: Final = "exclude"
CONF_AREAS: Final = "areas"
CONF_FLOORS: Final = "floors"
CONF_LABELS: Final = "labels"
CONF_DEVICES: Final = "devices"
CONF_ENTITIES: Final = "entities"
CONF_ASK_BEFORE_SHOWING: Final = "ask_before_showing"
CONF_CODE_LENGTH: Final = "code_length"
CONF_CODE_LIFETIME: Final = "code_lifetime"
CONF_TOKEN_LIFETIME: Final = "token_lifetime"
CONF_SOCKETS_PER_SOURCE: Final = "sockets_per_source"

# Fired on Home Assistant's bus before each service call a website causes, for the logbook.
EVENT_COMMAND: Final = "interphone_command"

# Fired on Home Assistant's bus when a website answers a ring, for automations.
EVENT_ANSWERED: Final = "interphone_answered"
